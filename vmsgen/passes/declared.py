"""A field as it is declared: what the passes over fields hand on to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vmsgen.model.wire import Presence, WireItem
from vmsgen.passes.clauses import Clauses
from vmsgen.passes.lengths import Extent
from vmsgen.passes.place import Place
from vmsgen.syntax import tree

Walk = Callable[[tuple[tree.Item, ...], Place], list[WireItem]]
"""What stands in braces, and the place of the braces, to wire items."""

StartSubsections = Callable[[str, tuple[tree.Item, ...], str, Place, Place], bool]
"""The name of a `tmp`, what stands in it, its name on the wire, its place and the one around it: has it subsections?"""


@dataclass(frozen=True)
class Declared:
    """A field's declaration, and the braces that it stands in. `lengths` are those of an array, the outermost first."""

    item: tree.FieldItem
    lengths: list[Extent]
    found: Clauses
    presence: Presence
    place: Place


def field_names(items: tuple[tree.Item, ...]) -> Iterator[str]:
    """The names of the fields that are written there, those of groups and subsections included."""
    for item in items:
        match item:
            case tree.FieldItem():
                yield item.name.text
            case tree.GroupItem() | tree.SubsectionItem():
                yield from field_names(item.items)


def has_fields(items: tuple[tree.Item, ...]) -> bool:
    """Are any fields written there? If none was made of them, that has been reported already."""
    return any(True for _ in field_names(items))
