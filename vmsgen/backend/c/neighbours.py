"""Numbers that lie beside each other in memory as they do on the wire: they are put there several at a time.

Every store of its own costs a processor as much as a wide one.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.model.description import Description
from vmsgen.model.expressions import MemberStep, Step
from vmsgen.model.types import Scalar, Struct, innermost
from vmsgen.model.wire import Field, WireItem

TOGETHER = {1: (8, 7, 6, 5, 4, 3, 2), 2: (4, 2), 4: (2,)}
"""By the size of each in bytes: how many go at once, the most first."""


def together(items: tuple[WireItem, ...], description: Description) -> Iterator[tuple[WireItem, ...]]:
    """The items in their order, in tuples: of several fields where they go at once, else of one item."""
    places = _Places(description)
    start = 0
    while start < len(items):
        end = start + 1
        while end < len(items) and places.are_beside(items[end - 1], items[end]):
            end += 1
        while start < end:
            count = _most(items[start], end - start)
            yield items[start : start + count]
            start += count


def _most(first: WireItem, count: int) -> int:
    if count == 1 or not isinstance(first, Field) or not isinstance(first.type, Scalar):
        return 1
    return next((most for most in TOGETHER[first.type.size] if most <= count), 1)


class _Places:
    """Where members stand among those of the struct that they are in, if that is ours; found once for each struct."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._found: dict[tuple[Step, ...], dict[str, int]] = {}

    def are_beside(self, first: WireItem, second: WireItem) -> bool:
        if not isinstance(first, Field) or not isinstance(second, Field):
            return False
        size = _size(first)
        if size not in TOGETHER or _size(second) != size:
            return False
        *way, one = first.target.steps
        *other_way, other = second.target.steps
        if way != other_way or not isinstance(one, MemberStep) or not isinstance(other, MemberStep):
            return False
        places = self._of(tuple(way))
        return bool(places) and places[one.name] + 1 == places[other.name]

    def _of(self, way: tuple[Step, ...]) -> dict[str, int]:
        if way not in self._found:
            owner = _owner(self._description, way)
            self._found[way] = {member.name: place for place, member in enumerate(owner.members) if owner.own}
        return self._found[way]


def _size(field: Field) -> int:
    """Bytes of a number that is sent as it is stored; 0 of all else. A bool is not: it becomes 0 or 1."""
    scalar = field.type
    if not isinstance(scalar, Scalar) or not isinstance(field.storage, Scalar):
        return 0
    return 0 if scalar.kind != field.storage.kind or scalar.kind == "bool" else scalar.size


def _owner(description: Description, way: tuple[Step, ...]) -> Description:
    """What the members at the end of the way are those of."""
    for step in way:
        if isinstance(step, MemberStep):
            struct = innermost(next(member.type for member in description.members if member.name == step.name))
            assert isinstance(struct, Struct)
            description = struct.description
    return description
