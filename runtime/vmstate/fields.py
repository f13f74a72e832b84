"""Descriptors of generated classes: `status = fields.integer(0, 255)`.

What a field really is (type, offset, shape) comes from its extension. Here stand its range, its enumeration or its
class.
"""

from __future__ import annotations

from vmstate._types import array, integer, struct

boolean = integer
timer = integer

__all__ = ["array", "boolean", "integer", "struct", "timer"]
