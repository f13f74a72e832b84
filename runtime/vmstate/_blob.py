"""The self-describing form of one state: what `dumps` makes and `loads` reads.

Numbers are big-endian: magic `89 56 4d 53`, u8 format 1, u8 length of the name, the name on the wire, u32 version, the
first 8 bytes of the schema's SHA-256, u64 length of the body, the body.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmstate.errors import FramingError, TrailingError, TruncatedError

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAGIC = b"\x89VMS"
_FORMAT = 1
_START = struct.Struct(">4sBB")
_AFTER_NAME = struct.Struct(">I8sQ")


@dataclass(frozen=True)
class Blob:
    """`digest` is of the schema, 8 bytes."""

    name: str
    version: int
    digest: bytes
    body: bytes


def pack(blob: Blob) -> bytes:
    name = blob.name.encode()
    after = _AFTER_NAME.pack(blob.version, blob.digest, len(blob.body))
    return _START.pack(MAGIC, _FORMAT, len(name)) + name + after + blob.body


def unpack(data: Buffer, device: str) -> Blob:
    """Raises FramingError, TruncatedError or TrailingError, in the name of `device`, the one that was expected."""
    view = memoryview(data).cast("B")
    if bytes(view[:4]) != MAGIC[: len(view)]:
        raise FramingError(f"{device}: these are not bytes of dumps(): they begin with {bytes(view[:4]).hex(' ')}, "
                           f"not {MAGIC.hex(' ')}", device=device, offset=0)  # fmt: skip
    _need(view, _START.size, device)
    _, form, length = _START.unpack_from(view)
    if form != _FORMAT:
        raise FramingError(
            f"{device}: made by another dumps(), of format {form}; this one reads {_FORMAT}",
            device=device, offset=4, found=form, allowed=_FORMAT,
        )  # fmt: skip
    at = _START.size + length
    _need(view, at + _AFTER_NAME.size, device)
    name = bytes(view[_START.size : at]).decode("utf-8", "backslashreplace")
    version, digest, size = _AFTER_NAME.unpack_from(view, at)
    at += _AFTER_NAME.size
    _need(view, at + size, device)
    if len(view) > at + size:
        left = len(view) - at - size
        raise TrailingError(
            f"{device} at offset {at + size}: {left} bytes are left over", device=device, offset=at + size, found=left
        )
    return Blob(name, version, digest, bytes(view[at:]))


def _need(view: memoryview, size: int, device: str) -> None:
    if len(view) < size:
        raise TruncatedError(
            f"{device} at offset {len(view)}: the data ends, {len(view)} of {size} bytes are there",
            device=device, offset=len(view), found=len(view), allowed=size,
        )  # fmt: skip
