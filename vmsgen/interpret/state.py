"""States as plain Python values.

A scalar is an int (a bool 0 or 1, a timer -1 where it is not armed), an array a list, rows of rows a list of lists, a
buffer a bytearray, a struct a `State`: a dict by member name.
"""

from __future__ import annotations

from typing import Any

from vmsgen.model.description import Description
from vmsgen.model.types import Array, Buffer, Scalar, Struct, Type

Value = Any
"""int | list[Value] | bytearray | State"""


class State(dict[str, Value]):
    """What one description keeps in memory. `present` names the subsections that came in the last load."""

    def __init__(self, *args: Any, **values: Value) -> None:
        super().__init__(*args, **values)
        self.present: set[str] = set()


def reset_state(description: Description) -> State:
    """A new state with every member at its value at reset."""
    return State((member.name, reset_value(member.type, member.default)) for member in description.members)


def reset_value(type_: Type, value: int | None) -> Value:
    """A new value of a type, each scalar of it `value`; None means the type's own value at reset."""
    match type_:
        case Scalar():
            return type_.reset if value is None else value
        case Buffer(capacity, _):
            return bytearray([(value or 0) & 0xFF]) * capacity
        case Array(element, capacity, _):
            return [reset_value(element, value) for _ in range(capacity)]
        case Struct(description):
            return reset_state(description)


def copy_value(value: Value) -> Value:
    """A copy that shares nothing with the original, `present` included."""
    if isinstance(value, State):
        copy = State((name, copy_value(inner)) for name, inner in value.items())
        copy.present = set(value.present)
        return copy
    if isinstance(value, list):
        return [copy_value(inner) for inner in value]
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
