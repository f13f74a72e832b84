"""Compressors that live as long as their channel: each packet is flushed, none is ended."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vmstate.ram.inflating import Share

if TYPE_CHECKING:
    from typing_extensions import Buffer

Compress = Callable[["Buffer"], bytes]
Decompress = Callable[["Buffer", int], bytes]
"""Of a packet's payload and the size that it must have; a byte more may come out, so that the caller sees it.

Raises ValueError for what is no such payload.
"""

ZSTD_STATE = 384 << 10
"""Bytes that a decompressor of zstd takes beside its window: tables, a block that comes and one that goes."""


def _zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise RuntimeError("zstd needs Python 3.14, or the package backports.zstd")


def compressor(name: str, level: int) -> Compress | None:
    """None for `none`."""
    if name == "none":
        return None
    if name == "zlib":
        deflate = zlib.compressobj(level)
        return lambda data: deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    zstd = _zstd()
    compress = zstd.ZstdCompressor(level=level)
    return lambda data: bytes(compress.compress(data, compress.FLUSH_BLOCK))


def decompressor(name: str, states: Share) -> Decompress | None:
    """None for `none`. What zstd remembers is taken from `states`: the sender says how much that is."""
    if name == "none":
        return None
    return _inflating() if name == "zlib" else _expanding(_zstd(), states)


def _inflating() -> Decompress:
    inflate = zlib.decompressobj()

    def inflated(data: Buffer, size: int) -> bytes:
        try:
            pages = inflate.decompress(data, size + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if inflate.unconsumed_tail or inflate.eof:
            raise ValueError("more than the pages, or the end of a stream that has none")
        return pages

    return inflated


def _expanding(zstd: Any, states: Share) -> Decompress:
    decompress: Any = None  # a channel that carries nothing takes nothing

    def expanded(data: Buffer, size: int) -> bytes:
        nonlocal decompress
        if decompress is None:
            window = zstd_window(data)
            if not states.take(window + ZSTD_STATE):
                raise ValueError(f"a window of {window} bytes, and all channels together may take {states.size}")
            limit = {zstd.DecompressionParameter.window_log_max: max(10, (window - 1).bit_length())}
            decompress = zstd.ZstdDecompressor(options=limit)
        try:
            pages = bytes(decompress.decompress(data, size + 1))
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from None
        if decompress.eof or not decompress.needs_input:
            raise ValueError("more than the pages, or the end of a stream that has none")
        return pages

    return expanded


def zstd_window(data: Buffer) -> int:
    """Bytes that the frame which begins here (RFC 8878, 3.1.1) refers back to, at most."""
    head = bytes(memoryview(data)[:18])
    if len(head) < 6 or head[:4] != b"\x28\xb5\x2f\xfd":
        raise ValueError("no frame of zstd begins like this")
    descriptor = head[4]
    if not descriptor & 0x20:
        base = 1 << 10 + (head[5] >> 3)
        return base + base // 8 * (head[5] & 7)
    # One segment, all of which stays in memory: its size is behind a dictionary's number.
    at, length = 5 + (0, 1, 2, 4)[descriptor & 3], (1, 2, 4, 8)[descriptor >> 6]
    size = int.from_bytes(head[at : at + length], "little")
    return size + 256 if length == 2 else size
