"""C types of members and of expressions."""

from __future__ import annotations

from vmsgen.backend.names import c_struct
from vmsgen.model.interval import INT64, UINT64, Interval
from vmsgen.model.types import Array, Buffer, Scalar, Struct, Type

SCALARS = {
    "u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
    "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t",
    "bool": "uint8_t", "timer": "int64_t",
}  # fmt: skip

INT = "int"
WIDE = "vms_wide"
INT32 = Interval(-(2**31), 2**31 - 1)
UINT32 = Interval(0, 2**32 - 1)


def declaration(name: str, type_: Type) -> str:
    """`uint32_t regs[8][2]`"""
    lengths = ""
    while isinstance(type_, Array):
        lengths += f"[{type_.capacity}]"
        type_ = type_.element
    match type_:
        case Scalar(kind):
            return f"{SCALARS[kind]} {name}{lengths}"
        case Buffer(capacity):
            return f"uint8_t {name}{lengths}[{capacity}]"
        case Struct(description):
            return f"struct {c_struct(description.name)} {name}{lengths}"
        case Array():
            raise AssertionError("unwrapped above")


def promoted(scalar: Scalar) -> str:
    """The type that a member of this type has in an expression, after C's integer promotions."""
    if scalar.size < 4:
        return INT
    return SCALARS[scalar.kind]


def holding(interval: Interval) -> str:
    """The type to calculate values of an interval in."""
    if INT64.covers(interval):
        return "int64_t"
    return "uint64_t" if UINT64.covers(interval) else WIDE


def literal(value: int, type_: str) -> str:
    """A constant of a type, without a cast where C has a spelling for it."""
    if type_ == WIDE:
        if value >= 0:
            return f"(vms_wide){literal(value, 'uint64_t')}"
        return f"(vms_wide){literal(value, 'int64_t')}"
    if type_ in ("uint32_t", "uint64_t"):
        return f"{value}u" if value <= UINT32.high else f"UINT64_C({value})"
    if value == INT64.low:
        return "INT64_MIN"
    if value == INT32.low:
        return "INT32_MIN"
    if value in INT32:
        return str(value) if value >= 0 else f"({value})"
    return f"INT64_C({value})" if value >= 0 else f"(-INT64_C({-value}))"
