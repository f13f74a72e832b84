"""States that meet conditions: a few values that matter to them are tried, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from vmsgen.compat.expressions import Each, renamed
from vmsgen.compat.places import NOT_THERE, in_pairs, put, value_at, with_value
from vmsgen.compat.slots import Condition, Elements, Missing
from vmsgen.interpret.expression import Frame, evaluate
from vmsgen.interpret.state import State, Value, reset_value
from vmsgen.model.expressions import Constant, Expression, FieldValue, Path, walk
from vmsgen.model.types import List, Map, Scalar
from vmsgen.model.wire import HookPredicate

TRIES = 400
"""Assignments for one condition, at most."""

TRIES_IN_ALL = 100_000
"""And for a device, all its versions and whatever is asked of it together: each takes tens of microseconds."""


MOST_ELEMENTS = 1 << 16
"""No list is made longer."""


class Tries:
    """`left` assignments may still be tried."""

    def __init__(self) -> None:
        self.left = TRIES_IN_ALL


@dataclass(frozen=True)
class Want:
    """`condition`, about the sender's state, is to hold, or not to."""

    condition: Condition
    holds: bool = True


def of_the_second(wants: tuple[Want, ...]) -> tuple[Want, ...]:
    """The same of the second element of every loop that can have one: the first may be one that cannot be so."""
    return tuple(replace(want, condition=_of_the_second(want.condition)) for want in wants)


def _of_the_second(condition: Condition) -> Condition:
    match condition:
        case HookPredicate():
            return condition
        case Elements(place, _, number):
            return replace(condition, place=_second(place), number=number + 1)
        case Missing(place):
            return Missing(_second(place))
        case expression:
            return renamed(expression, _second) or expression


def _second(path: Path) -> Path:
    return Path(tuple(_next(step) if isinstance(step, Each) else step for step in path.steps))


def _next(step: Each) -> Each:
    assert isinstance(step.index, Constant)
    number = step.index.value + 1
    return replace(step, index=Constant(number)) if number < step.length else step


def ask(expression: Expression, state: State) -> int | None:
    """The value, or None where it has none: at the sender another kind of field may have the name."""
    here = renamed(expression, lambda path: in_pairs(path, state))
    try:
        return evaluate(here or expression, Frame(state, state, 0))
    except NOT_THERE:
        return None


def meets(state: State, answers: dict[str, bool], want: Want) -> bool:
    match want.condition:
        case HookPredicate(method):
            return answers.get(method, False) == want.holds
        case Elements(place, _, number):
            there = _list_at(place, state)
            return there is not None and (len(there) >= number) == want.holds
        case Missing(place):
            return _is_missing(place, state) == want.holds
        case expression:
            value = ask(expression, state)
            return value is not None and bool(value) == want.holds


def steer(state: State, answers: dict[str, bool], wants: tuple[Want, ...], tries: Tries) -> bool:
    """Changes both in place until all is as wanted. False where no way was found; then they are somewhere near."""
    # An element must be there before anything can be asked of it.
    for want in wants:
        if isinstance(want.condition, Elements) and want.holds:
            _grow(state, want.condition)
    for want in wants:
        if isinstance(want.condition, HookPredicate):
            answers[want.condition.method] = want.holds
    for _ in range(3):
        unmet = [want for want in wants if not meets(state, answers, want)]
        if not unmet:
            return True
        changed = [_meet(state, answers, want, wants, tries) for want in unmet]
        if not any(changed):
            return False
    return all(meets(state, answers, want) for want in wants)


def _meet(state: State, answers: dict[str, bool], want: Want, wants: tuple[Want, ...], tries: Tries) -> bool:
    """The first assignment that does it and keeps what was met; else the first that does it. False where none does."""
    if isinstance(want.condition, HookPredicate):
        return False
    if isinstance(want.condition, Elements):
        return _grow(state, want.condition)
    if isinstance(want.condition, Missing):
        if not (want.holds and _is_missing(want.condition.place, state) is False):
            return False
        put(want.condition.place, state, None)
        return True
    met = [other for other in wants if meets(state, answers, other)]
    second: State | None = None
    for number, assignment in enumerate(_assignments(want.condition)):
        if number > TRIES or not tries.left:
            break
        tries.left -= 1
        tried = _assigned(state, assignment)
        if tried is None or not meets(tried, answers, want):
            continue
        if all(meets(tried, answers, other) for other in met):
            state.update(tried)
            return True
        second = second or tried
    if second is not None:
        state.update(second)
    return second is not None


def _list_at(place: Path, state: State) -> list[Value] | None:
    try:
        there = value_at(place, state)
    except NOT_THERE:
        return None
    return there if isinstance(there, list) else None


def _is_missing(place: Path, state: State) -> bool | None:
    """None where there is no such element."""
    try:
        return value_at(place, state) is None
    except NOT_THERE:
        return None


def _grow(state: State, wanted: Elements) -> bool:
    """Elements at their values at reset; keys of a map that are numbers ascend. False where none was missing."""
    there = _list_at(wanted.place, state)
    if there is None or len(there) >= wanted.number or wanted.number > MOST_ELEMENTS:
        return False
    while len(there) < wanted.number:
        match wanted.type:
            case List(element):
                there.append(reset_value(element, None))
            case Map(Scalar(), value):
                there.append((there[-1][0] + 1 if there else 0, reset_value(value, None)))
            case Map(key, value):
                there.append((reset_value(key, None), reset_value(value, None)))
            case _:
                return False
    return True


def _assigned(state: State, assignment: tuple[tuple[Path, int], ...]) -> State | None:
    """None where one of the places has no number."""
    try:
        for path, value in assignment:
            if not isinstance(value_at(path, state), int):
                return None
            state = with_value(path, state, value)
    except NOT_THERE:
        return None
    return state


def _assignments(condition: Expression) -> Iterator[tuple[tuple[Path, int], ...]]:
    fields = list({str(node.path): node for node in walk(condition) if isinstance(node, FieldValue)}.values())
    constants = {node.value for node in walk(condition) if isinstance(node, Constant)}
    choices = [[(field.path, value) for value in _candidates(field, constants)] for field in fields]
    for some in choices:
        yield from ((one,) for one in some)
    for i, first in enumerate(choices):
        for second in choices[i + 1 :]:
            yield from product(first, second)


def _candidates(field: FieldValue, constants: set[int]) -> list[int]:
    """Values near the constants first, then the ends of the type and single bits."""
    near = [c + step for c in sorted(constants, key=abs) for step in (0, 1, -1)] + [~c for c in constants]
    products = [a * b for a in sorted(constants) for b in sorted(constants)][:20]
    # What a shift to the right leaves of a number.
    products += [a << bits for bits in sorted(constants) if 0 < bits < 64 for a in sorted(constants)][:20]
    rest = [0, 1, 2, 3, field.interval.high, field.interval.low, *products, *(1 << bit for bit in range(16))]
    return [value for value in dict.fromkeys([*near, *rest]) if value in field.interval]
