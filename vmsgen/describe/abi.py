"""Where the members of the emitted C structs are: the rules of every C ABI with 64-bit pointers that we know of."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from vmsgen.backend.c.storage import PRESENT
from vmsgen.backend.names import member_name
from vmsgen.model.description import Description
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Optional,
    Scalar,
    Struct,
    Type,
    dimensions,
    innermost,
    is_allocated,
    is_optional,
)

POINTER = 8
COUNT = 4


@dataclass(frozen=True)
class Placed:
    """A member of a C struct. Bytes."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Layout:
    """A C struct: what `sizeof` and `_Alignof` give, and its members in order."""

    size: int
    alignment: int
    members: tuple[Placed, ...]


def layout(description: Description) -> Layout:
    """Each member at the next multiple of its alignment, the whole a multiple of the largest."""
    placed: list[Placed] = []
    offset, largest = 0, 1
    for name, size, alignment in _members(description):
        offset = _up(offset, alignment)
        placed.append(Placed(name, offset, size))
        offset += size
        largest = max(largest, alignment)
    return Layout(_up(offset, largest), largest, tuple(placed))


def _up(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def _members(description: Description) -> list[tuple[str, int, int]]:
    """Name, size and alignment of everything in the struct, what stands beside a member included."""
    found = []
    for member in description.members:
        name = member_name(member.name)
        if is_allocated(member.type):
            found += [(name, POINTER, POINTER), (f"{name}_count", COUNT, COUNT)]
            continue
        size, alignment = sized(member.type)
        found.append((name, size, alignment))
        if is_optional(member.type):
            found.append((f"{name}_there", prod(dimensions(member.type)), 1))
    if description.opaque:
        found.append(("vms_nothing", 1, 1))
    if description.all_subsections:
        found.append((PRESENT, 8, 8))
    return found


def sized(type_: Type) -> tuple[int, int]:
    """Size and alignment of what is in a state for a type; of one that is allocated, of what it is made of."""
    match type_:
        case Scalar():
            return type_.size, type_.size
        case Buffer(capacity):
            return capacity, 1
        case Bitmap():
            return 8 * type_.words, 8
        case Array(element, capacity):
            size, alignment = sized(element)
            return capacity * size, alignment
        case Optional(element):
            return sized(element)
        case Struct(description):
            made = layout(description)
            return made.size, made.alignment
        case List(element):
            return sized(element)
        case Map(_, value):
            return sized(value)


def element_size(type_: Type) -> int:
    """Bytes of one element in memory, of all dimensions; of a list an element, of a map a value."""
    return sized(innermost(type_))[0]
