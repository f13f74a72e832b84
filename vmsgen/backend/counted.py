"""Members whose elements in use can be counted: `NAME_MEMBER_count()` in C, memoryviews cut to it in Python."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.model.description import Description, Field, Group, Member, Repeat, Run, Subsection, WireItem
from vmsgen.model.expressions import Expression, MemberStep
from vmsgen.model.types import Array, Buffer


def items(description: Description) -> Iterator[WireItem]:
    """All items outside of loops, those of groups, runs and subsections included."""

    def within(wire: tuple[WireItem, ...]) -> Iterator[WireItem]:
        for item in wire:
            yield item
            if isinstance(item, Group | Run):
                yield from within(item.items)

    def below(subsections: tuple[Subsection, ...]) -> Iterator[WireItem]:
        for subsection in subsections:
            yield from within(subsection.wire)
            yield from below(subsection.subsections)

    yield from within(description.wire)
    yield from below(description.subsections)


def _count(item: WireItem) -> Expression | None:
    match item:
        case Field(type=Array(count=count) | Buffer(count=count), start=0):
            return count
        case Repeat(count=count):
            return count
    return None


def counted(description: Description) -> dict[str, Expression]:
    """Member name -> how many of its outermost elements are in use, in schema order. The first item that says so counts.

    Only for members that are sent by themselves: `target` is just the member.
    """
    found: dict[str, Expression] = {}
    for item in items(description):
        count = _count(item)
        if count is None or not isinstance(item, Field | Repeat):
            continue
        if len(item.target.steps) == 1 and isinstance(item.target.steps[0], MemberStep):
            found.setdefault(item.target.root, count)
    return {member.name: found[member.name] for member in description.members if member.name in found}


def is_counted(description: Description, member: Member) -> bool:
    return not description.anonymous and member.name in counted(description)
