"""Compressors that live as long as their channel: each packet is flushed, none is ended."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

Compress = Callable[["Buffer"], bytes]
Decompress = Callable[[bytes, int], bytes]
"""Of a packet's payload and the size that it must have; a byte more may come out, so that the caller sees it."""


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


def decompressor(name: str) -> Decompress | None:
    """None for `none`."""
    if name == "none":
        return None
    if name == "zlib":
        inflate = zlib.decompressobj()

        def inflated(data: bytes, size: int) -> bytes:
            pages = inflate.decompress(data, size + 1)
            if inflate.unconsumed_tail or inflate.eof:
                raise ValueError("more than the pages, or the end of a stream that has none")
            return pages

        return inflated
    zstd = _zstd()
    decompress = zstd.ZstdDecompressor()

    def expanded(data: bytes, size: int) -> bytes:
        pages = bytes(decompress.decompress(data, size + 1))
        if decompress.eof or not decompress.needs_input:
            raise ValueError("more than the pages, or the end of a stream that has none")
        return pages

    return expanded
