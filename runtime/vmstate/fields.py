"""Descriptors of generated classes: `status = fields.integer(0, 255)`.

What a field really is (type, offset, shape) comes from its extension. Here stand its range, its enumeration or its
class.
"""

from __future__ import annotations

from vmstate._types import State, array, integer, struct

boolean = integer
timer = integer
double = integer
bitmap = array
list = struct


def map(element: type[State]) -> struct:
    """Entries of a map, one class a map."""
    return struct(element, keyed=True)


__all__ = ["array", "bitmap", "boolean", "double", "integer", "list", "map", "struct", "timer"]
