"""States of a description, mostly ones that a save accepts, and what becomes of streams underway."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.property.strategies.chooser import Chooser, Drawn
from vmsgen.interpret import Refusal, State, encode, reset_state
from vmsgen.interpret.state import Value, copy_value, double_of, reset_value
from vmsgen.model.description import Description, Member
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type

DOUBLES = (0, 1 << 63, 0x3FF8000000000000, 0x7FF0000000000000, 0x7FF8000000000001, 0xFFF4000000000000)
"""0, -0, 1.5, infinity and NaNs, as bits."""


@st.composite
def states(draw: DrawFn, description: Description) -> State:
    """States that a save accepts, as far as one was found."""
    return make_state(Drawn(draw), description)


def make_state(choose: Chooser, description: Description, hooks: Any = None, valid: bool = True) -> State:
    """From the state at reset, one member after the other takes a drawn value; one that a save refuses is put back.

    Not `valid`: all values are kept. Either way each value is one that the member can hold.
    """
    state = reset_state(description)
    accepted = _accepts(description, state, hooks)
    # The members behind first: a count is then set when what it counts is already there, and may be refused.
    for member in reversed(description.members):
        before = copy_value(state[member.name])
        state[member.name] = _member_value(choose, member, state[member.name])
        now = _accepts(description, state, hooks)
        if valid and accepted and not now:
            state[member.name] = before
        else:
            accepted = now
    return state


def _accepts(description: Description, state: State, hooks: Any) -> bool:
    try:
        encode(description, state, hooks)
    except Refusal:
        return False
    return True


def _member_value(choose: Chooser, member: Member, current: Value) -> Value:
    return _value(choose, member.type, member.low, member.high, current)


def _value(choose: Chooser, type_: Type, low: int | None, high: int | None, current: Value) -> Value:
    match type_:
        case Scalar(floating=True):
            return double_of(choose.one((*DOUBLES, choose.number(0, (1 << 64) - 1))))
        case Scalar():
            interval = type_.interval
            bottom = interval.low if low is None else low
            top = interval.high if high is None else high
            if choose.chance(70):
                return choose.one([bottom, top, *(n for n in (0, 1, 2, 3, 4, -1, 255, 256) if bottom <= n <= top)])
            return choose.number(bottom, top)
        case Buffer(capacity):
            return bytearray(choose.binary(choose.number(0, capacity) if type_.allocated else capacity))
        case Bitmap():
            words = choose.number(0, type_.words) if type_.allocated else type_.words
            return [choose.number(0, (1 << 64) - 1) for _ in range(words)]
        case Array(element, capacity) if type_.allocated:
            return [_fresh(choose, element, low, high) for _ in range(choose.number(0, capacity))]
        case Array(element):
            return [_value(choose, element, low, high, inner) for inner in current]
        case Optional(element):
            return None if choose.chance(40) else _fresh(choose, element, low, high)
        case List(element, maximum):
            return [_fresh(choose, element, None, None) for _ in range(choose.number(0, min(maximum, 3)))]
        case Map(Struct() as key, value, maximum):
            sizes = range(choose.number(0, min(maximum, 3)))
            return [(_fresh(choose, key, None, None), _fresh(choose, value, None, None)) for _ in sizes]
        case Map(_, value, maximum):
            keys = {choose.number(0, (1 << 64) - 1) for _ in range(choose.number(0, min(maximum, 3)))}
            return [(key, _fresh(choose, value, None, None)) for key in sorted(keys)]
        case Struct(description):
            made = State((m.name, _member_value(choose, m, current[m.name])) for m in description.members)
            made.present = set(current.present)
            return made


def _fresh(choose: Chooser, type_: Type, low: int | None, high: int | None) -> Value:
    """A value in place of one at reset, or rather often that one."""
    made = reset_value(type_, None if low is None or low <= 0 <= (high or 0) else low)
    return made if choose.chance(10) else _value(choose, type_, low, high, made)


def make_answers(choose: Chooser, predicates: tuple[str, ...]) -> dict[str, bool]:
    """What the device model says to some of the questions; the others it does not answer at all."""
    return {predicate: choose.chance(50) for predicate in predicates if choose.chance(60)}


@st.composite
def altered(draw: DrawFn, data: bytes) -> bytes:
    return alter(Drawn(draw), data)


def alter(choose: Chooser, data: bytes) -> bytes:
    """The stream with some bytes changed, taken out or put in."""
    changed = bytearray(data)
    for _ in range(choose.number(1, 3)):
        place = choose.number(0, len(changed))
        kind = choose.number(0, 9)
        if kind < 6 and place < len(changed):
            changed[place] = choose.one((0, 1, 2, 3, 5, 0x7F, 0x80, 0xFF, changed[place] ^ 1, choose.number(0, 255)))
        elif kind < 8:
            del changed[place : place + choose.number(1, 4)]
        else:
            changed[place:place] = choose.binary(choose.number(1, 4))
    return bytes(changed)
