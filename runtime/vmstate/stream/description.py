"""The JSON at a stream's end: found from the back, read with limits, and made plain data of known shape."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from vmstate.errors import FramingError, TruncatedError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Description", "find", "parse"]

MAX_BYTES = 10 << 20
"""Largest description that is read."""
MAX_DEPTH = 96
"""Deepest nesting of objects and arrays: a struct costs three levels, and real devices nest six structs at most."""

_SHALLOW = 32
"""Levels that a description of real devices does not exceed: it is proved so at once."""
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))

_VMDESCRIPTION = 0x06
_PREFIX = 5  # type byte and be32 length
# A string that never ends is one token too: the scan stays linear, and the JSON parser names the fault.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Description:
    """`page_size` in bytes, a power of two; `devices` in stream order, each with str `name` and int `instance_id`."""

    page_size: int
    devices: tuple[dict[str, Any], ...]


def find(data: memoryview) -> int:
    """Offset of the description's first byte, its `{`.

    The JSON holds no zero byte and its length, below 16 MiB, begins with one: so the last zero byte of the stream is
    one of the four length bytes, and the opening brace is one to four bytes behind it.
    """
    tail = bytes(data[-(MAX_BYTES + _PREFIX) :])
    base = len(data) - len(tail)
    zero = tail.rfind(b"\0")
    for at in range(zero + 1, min(zero + 5, len(tail))):
        if zero < 0 or at < _PREFIX or tail[at] != ord("{") or tail[at - _PREFIX] != _VMDESCRIPTION:
            continue
        length = int.from_bytes(tail[at - 4 : at], "big")
        here = len(tail) - at
        if length > here:
            raise TruncatedError(
                f"the description at offset {base + at} has {length} bytes, the stream holds {here} of them",
                offset=base + at,
                found=here,
                allowed=length,
                code="stream-truncated",
            )
        if length < here:
            raise FramingError(
                f"{here - length} bytes follow the description, which ends at offset {base + at + length}",
                offset=base + at + length,
                found=here - length,
                allowed=0,
                code="stream-trailing",
            )
        return base + at
    if len(data) > 0 and data[-1] == 0:
        raise FramingError(
            "the stream ends without a description (written with suppress-vmdesc=on, or cut short): "
            "its sections cannot be told apart",
            offset=len(data),
            code="stream-no-description",
        )
    raise TruncatedError(
        f"the stream is cut short: no description ends at offset {len(data)}",
        offset=len(data),
        code="stream-truncated",
    )


def parse(data: memoryview, offset: int) -> Description:
    """The description whose JSON fills `data[offset:]`; anything not of the expected shape is a `FramingError`."""
    raw = bytes(data[offset:])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad(offset + error.start, "is not UTF-8") from None
    if not _is_shallow(raw):
        _check_depth(text, offset)
    try:
        tree = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except ValueError as error:
        raise _bad(offset + getattr(error, "pos", 0), f"is not well-formed: {error}") from None
    if not isinstance(tree, dict):
        raise _bad(offset, "is not an object")
    page_size = tree.get("page_size")
    if type(page_size) is not int or not 512 <= page_size <= 1 << 20 or page_size & (page_size - 1):
        raise _bad(offset, "gives no usable page_size")
    devices = tree.get("devices")
    if not isinstance(devices, list):
        raise _bad(offset, "has no list of devices")
    for device in devices:
        if not isinstance(device, dict) or not isinstance(device.get("name"), str):
            raise _bad(offset, "lists a device without a name")
        if type(device.get("instance_id")) is not int:
            raise _bad(offset, f"lists the device {device['name']!r} without an instance_id")
    return Description(page_size, tuple(devices))


def _is_shallow(raw: bytes) -> bool:
    """Is it certain, at the speed of memory, that it does not nest too deep? Descriptions may have megabytes."""
    if b"\\" in raw:
        return False  # whether a quotation mark ends a string takes a closer look
    # Quotation marks vanish in pairs, all of them only if no bracket stands between two that make a string.
    brackets = raw.translate(None, delete=_NO_BRACKETS).replace(b'""', b"")
    for _ in range(_SHALLOW // 2):
        if not brackets:
            return True
        # What encloses nothing goes, once of each kind: two levels at most. Where that is little, many are left.
        before, brackets = len(brackets), brackets.replace(b"[]", b"").replace(b"{}", b"")
        if before - len(brackets) < before // _SHALLOW:
            break
    return not brackets


def _check_depth(text: str, offset: int) -> None:
    """Refuse deep nesting before the JSON parser recurses into it."""
    depth = 0
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise FramingError(
                    f"the description nests deeper than {MAX_DEPTH} levels at offset {offset + token.start()}",
                    offset=offset + token.start(),
                    found=depth,
                    allowed=MAX_DEPTH,
                    code="stream-description-depth",
                )
        elif first in "]}":
            depth -= 1


def _refuse(text: str) -> Any:
    raise ValueError(f"{text[:40]} is not a whole number")


def _bad(offset: int, why: str) -> FramingError:
    return FramingError(f"the description at offset {offset} {why}", offset=offset, code="stream-description")
