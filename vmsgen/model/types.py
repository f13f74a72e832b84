"""Types of members and of what goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmsgen.model.expressions import Expression
from vmsgen.model.interval import Interval

if TYPE_CHECKING:
    from vmsgen.model.description import Description

SCALAR_BITS = {
    "u8": 8,
    "u16": 16,
    "u32": 32,
    "u64": 64,
    "i8": 8,
    "i16": 16,
    "i32": 32,
    "i64": 64,
    "bool": 8,
    "timer": 64,
}

TIMER_UNSET = -1
"""A timer that is not armed: all ones on the wire, and the value of every timer at reset."""


@dataclass(frozen=True)
class EnumMember:
    name: str
    value: int
    doc: str


@dataclass(frozen=True)
class Enumeration:
    """An `enum` or `flags` declaration. `schema` is the stem of the file that declares it."""

    name: str
    flags: bool
    base: Scalar
    members: tuple[EnumMember, ...]
    doc: str
    schema: str


@dataclass(frozen=True)
class Scalar:
    """`u8` … `i64`, `bool`, `timer`. `enumeration` says what the numbers are called; it limits nothing."""

    kind: str
    enumeration: Enumeration | None = None

    @property
    def size(self) -> int:
        """Bytes, in memory and on the wire (big-endian)."""
        return SCALAR_BITS[self.kind] // 8

    @property
    def signed(self) -> bool:
        return self.kind.startswith("i") or self.kind == "timer"

    @property
    def interval(self) -> Interval:
        """The values that it can have in memory. A `bool` is 0 or 1 there; on the wire any byte but 0 is true."""
        if self.kind == "bool":
            return Interval(0, 1)
        bits = SCALAR_BITS[self.kind]
        return Interval(-(1 << bits - 1), (1 << bits - 1) - 1) if self.signed else Interval(0, (1 << bits) - 1)

    @property
    def reset(self) -> int:
        return TIMER_UNSET if self.kind == "timer" else 0


@dataclass(frozen=True)
class Buffer:
    """`buffer[capacity]` raw bytes; with `count`, only the first so many of them are on the wire."""

    capacity: int
    count: Expression | None = None


@dataclass(frozen=True)
class Array:
    """`element[capacity]`; with `count`, only the first so many elements are on the wire.

    A count outside 0..capacity is an error (`count`). Only the outermost array of a field can have a `count`.
    """

    element: Type
    capacity: int
    count: Expression | None = None


@dataclass(frozen=True)
class Struct:
    """Embedded state, laid out and coded by its own description."""

    description: Description


Type = Scalar | Buffer | Array | Struct


def innermost(type_: Type) -> Type:
    """What an array of arrays is made of in the end."""
    while isinstance(type_, Array):
        type_ = type_.element
    return type_


def dimensions(type_: Type) -> tuple[int, ...]:
    """Capacities, outermost first; empty for what is not an array."""
    lengths: list[int] = []
    while isinstance(type_, Array):
        lengths.append(type_.capacity)
        type_ = type_.element
    return tuple(lengths)
