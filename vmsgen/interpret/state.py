"""States as plain Python values.

A scalar is an int (a bool 0 or 1, a timer -1 where it is not armed); a double a float, whose bits are kept, those of
NaNs included; a bitmap the list of its 64-bit words; an array a list, rows of rows a list of lists, None for an element
that is missing; a buffer a bytearray; a struct a `State`: a dict by member name. Arrays and buffers that are allocated
hold just the elements that are. A list is a list of `State`s, a map one of pairs, key and value, in their order on the
wire.
"""

from __future__ import annotations

import struct
from typing import Any

from vmsgen.model.description import Description
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type

Value = Any
"""int | float | list[Value] | tuple[Value, Value] | bytearray | State | None"""


class State(dict[str, Value]):
    """What one description keeps in memory. `present` names the subsections that came in the last load."""

    def __init__(self, *args: Any, **values: Value) -> None:
        super().__init__(*args, **values)
        self.present: set[str] = set()


def reset_state(description: Description) -> State:
    """A new state with every member at its value at reset."""
    return State((member.name, reset_value(member.type, member.default)) for member in description.members)


def reset_value(type_: Type, value: int | None) -> Value:
    """A new value of a type, each scalar of it `value`; None means the type's own value at reset.

    Elements that may be missing are, and nothing is allocated.
    """
    match type_:
        case Scalar():
            number = type_.reset if value is None else value
            return float(number) if type_.floating else number
        case List() | Map() | Array(allocated=True) | Bitmap(allocated=True):
            return []
        case Buffer(allocated=True):
            return bytearray()
        case Buffer(capacity):
            return bytearray([(value or 0) & 0xFF]) * capacity
        case Bitmap():
            return [0] * type_.words
        case Array(Scalar() as element, capacity):
            return [reset_value(element, value)] * capacity
        case Array(element, capacity):
            return [reset_value(element, value) for _ in range(capacity)]
        case Optional():
            return None
        case Struct(description):
            return reset_state(description)


def reset_again(type_: Type, value: int | None, current: Value) -> Value:
    """As `reset_value`, in place of `current`: what is missing there is still missing, and nothing else is."""
    match type_:
        case Array(Scalar() as element) if not type_.allocated:
            return [reset_value(element, value)] * len(current)
        case Array(element) if not type_.allocated:
            return [reset_again(element, value, inner) for inner in current]
        case Optional(element):
            return None if current is None else reset_again(element, value, current)
        case Struct(description):
            return State((m.name, reset_again(m.type, m.default, current[m.name])) for m in description.members)
    return reset_value(type_, value)


def copy_value(value: Value) -> Value:
    """A copy that shares nothing with the original, `present` included."""
    if isinstance(value, State):
        copy = State((name, copy_value(inner)) for name, inner in value.items())
        copy.present = set(value.present)
        return copy
    if isinstance(value, list):
        # Of numbers there can be very many, and all of a list are of one kind.
        return value[:] if value and isinstance(value[0], int | float) else [copy_value(inner) for inner in value]
    if isinstance(value, tuple):
        return tuple(copy_value(inner) for inner in value)
    return bytearray(value) if isinstance(value, bytearray) else value


def put_back(target: Value, source: Value) -> Value:
    """Makes `target` equal to `source` in place where it can hold that, and returns it; else a copy of `source`.

    In place because others may hold parts of the state: a list that somebody took out must stay the state's own.
    """
    if isinstance(target, State) and isinstance(source, State):
        values = {name: put_back(target.get(name), inner) for name, inner in source.items()}
        target.clear()
        target.update(values)
        target.present = set(source.present)
        return target
    if isinstance(target, list) and isinstance(source, list):
        padded = target[: len(source)] + [None] * (len(source) - len(target))
        target[:] = [put_back(old, new) for old, new in zip(padded, source, strict=True)]
        return target
    if isinstance(target, bytearray) and isinstance(source, bytearray):
        target[:] = source
        return target
    return copy_value(source)


def bits_of(number: float) -> int:
    """The 64 bits of a double."""
    return int.from_bytes(struct.pack(">d", number), "big")


def double_of(bits: int) -> float:
    """The double of 64 bits."""
    number: float = struct.unpack(">d", bits.to_bytes(8, "big"))[0]
    return number


def same(a: Value, b: Value) -> bool:
    """Equal, doubles bit by bit: a NaN is the same as itself, 0.0 is not -0.0. `present` is not looked at."""
    if isinstance(a, float) and isinstance(b, float):
        return bits_of(a) == bits_of(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
