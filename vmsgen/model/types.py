"""Types of members and of what goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from vmsgen.diagnostics import Span
from vmsgen.model.expressions import Expression
from vmsgen.model.interval import Interval

if TYPE_CHECKING:
    from vmsgen.model.description import Description

FLOATS = frozenset({"f64", "cpudouble"})
"""IEEE doubles, their bits big-endian; the two differ only in what a description calls them."""

SCALAR_BITS = {
    "f64": 64,
    "cpudouble": 64,
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
    """An `enum` or `flags` declaration. `schema` is the stem of the file that declares it, `span` that of its name."""

    name: str
    flags: bool
    base: Scalar
    members: tuple[EnumMember, ...]
    doc: str
    schema: str
    span: Span


@dataclass(frozen=True)
class Scalar:
    """`u8` … `i64`, `bool`, `timer`, `f64`, `cpudouble`. `enumeration` names the numbers; it limits nothing."""

    kind: str
    enumeration: Enumeration | None = None

    @property
    def size(self) -> int:
        """Bytes, in memory and on the wire (big-endian)."""
        return SCALAR_BITS[self.kind] // 8

    @property
    def floating(self) -> bool:
        return self.kind in FLOATS

    @property
    def signed(self) -> bool:
        return self.kind.startswith("i") or self.kind == "timer"

    @property
    def interval(self) -> Interval:
        """The integers that it can have in memory. A `bool` is 0 or 1 there; on the wire any byte but 0 is true."""
        assert not self.floating, "a double has no interval"
        return _interval_of(self.kind)

    @property
    def reset(self) -> int:
        return TIMER_UNSET if self.kind == "timer" else 0


@cache
def _interval_of(kind: str) -> Interval:
    """One for each kind: millions of values of a state are held against it."""
    if kind == "bool":
        return Interval(0, 1)
    bits = SCALAR_BITS[kind]
    return Interval(-(1 << bits - 1), (1 << bits - 1) - 1) if Scalar(kind).signed else Interval(0, (1 << bits) - 1)


@dataclass(frozen=True)
class Buffer:
    """`buffer[capacity]` raw bytes; with `count`, only the first so many of them are on the wire.

    `allocated` ones are kept in memory of their own, made to fit by a load, rather than in the state itself.
    """

    capacity: int
    count: Expression | None = None
    allocated: bool = False


@dataclass(frozen=True)
class Bitmap:
    """`bitmap[capacity]` bits in words of 64: bit 64k+b is bit b of word k.

    With `count`, only the words that the first so many bits need are on the wire. `allocated` as for `Buffer`, in whole
    words: saving more bits than there are words for is an error (`count`).
    """

    capacity: int
    count: Expression | None = None
    allocated: bool = False

    @property
    def words(self) -> int:
        return (self.capacity + 63) // 64


@dataclass(frozen=True)
class Optional:
    """An array's element that may be missing: then one byte `30` stands for it. The receiver must lack the same."""

    element: Scalar | Struct


@dataclass(frozen=True)
class Array:
    """`element[capacity]`; with `count`, only the first so many elements are on the wire.

    A count outside 0..capacity is an error (`count`). Only the outermost array of a field can have a `count`, or be
    `allocated`; then saving more than were allocated is an error (`count`) too.
    """

    element: Type
    capacity: int
    count: Expression | None = None
    allocated: bool = False


@dataclass(frozen=True)
class List:
    """`list<element max maximum>`, in memory of its own. On the wire 01 before each element, and 00 behind the last.

    A load takes any byte other than 00 for 01. More than `maximum` is an error (`count`), on either side.
    """

    element: Struct
    maximum: int


@dataclass(frozen=True)
class Map:
    """`map<key, value max maximum>`, in memory of its own, entries in ascending order of keys that are numbers.

    On the wire be32, the number of entries; for each 01, key, value; then 00. A number as key is a u64. A load sorts
    by such keys and
    refuses equal ones (error `key`); entries whose keys are structs stay in the order that they came in. A number of
    entries
    that is not as announced is an error (`count`).
    """

    key: Scalar | Struct
    value: Struct
    maximum: int


@dataclass(frozen=True)
class Struct:
    """Embedded state, laid out and coded by its own description, at `version` where that is pinned (`Name at 2`)."""

    description: Description
    at: int | None = None

    @property
    def version(self) -> int:
        """The version that it is saved and loaded at; pinning one outside of what it reads makes every load fail."""
        return self.description.version if self.at is None else self.at


Type = Scalar | Buffer | Bitmap | Array | Struct | Optional | List | Map


def innermost(type_: Type) -> Type:
    """What an array of arrays is made of in the end, whether or not it may be missing."""
    while isinstance(type_, Array | Optional):
        type_ = type_.element
    return type_


def is_optional(type_: Type) -> bool:
    """Is it an array whose elements may be missing?"""
    while isinstance(type_, Array):
        type_ = type_.element
    return isinstance(type_, Optional)


def dimensions(type_: Type) -> tuple[int, ...]:
    """Capacities, outermost first; empty for what is not an array."""
    lengths: list[int] = []
    while isinstance(type_, Array):
        lengths.append(type_.capacity)
        type_ = type_.element
    return tuple(lengths)


def is_allocated(type_: Type) -> bool:
    """Does a member of this type own memory outside of the state?"""
    match type_:
        case List() | Map():
            return True
        case Array(allocated=allocated) | Buffer(allocated=allocated) | Bitmap(allocated=allocated):
            return allocated
    return False


def owns_memory(type_: Type) -> bool:
    """The same question, asked of everything in it as well."""
    match type_:
        case Array(element) if not type_.allocated:
            return owns_memory(element)
        case Optional(element):
            return owns_memory(element)
        case Struct(description):
            return any(owns_memory(member.type) for member in description.members)
    return is_allocated(type_)


def may_miss(type_: Type) -> bool:
    """Is there an element in it, not looking into memory outside of the state, that may be missing?"""
    match type_:
        case Array(element) if not type_.allocated:
            return may_miss(element)
        case Optional():
            return True
        case Struct(description):
            return any(may_miss(member.type) for member in description.members)
    return False


def structs_in(type_: Type) -> tuple[Struct, ...]:
    """The structs that a type is made of, not looking into them: of a map the key's, if it is one, and the value's."""
    match innermost(type_):
        case Struct() as struct:
            return (struct,)
        case List(element):
            return (element,)
        case Map(key, value):
            return (key, value) if isinstance(key, Struct) else (value,)
    return ()
