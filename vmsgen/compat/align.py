"""Which slot of the sender meets which slot of the receiver: by name first, then by place and width."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from vmsgen.compat.names import pair_names
from vmsgen.compat.slots import Slot
from vmsgen.compat.widened import is_widened

SAME, OTHER_SHAPE, OTHER_NAME, GAP = 0, 5, 9, 10

Cost = Callable[[int, int], int | None]
"""Of matching these two; None where they never are."""

Costs = Sequence[int | None]
"""Of each slot of a side, the least that a match costs; None where it has none."""


@dataclass(frozen=True)
class Matched:
    """The same thing on both sides, as far as names and places tell.

    `widened`: one of the two is wider, and the other one behind `unused` bytes, which have no step of their own.
    """

    sender: Slot
    receiver: Slot
    by_name: bool
    widened: bool = False


@dataclass(frozen=True)
class Dropped:
    """Only the sender has it. `moved` is where the receiver has it instead."""

    sender: Slot
    moved: Slot | None


@dataclass(frozen=True)
class Added:
    """Only the receiver has it. `moved` is where the sender has it instead."""

    receiver: Slot
    moved: Slot | None


@dataclass(frozen=True)
class Reshaped:
    """Other slots on either side, and as many bytes."""

    sender: tuple[Slot, ...]
    receiver: tuple[Slot, ...]


Step = Matched | Dropped | Added | Reshaped


def pair_slots(sender: tuple[Slot, ...], receiver: tuple[Slot, ...]) -> dict[int, int]:
    """Numbers of the sender's slots to those of the receiver's that are the same by their names."""
    ours, theirs = ([n for n, slot in enumerate(side) if slot.element is not None] for side in (sender, receiver))
    pairs = pair_names([sender[i] for i in ours], [receiver[j] for j in theirs])
    return {ours[i]: theirs[j] for i, j in pairs.items()}


def align(sender: tuple[Slot, ...], receiver: tuple[Slot, ...], pairs: dict[int, int]) -> tuple[Step, ...]:
    """The cheapest way from one sequence to the other, from start to end."""
    back = {j: i for i, j in pairs.items()}
    shapes, sizes = ([[of(slot) for slot in side] for side in (sender, receiver)] for of in (_shape, _size))

    def least(side: int, known: dict[int, int], slots: tuple[Slot, ...]) -> list[int | None]:
        others = sizes[1 - side]
        unpaired = {others[n] for n in range(len(others)) if n not in (back if side == 0 else pairs)}

        def lowest(n: int, slot: Slot) -> int | None:
            if n in known:
                return SAME if shapes[side][n] == shapes[1 - side][known[n]] else OTHER_SHAPE
            if slot.element is None:
                return SAME
            return OTHER_NAME if sizes[side][n] in unpaired else None

        return [lowest(n, slot) for n, slot in enumerate(slots)]

    def cost(i: int, j: int) -> int | None:
        ours, theirs = sender[i], receiver[j]
        if pairs.get(i) == j or (ours.element is None and theirs.element is None):
            return SAME if shapes[0][i] == shapes[1][j] else OTHER_SHAPE
        if i in pairs or j in back or sizes[0][i] != sizes[1][j]:
            return None
        return OTHER_NAME

    steps: list[Step] = []
    for i, j in _path(least(0, pairs, sender), least(1, back, receiver), cost):
        match i, j:
            case int(), int():
                steps.append(Matched(sender[i], receiver[j], pairs.get(i) == j))
            case int(), None:
                steps.append(Dropped(sender[i], receiver[pairs[i]] if i in pairs else None))
            case None, int():
                steps.append(Added(receiver[j], sender[back[j]] if j in back else None))
    return _reshaped(_widened(steps))


def _shape(slot: Slot) -> tuple[object, ...]:
    return slot.width, slot.dimensions, slot.starts


def _size(slot: Slot) -> tuple[object, ...]:
    counted = slot.count is not None
    size = slot.width if counted else slot.width * slot.elements
    return size, counted, slot.custom, len(slot.loops), len(slot.guards)


def _path(ours: Costs, theirs: Costs, cost: Cost) -> list[tuple[int | None, int | None]]:
    """Numbers that meet, None where one side has nothing. The cheapest ways are followed first, to the nearest end.

    `ours` and `theirs` are what each of the two sides' costs at least where it meets anything.
    """
    n, m = len(ours), len(theirs)
    rest = _left(ours), _left(theirs)
    came: dict[tuple[int, int], tuple[int, int]] = {}
    turn = count()
    ways = [(0, 0, next(turn), 0, (0, 0), (0, 0))]
    while (n, m) not in came:
        _, _, _, spent, here, before = heappop(ways)
        if here in came:
            continue
        came[here] = before
        for (i, j), more in _steps(*here, n, m, cost):
            (least, meeting), (others, there) = rest[0][i], rest[1][j]
            # So many that could meet something are left over on one side.
            left = least + others + abs(meeting - there) * (2 * GAP - OTHER_NAME)
            # Of ways that are as good the one that is furthest goes on.
            heappush(ways, (2 * (spent + more) + left, -i - j, next(turn), spent + more, (i, j), here))
    way: list[tuple[int | None, int | None]] = []
    at = (n, m)
    while at != (0, 0):
        i, j = came[at]
        way.append((i if at[0] > i else None, j if at[1] > j else None))
        at = (i, j)
    return way[::-1]


def _left(side: Costs) -> list[tuple[int, int]]:
    """From each number on to the end: twice what is to be paid at least, and how many may meet something.

    Of two that meet each pays half. A gap is paid by one.
    """
    made = [(0, 0)]
    for least in reversed(side):
        spent, meeting = made[-1]
        made.append((spent + 2 * GAP, meeting) if least is None else (spent + least, meeting + 1))
    return made[::-1]


def _steps(i: int, j: int, n: int, m: int, cost: Cost) -> Iterator[tuple[tuple[int, int], int]]:
    """Where a way goes on, and what that costs."""
    both = cost(i, j) if i < n and j < m else None
    if both is not None:
        yield (i + 1, j + 1), both
        # What costs nothing is never dearer than another way.
        if both == SAME:
            return
    if i < n:
        yield (i + 1, j), GAP
    if j < m:
        yield (i, j + 1), GAP


def _widened(steps: list[Step]) -> list[Step]:
    """A number of another width becomes one step with the `unused` bytes in front of it, where these make up for it."""
    made: list[Step] = []
    for step in steps:
        if isinstance(step, Matched) and step.by_name:
            first = len(made)
            while first and _is_unused(made[first - 1]):
                first -= 1
            in_front = _sides(made[first:])
            if is_widened(step.sender, step.receiver, in_front):
                del made[first:]
                step = replace(step, widened=True)
        made.append(step)
    return made


def _is_unused(step: Step) -> bool:
    if isinstance(step, Dropped | Added):
        slot = step.sender if isinstance(step, Dropped) else step.receiver
        return slot.element is None and not slot.custom
    return _loose(step)


def _reshaped(steps: list[Step]) -> tuple[Step, ...]:
    """Stretches without a match become one step where they have no name in common and as many bytes."""
    made: list[Step] = []
    stretch: list[Step] = []
    for step in [*steps, None]:
        if isinstance(step, Dropped | Added) or (step is not None and _loose(step)):
            stretch.append(step)
            continue
        made += _one_reshape(stretch)
        stretch = []
        if step is not None:
            made.append(step)
    return tuple(made)


def _loose(step: Step) -> bool:
    """Bytes that mean nothing, and are not as many: what was taken out of them may be next to it."""
    if not isinstance(step, Matched):
        return False
    ours, theirs = step.sender, step.receiver
    return ours.element is None and theirs.element is None and _shape(ours) != _shape(theirs)


def _sides(steps: list[Step]) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
    ours = tuple(step.sender for step in steps if isinstance(step, Dropped | Matched))
    theirs = tuple(step.receiver for step in steps if isinstance(step, Added | Matched))
    return ours, theirs


def _one_reshape(stretch: list[Step]) -> list[Step]:
    if any(isinstance(step, Dropped | Added) and step.moved is not None for step in stretch):
        return stretch
    ours, theirs = _sides(stretch)
    if not ours or not theirs:
        return stretch
    sizes = [[slot.fixed for slot in side] for side in (ours, theirs)]
    if None in sizes[0] or None in sizes[1] or len({slot.guards for slot in (*ours, *theirs)}) > 1:
        return stretch
    if sum(size or 0 for size in sizes[0]) != sum(size or 0 for size in sizes[1]):
        return stretch
    return [Reshaped(ours, theirs)]
