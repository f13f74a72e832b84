"""Loops over the dimensions of an array, and copies of flat ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.refusals import Trail, spelled
from vmsgen.model.types import Bitmap, Buffer, Scalar, Type, dimensions, innermost
from vmsgen.model.wire import Field

Flat = Scalar | Buffer | Bitmap
"""What arrays are made of that are copied in one go."""

COPIES = {2: "vms_copy16", 4: "vms_copy32", 8: "vms_copy64"}


@dataclass(frozen=True)
class Element:
    """One element of an array, inside the loops over it. `flat` is its number in the order of the wire."""

    text: str
    flat: str
    at: Trail


@contextmanager
def each(lines: Lines, text: str, lengths: list[str], at: Trail, start: int, depth: int) -> Iterator[Element]:
    """Loops over `text[lengths…]`; the outermost index counts from `start`. `depth` numbers the first loop variable."""
    indices = [f"i{depth + number}" for number in range(len(lengths))]
    flat = ""
    for number, (index, length) in enumerate(zip(indices, lengths, strict=True)):
        lines.add(f"for (size_t {index} = 0; {index} < {length}; {index}++) {{")
        lines.depth += 1
        here = f"{start} + {index}" if number == 0 and start else index
        text += f"[{here}]"
        at = at.element(here)
        flat = (
            index if not flat else f"({flat}) * {length} + {index}" if " " in flat else f"{flat} * {length} + {index}"
        )
    yield Element(text, flat, at)
    for _ in indices:
        lines.depth -= 1
        lines.add("}")


def flat_count(type_: Type, outer: str | None) -> str:
    """C for the number of scalars or bytes of an array or buffer; `outer` is its variable length, if it has one."""
    lengths = list(dimensions(type_))
    element = innermost(type_)
    if isinstance(element, Buffer):
        lengths.append(element.capacity)
    if isinstance(element, Bitmap):
        lengths.append(element.words)
    if outer is None:
        return str(math.prod(lengths))
    inner = math.prod(lengths[1:])
    return outer if inner == 1 else f"{outer} * {inner}"


def flat_number(type_: Type, count: str) -> str:
    """C for the same number where `count` elements, of a bitmap bits, are sent; of a bitmap it is that of words."""
    if not isinstance(type_, Bitmap):
        return flat_count(type_, count)
    return str((int(count) + 63) // 64) if count.isdigit() else f"({count} + 63) / 64"


def allocated_room(field: Field) -> str:
    """C for the number of elements, of a bitmap bits, that an allocated field has memory for."""
    room = f"{spelled(field.target)}_count"
    return f"64 * (size_t){room}" if isinstance(field.type, Bitmap) else room


def copy(to: str, source: str, element: Flat, count: str) -> str:
    """A statement that copies elements between memory and the wire, either way."""
    if isinstance(element, Bitmap):
        return f"vms_copy64({to}, {source}, {count});"
    if isinstance(element, Scalar):
        if element.kind == "bool":
            return f"vms_copy_bool({to}, {source}, {count});"
        if element.size > 1:
            return f"{COPIES[element.size]}({to}, {source}, {count});"
    return f"memcpy({to}, {source}, {count});"


def item_size(element: Flat) -> int:
    """Bytes of one element, in memory and on the wire."""
    match element:
        case Scalar():
            return element.size
        case Bitmap():
            return 8
    return 1
