"""A receiver that is set up as the sender was."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

from vmsgen.compat.pairs import Pair
from vmsgen.compat.slots import Slot
from vmsgen.interpret import State, reset_state
from vmsgen.interpret.expression import Frame, look_up, store
from vmsgen.interpret.state import copy_value, reset_value
from vmsgen.model.description import Description
from vmsgen.model.expressions import IndexStep, mentions_held
from vmsgen.model.types import Array, Optional, Scalar, Struct, Type, dimensions, innermost
from vmsgen.model.wire import EqualConstraint, RangeConstraint, WhereConstraint


def receiver_state(pair: Pair, sent: State) -> State:
    """A receiver set up as the sender was: locals are equal, and what both sides compare with what they hold.

    A local that nobody touched is as at reset, on either side.
    """
    state = reset_state(pair.receiver)
    _copy_locals(pair, pair.receiver, state, pair.sender, sent)
    for step in pair.matched:
        if _compares(step.sender) and _compares(step.receiver):
            _copy_place(step.sender, step.receiver, sent, state)
    return state


def _compares(slot: Slot) -> bool:
    for constraint in slot.constraints:
        match constraint:
            case EqualConstraint():
                return True
            case RangeConstraint(low, high) if mentions_held(low) or mentions_held(high):
                return True
            case WhereConstraint(condition) if mentions_held(condition):
                return True
    return False


def _copy_place(ours: Slot, theirs: Slot, sent: State, state: State) -> None:
    # Of an array of structs the place is that of the first one; the others are its neighbours.
    last = max((n for n, step in enumerate(ours.place.steps) if isinstance(step, IndexStep)), default=None)
    if last is not None:
        return _copy_elements(ours, theirs, sent, state)
    value = look_up(ours.place, sent, Frame(sent, sent, 0))
    if isinstance(value, int) and isinstance(theirs.storage, Scalar) and value in theirs.storage.interval:
        store(theirs.place, Frame(state, state, 0), value)
    return None


def _copy_elements(ours: Slot, theirs: Slot, sent: State, state: State) -> None:
    numbers = {place: value for place, (_, value) in leaves(sent, ours.name).items()}
    for place, (put, _) in leaves(state, theirs.name).items():
        value = numbers.get(place)
        if value is not None and isinstance(theirs.storage, Scalar) and value in theirs.storage.interval:
            put(value)


def leaves(value: object, name: str) -> dict[tuple[int, ...], tuple[Callable[[int], None], int]]:
    """Every number called `name`, by the places in the arrays around it: a function that sets it, and what it is.

    The rows of one array are one behind the other: as many elements may be in other rows.
    """
    found: dict[tuple[int, ...], tuple[Callable[[int], None], int]] = {}

    def go(holder: object, names: list[str], place: tuple[int, ...]) -> None:
        if isinstance(holder, list):
            for number, inner in enumerate(_flat(holder)):
                go(inner, names, (*place, number))
        elif isinstance(holder, State) and names and names[0] in holder:
            if len(names) == 1:
                if isinstance(holder[names[0]], int):
                    found[place] = partial(holder.__setitem__, names[0]), holder[names[0]]
            else:
                go(holder[names[0]], names[1:], place)

    go(value, name.split("."), ())
    return found


def _copy_locals(pair: Pair, description: Description, state: State, sender: Description, sent: State) -> None:
    for before, member in pair.members(sender, description):
        ours, theirs = state[member.name], sent[before.name]
        if not (member.local and _same_form(member.type, ours, theirs)):
            state[member.name] = _copy_inside(pair, member.type, ours, before.type, theirs)
        elif not (before.local and theirs == reset_value(before.type, before.default)):
            state[member.name] = copy_value(theirs)


def _copy_inside(pair: Pair, type_: Type, ours: object, senders: Type, theirs: object) -> object:
    """What the receiver is to have: `ours`, with the locals of `theirs`, and elements missing where it misses them."""
    match type_:
        case Optional(element):
            if theirs is None:
                return None
            inner = reset_value(element, None) if ours is None else ours
            return _copy_inside(pair, element, inner, senders, theirs)
        case Struct(description) if isinstance(ours, State) and isinstance(theirs, State):
            of = innermost(senders)
            if isinstance(of, Struct):
                _copy_locals(pair, description, ours, of.description, theirs)
        case Array(Scalar()):
            pass
        case Array() if isinstance(senders, Array) and isinstance(theirs, list):
            return _copy_rows(pair, type_, ours, senders, _in_rows(dimensions(type_), theirs, len(dimensions(senders))))
    return ours


def _copy_rows(pair: Pair, type_: Type, ours: object, senders: Type, theirs: object) -> object:
    if not isinstance(type_, Array) or not isinstance(ours, list) or not isinstance(theirs, list):
        return _copy_inside(pair, type_, ours, senders, theirs)
    pairs = zip(ours, theirs, strict=False)
    ours[: len(theirs)] = [_copy_rows(pair, type_.element, mine, senders, other) for mine, other in pairs]
    return ours


def _in_rows(lengths: tuple[int, ...], values: list[object], rank: int) -> list[object]:
    """The elements of an array of this rank in rows of other lengths; as they are where those are for more elements, or
    fewer. An element may be a list itself: the words of a bitmap."""
    flat = values
    for _ in range(rank - 1):
        flat = [value for row in flat if isinstance(row, list) for value in row]
    if len(lengths) > 1 and len(flat) != prod(lengths):
        return values
    for length in reversed(lengths[1:]):
        flat = [flat[at : at + length] for at in range(0, len(flat), length)]
    return flat


def _flat(values: list[object]) -> list[object]:
    """The elements of all rows, one behind the other."""
    while any(isinstance(row, list) for row in values):
        values = [value for row in values if isinstance(row, list) for value in row]
    return values


def _same_form(type_: Type, ours: object, theirs: object) -> bool:
    if isinstance(ours, float) or isinstance(theirs, float):
        return isinstance(ours, float) and isinstance(theirs, float)
    if isinstance(ours, int) and isinstance(theirs, int):
        return isinstance(type_, Scalar) and theirs in type_.interval
    if isinstance(ours, list) and isinstance(theirs, list):
        if isinstance(type_, Array) and isinstance(type_.element, Scalar) and theirs and isinstance(theirs[0], int):
            low, high = min(theirs), max(theirs)
            return len(ours) == len(theirs) and all(_same_form(type_.element, 0, end) for end in (low, high))
        return (
            isinstance(type_, Array)
            and len(ours) == len(theirs)
            and all(_same_form(type_.element, *both) for both in zip(ours, theirs, strict=True))
        )
    if isinstance(ours, bytearray) and isinstance(theirs, bytearray):
        return len(ours) == len(theirs)
    return isinstance(ours, State) and isinstance(theirs, State) and ours.keys() == theirs.keys()
