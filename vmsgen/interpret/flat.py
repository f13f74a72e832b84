"""Rows of numbers that nothing is asked about, coded in one go: of some there are a hundred thousand in a state."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from vmsgen.interpret.state import Value
from vmsgen.model.types import Scalar, Type
from vmsgen.model.wire import Field

CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def is_flat(field: Field, wire: Type, storage: Type) -> bool:
    """Are the elements integers that any bytes can be, of one type on the wire and in memory?"""
    if not isinstance(wire, Scalar) or not isinstance(storage, Scalar) or wire.kind != storage.kind:
        return False
    return not (field.constraints or wire.floating or wire.kind == "bool")


def pack(type_: Scalar, values: Sequence[Value]) -> bytes | None:
    """None where one of them does not fit; which one, the way one by one tells."""
    try:
        return bytes(values) if type_.kind == "u8" else struct.pack(_format(type_, len(values)), *values)
    except (struct.error, ValueError, TypeError):
        return None


def unpack(type_: Scalar, data: bytes) -> Sequence[int]:
    return data if type_.kind == "u8" else struct.unpack(_format(type_, len(data) // type_.size), data)


def _format(type_: Scalar, number: int) -> str:
    code = CODES[type_.size]
    return f">{number}{code.lower() if type_.signed else code}"
