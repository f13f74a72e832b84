"""Values as tests write them down, as the oracle's states.

A struct is a dict, and what it leaves out is at reset; a map by number a dict, one by struct a list of pairs; a bitmap
an int, its bit 0 the first, in as many words as it needs where these are allocated; a buffer bytes. Variable arrays are
given as far as they are in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmsgen.interpret import State, reset_state
from vmsgen.interpret.state import Value, reset_value
from vmsgen.model.description import Description
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type


def state_of(description: Description, plain: Mapping[str, Any]) -> State:
    """Raises KeyError for a name that the description does not have."""
    state = reset_state(description)
    for name, value in plain.items():
        state[name] = value_of(description.member(name).type, value)
    return state


def value_of(type_: Type, plain: Any) -> Value:
    match type_:
        case Struct(description):
            return state_of(description, plain)
        case Optional(element):
            return None if plain is None else value_of(element, plain)
        case Array(element):
            given = [value_of(element, inner) for inner in plain]
            missing = 0 if type_.allocated else type_.capacity - len(given)
            return given + [reset_value(element, None) for _ in range(missing)]
        case Buffer():
            return bytearray(plain) if type_.allocated else bytearray(plain).ljust(type_.capacity, b"\0")
        case Bitmap():
            words = (plain.bit_length() + 63) // 64 if type_.allocated else type_.words
            return [plain >> 64 * word & (1 << 64) - 1 for word in range(words)]
        case List(element):
            return [state_of(element.description, inner) for inner in plain]
        case Map(key, value):
            pairs = sorted(plain.items()) if isinstance(plain, Mapping) else plain
            return [(value_of(key, k), state_of(value.description, v)) for k, v in pairs]
    return plain


def empty_like(description: Description, state: State) -> State:
    """The state at reset of a receiver that misses the same elements as `state`."""
    return State(
        (member.name, _empty(member.type, member.default, state[member.name])) for member in description.members
    )


def _empty(type_: Type, default: int | None, like: Value) -> Value:
    match type_:
        case Struct(description):
            return empty_like(description, like)
        case Optional(element):
            return None if like is None else _empty(element, default, like)
        case Array(element) if not type_.allocated:
            return [_empty(element, default, inner) for inner in like]
        case Scalar() | Array() | Buffer() | Bitmap() | List() | Map():
            return reset_value(type_, default)
