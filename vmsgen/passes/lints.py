"""Schemas that say what they say, but probably not what their author means: warnings, by `vmsgen check` alone.

`EXPLANATIONS` has a paragraph on the code of each, and on that of the one warning that every compilation gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import (
    ALWAYS,
    Custom,
    Description,
    Field,
    Group,
    HookPredicate,
    Presence,
    Repeat,
    Run,
    Subsection,
    Tmp,
    Unused,
    WireItem,
)
from vmsgen.model.expressions import StreamVersion, walk
from vmsgen.model.schema import Schema
from vmsgen.model.types import List, Map, Struct, innermost, structs_in
from vmsgen.passes import absent, certain

EXPLANATIONS = {
    "struct-version": (
        "The version of an embedded struct is not on the wire: it is always loaded as the version that the receiver "
        "declares. A `since` in it is no protection: a stream of an older sender lacks the field all the same, and "
        "what follows is read in its place. Use a subsection of the struct, or pin the version: `Name at 2`."
    ),
    "shadowed-subsection": (
        "After a struct at the end of a description a loader looks for subsections of the struct, by the beginning of "
        "their names. A subsection of the description whose name begins with the name of the struct is taken for one "
        "of the struct's, is not known there, and the load fails. Rename the struct on the wire, or put a field "
        "behind it. The same goes for the struct at the end of that struct, or of an earlier subsection, and for a "
        "`tmp`; and a "
        "subsection does it to a later one whose name begins with its own."
    ),
    **certain.EXPLANATIONS,
    **absent.EXPLANATIONS,
    "stray-doc": (
        "A comment that begins with `///` reaches the C header, the Python docstring and the type stub of what follows "
        "it: a declaration, a member, a field or a subsection. One in another place, behind code or before another "
        "such block, reaches nobody. Put it on the lines before what it documents, or make it a comment with `//`."
    ),
}


def lint(schema: Schema, diagnostics: Diagnostics) -> None:
    """Adds warnings about the schema's own descriptions."""
    for description in schema.descriptions:
        if not description.anonymous:
            _versions_of_structs(description, diagnostics)
            _shadowed(description, diagnostics)
            certain.lint(description, schema, diagnostics)
            absent.lint(description, diagnostics)


# The version of an embedded struct -------------------------------------------------------------------------------


def _versions_of_structs(description: Description, diagnostics: Diagnostics) -> None:
    for field in _fields(description):
        for struct in structs_in(field.type):
            item = _versioned_item(struct) if struct.at is None else None
            if item is not None:
                name, version = struct.description.name, struct.description.version
                diagnostics.warning(
                    "struct-version",
                    f"`{name}` is always loaded as version {version} here, whatever the sender's was",
                    field.span,
                    hint=f"its {_source(item)} is no protection against older streams; a subsection would be",
                )


def _versioned_item(struct: Struct) -> WireItem | None:
    """The first item of a struct that some of its versions lack."""
    several = struct.description.minimum_version < struct.description.version
    for item in _flat(struct.description.wire):
        presence = getattr(item, "presence", ALWAYS)
        if presence.since or presence.before is not None or (several and _asks_for_version(presence)):
            return item
    return None


def _asks_for_version(presence: Presence) -> bool:
    condition = presence.condition
    if condition is None or isinstance(condition, HookPredicate):
        return False
    return any(isinstance(node, StreamVersion) for node in walk(condition))


def _source(item: WireItem) -> str:
    presence: Presence = getattr(item, "presence", ALWAYS)
    if presence.since:
        return f"`since {presence.since}`"
    return "`before`" if presence.before is not None else "`when`, which asks for the version,"


# Subsections behind a struct of a similar name ------------------------------------------------------------------------


def _shadowed(description: Description, diagnostics: Diagnostics) -> None:
    owners: list[Description | Subsection] = [description, *description.all_subsections]
    for owner in owners:
        ends = list(_ends(owner))
        for later in owner.subsections:
            taker = next((end for end in ends if end.takes(later)), None)
            if taker is not None:
                diagnostics.warning(
                    "shadowed-subsection",
                    f"a loader takes `{later.wire_name}` for a subsection of `{taker.owner.wire_name}`, and refuses it",
                    later.span,
                    hint=taker.hint,
                )
            before = "put it before that one, or give it another name"
            ends += [_End(later, before), *_ends(later), *_ends_of_subsections(later)]


@dataclass(frozen=True)
class _End:
    """An owner behind whose bytes a subsection of another one can follow."""

    owner: Description | Subsection | Tmp
    hint: str

    def takes(self, subsection: Subsection) -> bool:
        known = {own.wire_name for own in self.owner.subsections}
        return subsection.wire_name.startswith(self.owner.wire_name) and subsection.wire_name not in known


def _ends(owner: Description | Subsection | Tmp) -> Iterator[_End]:
    """What may look at the bytes behind the owner's fields: its last struct, the last one of that, and so on."""
    last = _last(owner.items if isinstance(owner, Tmp) else owner.wire)
    if isinstance(last, Tmp):
        yield _End(last, f"`{last.name}` comes last, and its name, `{last.wire_name}`, begins the subsection's")
        yield from _ends(last)
        return
    if last is None:
        return
    for struct in structs_in(last.type):
        inner = struct.description
        yield _End(inner, f"`{last.name}` is the last field, and its struct's name begins the subsection's")
        for end in (*_ends(inner), *_ends_of_subsections(inner)):
            yield replace(end, hint=f"`{end.owner.wire_name}` ends `{last.name}`, and its name begins the subsection's")


def _ends_of_subsections(owner: Description | Subsection) -> Iterator[_End]:
    for subsection in owner.subsections:
        yield _End(subsection, f"`{subsection.wire_name}` comes first, and its name begins the subsection's")
        yield from _ends(subsection)
        yield from _ends_of_subsections(subsection)


def _last(items: tuple[WireItem, ...]) -> Field | Tmp | None:
    """The last struct or `tmp` that can be the last thing sent; conditional fields behind it may be missing.

    Behind the elements of a list or a map there is the byte that ends it.
    """
    for item in reversed(list(_flat(items))):
        if isinstance(item, Tmp):
            return item
        if isinstance(item, Field):
            if structs_in(item.type) and not isinstance(innermost(item.type), List | Map):
                return item
            if item.presence.always:
                return None
        elif isinstance(item, Unused) and item.presence.always:
            return None
    return None


# Walking -----------------------------------------------------------------------------------------------------------


def _fields(description: Description) -> Iterator[Field]:
    for items in (description.wire, *(sub.wire for sub in description.all_subsections)):
        yield from (item for item in _flat(items) if isinstance(item, Field))


def _flat(items: tuple[WireItem, ...]) -> Iterator[WireItem]:
    """Without groups: what is in one that may be missing has the group's condition, if it has none of its own.

    What is in a `tmp` comes before it.
    """
    for item in items:
        if isinstance(item, Group):
            for inner in _flat(item.items):
                if isinstance(inner, Field | Unused | Custom) and inner.presence.always:
                    inner = replace(inner, presence=item.presence)
                yield inner
        elif isinstance(item, Run | Repeat | Tmp):
            yield from _flat(item.items)
        if not isinstance(item, Run | Group | Repeat):
            yield item
