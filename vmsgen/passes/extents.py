"""How large and how deep a description may get: what comes after the passes walks all of it, by recursion."""

from __future__ import annotations

from collections.abc import Sequence

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description, Member
from vmsgen.model.types import structs_in
from vmsgen.passes.lengths import LARGEST
from vmsgen.passes.types import size_of
from vmsgen.syntax import tree

DEEPEST = 40
"""Structs in structs in structs; those of a list or a map are in it as well."""

MOST_MEMBERS = 10_000
"""Members, those of a struct once for each place where it stands; arrays, lists and maps count as one place."""


def is_too_large(members: Sequence[Member], declaration: tree.DescriptionDeclaration, diagnostics: Diagnostics) -> bool:
    """Reports too many levels, too many members, too many bytes."""
    name, span = declaration.name.text, declaration.name.span
    levels, count = _Measured().of(members)
    if levels > DEEPEST:
        message = f"`{name}` has structs inside each other, {levels} deep; {DEEPEST} is the most"
        diagnostics.error("too-deep", message, span)
    elif count > MOST_MEMBERS:
        message = f"`{name}` has {count} members, those of the structs in it included; {MOST_MEMBERS} is the most"
        diagnostics.error("too-large", message, span, hint="arrays count as one: put what repeats into one")
    elif (size := sum(size_of(member.type) for member in members)) > LARGEST:
        diagnostics.error("too-large", f"`{name}` takes {size} bytes; {LARGEST} is the most", span)
    else:
        return False
    return True


class _Measured:
    """Levels and members of descriptions, each measured once however often it stands somewhere."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}

    def of(self, members: Sequence[Member]) -> tuple[int, int]:
        levels, count = 0, len(members)
        for member in members:
            for struct in structs_in(member.type):
                below, inside = self._description(struct.description)
                levels, count = max(levels, below + 1), count + inside
        return levels, count

    def _description(self, description: Description) -> tuple[int, int]:
        if id(description) not in self._known:
            self._known[id(description)] = self.of(description.members)
        return self._known[id(description)]
