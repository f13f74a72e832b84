"""How many bytes a description can take on the wire."""

from __future__ import annotations

from math import prod

from vmsgen.model.description import Description, Subsection
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type
from vmsgen.model.wire import Check, Custom, Field, Group, Repeat, Run, Tmp, Unused, WireItem

CUSTOM_MAX = 65536
"""What a `custom` field, or an element of one, is taken to need at most; more still saves, into a buffer that grows."""


def size_max(description: Description) -> int:
    """The largest save at the description's own version, subsections included. Bytes."""
    return _size_max(description, description.version)


def _size_max(description: Description, version: int) -> int:
    return _items(description.wire, version) + _subsections(description.subsections)


def header_size(subsection: Subsection) -> int:
    """Type byte, length byte, name, version."""
    return 2 + len(subsection.wire_name) + 4


def _subsections(subsections: tuple[Subsection, ...]) -> int:
    return sum(header_size(sub) + _items(sub.wire, sub.version) + _subsections(sub.subsections) for sub in subsections)


def _items(items: tuple[WireItem, ...], version: int) -> int:
    return sum(_item(item, version) for item in items)


def _item(item: WireItem, version: int) -> int:
    if isinstance(item, Field | Unused | Group | Repeat | Custom | Tmp):
        before = item.presence.before
        if item.presence.since > version or (before is not None and before <= version):
            return 0
    match item:
        case Run(size, _):
            return size
        case Field():
            return type_max(item.type)
        case Unused(size):
            return size
        case Group():
            return _items(item.items, version)
        case Repeat():
            return item.capacity * _items(item.items, version)
        case Tmp():
            return _items(item.items, 0) + _subsections(item.subsections)
        case Custom():
            return CUSTOM_MAX * prod(item.lengths)
        case Check():
            return 0


def type_max(type_: Type) -> int:
    """The largest size on the wire. Bytes."""
    match type_:
        case Scalar():
            return type_.size
        case Buffer(capacity, _):
            return capacity
        case Array(element, capacity, _):
            return capacity * type_max(element)
        case Bitmap():
            return 8 * type_.words
        case List(element, maximum):
            return maximum * (1 + type_max(element)) + 1
        case Map(key, value, maximum):
            return 4 + maximum * (1 + type_max(key) + type_max(value)) + 1
        case Optional(element):
            return max(type_max(element), 1)
        case Struct(description):
            return _size_max(description, type_.version)
