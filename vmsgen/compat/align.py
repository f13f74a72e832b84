"""Which slot of the sender meets which slot of the receiver: by name first, then by place and width."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.compat.names import pair_names
from vmsgen.compat.slots import Slot

SAME, OTHER_SHAPE, OTHER_NAME, GAP, NEVER = 0.0, 0.5, 0.9, 1.0, float("inf")


@dataclass(frozen=True)
class Matched:
    """The same thing on both sides, as far as names and places tell."""

    sender: Slot
    receiver: Slot
    by_name: bool


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

    def cost(i: int, j: int) -> float:
        ours, theirs = sender[i], receiver[j]
        if pairs.get(i) == j:
            return SAME if _shape(ours) == _shape(theirs) else OTHER_SHAPE
        if ours.element is None and theirs.element is None:
            return SAME if _shape(ours) == _shape(theirs) else OTHER_SHAPE
        if i in pairs or j in back or ours.custom != theirs.custom:
            return NEVER
        return OTHER_NAME if _size(ours) == _size(theirs) else NEVER

    steps: list[Step] = []
    for i, j in _path(len(sender), len(receiver), cost):
        match i, j:
            case int(), int():
                steps.append(Matched(sender[i], receiver[j], pairs.get(i) == j))
            case int(), None:
                steps.append(Dropped(sender[i], receiver[pairs[i]] if i in pairs else None))
            case None, int():
                steps.append(Added(receiver[j], sender[back[j]] if j in back else None))
    return _reshaped(steps)


def _shape(slot: Slot) -> tuple[object, ...]:
    return slot.width, slot.dimensions, slot.starts


def _size(slot: Slot) -> tuple[object, ...]:
    count = slot.count is not None
    return slot.width if count else slot.width * slot.elements, count, len(slot.loops), len(slot.guards)


def _path(n: int, m: int, cost: object) -> list[tuple[int | None, int | None]]:
    """Numbers that meet, None where one side has nothing."""
    assert callable(cost)
    front = 0
    while front < min(n, m) and cost(front, front) == SAME:
        front += 1
    best = [[0.0] * (m - front + 1) for _ in range(n - front + 1)]
    for i in range(n - front, -1, -1):
        for j in range(m - front, -1, -1):
            ways = []
            if i < n - front and j < m - front:
                ways.append(best[i + 1][j + 1] + cost(front + i, front + j))
            if i < n - front:
                ways.append(best[i + 1][j] + GAP)
            if j < m - front:
                ways.append(best[i][j + 1] + GAP)
            best[i][j] = min(ways, default=0.0)
    way: list[tuple[int | None, int | None]] = [(i, i) for i in range(front)]
    i, j = 0, 0
    while i < n - front or j < m - front:
        here = best[i][j]
        if i < n - front and j < m - front and here == best[i + 1][j + 1] + cost(front + i, front + j):
            way.append((front + i, front + j))
            i, j = i + 1, j + 1
        elif i < n - front and here == best[i + 1][j] + GAP:
            way.append((front + i, None))
            i += 1
        else:
            way.append((None, front + j))
            j += 1
    return way


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


def _one_reshape(stretch: list[Step]) -> list[Step]:
    if any(isinstance(step, Dropped | Added) and step.moved is not None for step in stretch):
        return stretch
    ours = tuple(step.sender for step in stretch if isinstance(step, Dropped | Matched))
    theirs = tuple(step.receiver for step in stretch if isinstance(step, Added | Matched))
    if not ours or not theirs:
        return stretch
    sizes = [[slot.fixed for slot in side] for side in (ours, theirs)]
    if None in sizes[0] or None in sizes[1] or len({slot.guards for slot in (*ours, *theirs)}) > 1:
        return stretch
    if sum(size or 0 for size in sizes[0]) != sum(size or 0 for size in sizes[1]):
        return stretch
    return [Reshaped(ours, theirs)]
