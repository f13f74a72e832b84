"""Values as bytes: what `dumps` says of local members. Nothing is run, or looked up by name, when they are read.

A value is a byte that tells its kind, and then, numbers big-endian:

    00 nothing        01 integer: u32 n, n bytes of two's complement        02 double: 8 bytes
    03 bytes: u32 n, n bytes        04 list: u32 n, n values        05 mapping: u32 n, n pairs of key and value
    06 text: u32 n, n bytes of UTF-8

The keys of a mapping are texts or integers.
"""

from __future__ import annotations

import struct
from typing import Any

_NONE, _INTEGER, _DOUBLE, _BYTES, _LIST, _MAPPING, _TEXT = range(7)
_COUNT = struct.Struct(">BI")
_REAL = struct.Struct(">Bd")
_DEEPEST = 200
"""Structs lie at most 40 deep in each other, each in a mapping, and lists of some dimensions between them."""


def encode(value: Any) -> bytes:
    """Raises TypeError for what is none of the kinds above."""
    match value:
        case None:
            return bytes([_NONE])
        case int():
            size = (value.bit_length() + 8) // 8
            return _COUNT.pack(_INTEGER, size) + value.to_bytes(size, "big", signed=True)
        case float():
            return _REAL.pack(_DOUBLE, value)
        case bytes():
            return _COUNT.pack(_BYTES, len(value)) + value
        case str():
            text = value.encode()
            return _COUNT.pack(_TEXT, len(text)) + text
        case list():
            return _COUNT.pack(_LIST, len(value)) + b"".join(map(encode, value))
        case dict():
            pairs = b"".join(encode(key) + encode(inner) for key, inner in value.items())
            return _COUNT.pack(_MAPPING, len(value)) + pairs
    raise TypeError(f"no value of a field: {type(value).__name__}")


def decode(data: bytes) -> Any:
    """The value that is all of `data`. Raises ValueError where it is not one."""
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes are left over")
    return value


def _decode(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The value at `at`, and where it ends. Every element takes a byte at least: a count alone makes nothing grow."""
    if depth > _DEEPEST:
        raise ValueError("values lie too deep in each other")
    kind = _take(data, at, 1)[0]
    if kind == _NONE:
        return None, at + 1
    if kind == _DOUBLE:
        return _REAL.unpack(_take(data, at, _REAL.size))[1], at + _REAL.size
    if kind > _TEXT:
        raise ValueError(f"there is no kind {kind} of values")
    count = _COUNT.unpack(_take(data, at, _COUNT.size))[1]
    at += _COUNT.size
    if kind == _LIST:
        items = []
        for _ in range(count):
            item, at = _decode(data, at, depth + 1)
            items.append(item)
        return items, at
    if kind == _MAPPING:
        pairs = {}
        for _ in range(count):
            key, at = _decode(data, at, depth + 1)
            if not isinstance(key, int | str):
                raise ValueError("a key is a text or an integer")
            pairs[key], at = _decode(data, at, depth + 1)
        return pairs, at
    content = _take(data, at, count)
    at += count
    if kind == _INTEGER:
        return int.from_bytes(content, "big", signed=True), at
    return (content if kind == _BYTES else content.decode()), at


def _take(data: bytes, at: int, size: int) -> bytes:
    if len(data) - at < size:
        raise ValueError("a value is cut short")
    return data[at : at + size]
