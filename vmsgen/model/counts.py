"""The members whose number of elements in use is another member's business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.model.description import Description
from vmsgen.model.expressions import Expression, MemberStep, OwnValue, StreamVersion, walk
from vmsgen.model.types import Array, Bitmap, Buffer
from vmsgen.model.wire import Field, Group, Repeat, Run, WireItem


@dataclass(frozen=True)
class Counted:
    """`member` holds up to `capacity` elements, `count` of them in use."""

    member: str
    count: Expression
    capacity: int


def counted_members(description: Description) -> tuple[Counted, ...]:
    """Arrays, buffers and bitmaps that are members, and go over the wire from their start as far as in use."""
    found: dict[str, Counted] = {}
    programs = [description.wire, *(sub.wire for sub in description.all_subsections)]
    for counted in (c for program in programs for c in _items(program)):
        found.setdefault(counted.member, counted)
    return tuple(found.values())


def _items(items: tuple[WireItem, ...]) -> Iterator[Counted]:
    for item in items:
        match item:
            case Run() | Group():
                yield from _items(item.items)
            case Repeat() if item.count is not None:
                yield from _counted(item.target.steps, item.count, item.capacity)
            case Field(type=Array() | Buffer() as type_) if type_.allocated:
                pass
            case Field(type=Array() | Buffer() | Bitmap() as type_) if type_.count is not None and item.start == 0:
                yield from _counted(item.target.steps, type_.count, type_.capacity)


def _counted(steps: tuple[object, ...], count: Expression, capacity: int) -> Iterator[Counted]:
    depends = any(isinstance(node, StreamVersion | OwnValue) for node in walk(count))
    if len(steps) == 1 and isinstance(steps[0], MemberStep) and not depends:
        yield Counted(steps[0].name, count, capacity)
