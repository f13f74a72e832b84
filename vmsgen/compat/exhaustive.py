"""How many states of a sender are as wanted? Where few fields with few values are asked for, all are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from vmsgen.compat.expressions import asked
from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import present
from vmsgen.compat.slots import ARRAY, OPTIONAL, Condition, Elements, Missing, Slot, values_of
from vmsgen.compat.steer import Want
from vmsgen.interpret.errors import Fault
from vmsgen.interpret.expression import Frame, evaluate
from vmsgen.interpret.state import State
from vmsgen.model.expressions import (
    Constant,
    Expression,
    FieldValue,
    HeldValue,
    IndexStep,
    MemberStep,
    Path,
    replaced,
    walk,
)
from vmsgen.model.wire import HookPredicate

NONE, SOME, ALL = "none", "some", "all"

STATES = 1 << 17
"""No more than so many are looked at for a device, all its versions together: each takes tens of microseconds."""

HOOKED = (HookPredicate, Elements, Missing)
"""What is not asked of numbers."""


class Budget:
    """`left` states may still be looked at."""

    def __init__(self) -> None:
        self.left = STATES


class EveryState:
    """Of the sender of a pair."""

    def __init__(self, pair: Pair, budget: Budget) -> None:
        self.pair = pair
        self.budget = budget

    def how_many(self, alternatives: tuple[tuple[Want, ...], ...]) -> str | None:
        """NONE, SOME or ALL that a save accepts meet one of the alternatives; None if that cannot be told.

        Only numbers that the stream has are asked; of hooks and elements any answer is thought possible.
        """
        pair = self.pair
        wanted = [[want for want in wants if not isinstance(want.condition, HOOKED)] for wants in alternatives]
        fields = _fields(want.condition for wants in wanted for want in wants)
        held = any(isinstance(node, HeldValue) for wants in wanted for want in wants for node in _nodes(want.condition))
        if held or not all(_is_there(pair, field, alternatives) for field in fields):
            return None
        # Without what is asked of numbers that the stream may lack there are more states, never fewer.
        demanded = [
            condition
            for field in fields
            for condition in _asked_of(pair, field)
            if all(_is_there(pair, other, alternatives) for other in _fields([condition]))
        ]
        fields = tuple(dict.fromkeys((*fields, *_fields(demanded))))
        checks = [check.condition for check in pair.programs[0].sender_checks if not check.guards and not check.loops]
        demanded += [check for check in checks if set(_fields([check])) <= set(fields)]
        domains = [_values(pair, field) for field in fields]
        number = prod(values.stop - values.start for values in domains)
        if not 0 < number <= self.budget.left:
            return None
        self.budget.left -= number
        names = {field: FieldValue(Path((MemberStep(f"n{n}"),)), field.interval) for n, field in enumerate(fields)}
        accepted = [_Wish(_named(condition, names), True) for condition in demanded]
        wishes = [[_Wish(_named(want.condition, names), want.holds) for want in wants] for wants in wanted]
        met: set[bool] = set()
        state = State()
        frame, places = Frame(state, state, 0), [f"n{n}" for n in range(len(fields))]
        try:
            for values in product(*domains):
                state.update(zip(places, values, strict=True))
                wanted_here = any(_meets(frame, some) for some in wishes)
                if wanted_here not in met and _meets(frame, accepted):
                    met.add(wanted_here)
                if len(met) > 1:
                    break
        except Fault:
            return None
        if True not in met:
            return NONE
        if any(len(some) < len(wants) for some, wants in zip(wanted, alternatives, strict=True)):
            return None
        return SOME if False in met else ALL


@dataclass(frozen=True)
class _Wish:
    condition: Expression
    holds: bool


def _fields(conditions: Iterable[Condition]) -> tuple[FieldValue, ...]:
    """What they ask for."""
    found = [node for condition in conditions for node in _nodes(condition)]
    return tuple(dict.fromkeys(node for node in found if isinstance(node, FieldValue)))


def _nodes(condition: Condition) -> Iterator[Expression]:
    return iter(()) if isinstance(condition, HOOKED) else walk(condition)


def _is_there(pair: Pair, field: FieldValue, alternatives: tuple[tuple[Want, ...], ...]) -> bool:
    """Has every stream that is asked about the number?

    What is not sent has no bounds on the sender's side, and for the receiver it is as at reset.
    """
    slot = _slot(pair, field)
    if slot is None or any(loop.kind == OPTIONAL for loop in slot.loops) or not _is_sent(slot, field):
        return False
    return all(want in wants for want in present(slot) for wants in alternatives)


def _is_sent(slot: Slot, field: FieldValue) -> bool:
    """Is it one of the numbers that are sent wherever the slot is present? Of a varying number of them the first is."""
    steps = [step for step in field.path.steps if isinstance(step, IndexStep)]
    lengths = [None if loop.count or loop.kind != ARRAY else loop.capacity for loop in slot.loops]
    lengths += [None if number == 0 and slot.count else length for number, length in enumerate(slot.dimensions)]
    starts = [*(loop.start for loop in slot.loops), *(0 if n else slot.start for n in range(len(slot.dimensions)))]
    if len(steps) != len(lengths):
        return False
    for step, start, length in zip(steps, starts, lengths, strict=True):
        if not isinstance(step.index, Constant):
            return False
        if not start <= step.index.value < start + (1 if length is None else length):
            return False
    return True


def _slot(pair: Pair, field: FieldValue) -> Slot | None:
    return pair.sender_slots.get(plain(str(field.path)))


def _asked_of(pair: Pair, field: FieldValue) -> Iterator[Expression]:
    """What a save asks of the number."""
    slot = _slot(pair, field)
    for constraint in slot.constraints if slot is not None else ():
        condition = asked(constraint, field)
        if condition is not None:
            yield condition


def _values(pair: Pair, field: FieldValue) -> range:
    """All that it can have as far as its type and constant ends tell."""
    slot = _slot(pair, field)
    known = None if slot is None else values_of(slot)
    interval = field.interval if known is None else known
    return range(interval.low, interval.high + 1)


def _named(condition: Condition, names: dict[FieldValue, FieldValue]) -> Expression:
    assert not isinstance(condition, HOOKED)
    return replaced(condition, lambda part: names.get(part) if isinstance(part, FieldValue) else None)


def _meets(frame: Frame, wishes: list[_Wish]) -> bool:
    return all(bool(evaluate(wish.condition, frame)) == wish.holds for wish in wishes)
