"""The self-describing form of one state: what `dumps` makes and `loads` reads.

Numbers are big-endian: magic `89 56 4d 53`, u8 format, u8 length of the name, the name on the wire, u32 version, the
first 8 bytes of the schema's SHA-256, u64 length of the body, the body. That is format 1. In format 2 there follows
what a load must know beside the body: u32, the number of elements that may be missing, and a byte for each, 00 if it
is; and u32, the length of what follows, and the values of local members as `_values` makes bytes of them, by name.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vmstate._values import decode, encode
from vmstate.errors import FramingError, TrailingError, TruncatedError

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAGIC = b"\x89VMS"
_START = struct.Struct(">4sBB")
_AFTER_NAME = struct.Struct(">I8sQ")
_COUNT = struct.Struct(">I")


@dataclass(frozen=True)
class Blob:
    """`digest` is of the schema, 8 bytes; `pattern` tells missing elements, a byte each; `values` the local members."""

    name: str
    version: int
    digest: bytes
    body: bytes
    pattern: bytes = b""
    values: dict[str, Any] = field(default_factory=dict)


def pack(blob: Blob) -> bytes:
    name = blob.name.encode()
    after = _AFTER_NAME.pack(blob.version, blob.digest, len(blob.body))
    form = 2 if blob.pattern or blob.values else 1
    whole = _START.pack(MAGIC, form, len(name)) + name + after + blob.body
    if form == 2:
        for part in (blob.pattern, encode(blob.values)):
            whole += _COUNT.pack(len(part)) + part
    return whole


def unpack(data: Buffer, device: str) -> Blob:
    """Raises FramingError, TruncatedError or TrailingError, in the name of `device`, the one that was expected."""
    view = memoryview(data).cast("B")
    if bytes(view[:4]) != MAGIC[: len(view)]:
        raise FramingError(f"{device}: these are not bytes of dumps(): they begin with {bytes(view[:4]).hex(' ')}, "
                           f"not {MAGIC.hex(' ')}", device=device, offset=0)  # fmt: skip
    _need(view, _START.size, device)
    _, form, length = _START.unpack_from(view)
    if form not in (1, 2):
        raise FramingError(
            f"{device}: made by another dumps(), of format {form}; this one reads 1 and 2",
            device=device, offset=4, found=form, allowed=(1, 2),
        )  # fmt: skip
    at = _START.size + length
    _need(view, at + _AFTER_NAME.size, device)
    name = bytes(view[_START.size : at]).decode("utf-8", "backslashreplace")
    version, digest, size = _AFTER_NAME.unpack_from(view, at)
    at += _AFTER_NAME.size
    end = at + size
    _need(view, end, device)
    body, pattern, values = bytes(view[at:end]), b"", {}
    if form == 2:
        pattern, end = _part(view, end, device)
        at = end
        coded, end = _part(view, end, device)
        try:
            values = decode(coded)
        except ValueError as problem:
            raise FramingError(f"{device} at offset {at}: local members: {problem}", device=device, offset=at) from None
    if len(view) > end:
        left = len(view) - end
        raise TrailingError(
            f"{device} at offset {end}: {left} bytes are left over", device=device, offset=end, found=left
        )
    return Blob(name, version, digest, body, pattern, values)


def _part(view: memoryview, at: int, device: str) -> tuple[bytes, int]:
    """What stands behind its length at `at`, and where it ends."""
    start = at + _COUNT.size
    _need(view, start, device)
    end = start + _COUNT.unpack_from(view, at)[0]
    _need(view, end, device)
    return bytes(view[start:end]), end


def _need(view: memoryview, size: int, device: str) -> None:
    if len(view) < size:
        raise TruncatedError(
            f"{device} at offset {len(view)}: the data ends, {len(view)} of {size} bytes are there",
            device=device, offset=len(view), found=len(view), allowed=size,
        )  # fmt: skip
