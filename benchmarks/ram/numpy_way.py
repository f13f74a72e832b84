"""The same bytes from Python and numpy, as well as we can do it there."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

PAGE = 4096
PIECE = 64
"""Pages at a time: 256 KiB, as everybody here."""


def send_pages(memory: Any, fd: int, name: bytes = b"ram") -> None:
    """Records of all pages of an array of (pages, 4096) bytes."""
    words = memory.view("<u8")
    piece = np.empty((PIECE, 8 + PAGE), np.uint8)
    zeros = np.zeros((PIECE, 9), np.uint8)
    first = True
    for start in range(0, len(memory), PIECE):
        count = min(PIECE, len(memory) - start)
        addresses = (np.arange(start, start + count, dtype=np.uint64) * PAGE) | np.uint64(0x20)
        # Most pages differ in their first words; only the others are looked at in whole
        plain = words[start : start + count, :8].any(axis=1)
        doubtful = np.flatnonzero(~plain)
        plain[doubtful] = words[start + doubtful].any(axis=1)
        words_of = addresses | np.where(plain, np.uint64(8), np.uint64(2))
        heads = words_of.astype(">u8").view(np.uint8).reshape(-1, 8)
        if plain.all():
            piece[:count, :8] = heads
            piece[:count, 8:] = memory[start : start + count]
            data: Any = piece[:count]
        elif not plain.any():
            zeros[:count, :8] = heads
            data = zeros[:count]
        else:
            parts = []
            for index in range(count):
                parts.append(heads[index].tobytes())
                parts.append(memory[start + index].data if plain[index] else b"\0")
            data = b"".join(parts)
        if first:
            data = bytes(data)
            data = bytes((*data[:7], data[7] & ~0x20, len(name))) + name + data[8:]
            first = False
        os.write(fd, data)


def encode(before: Any, after: Any) -> bytes:
    """XBZRLE of one page: the ends of all runs by numpy, the lengths in a loop."""
    changed = np.concatenate(([False], before != after, [False]))
    edges = np.flatnonzero(changed[1:] != changed[:-1])
    out, at = bytearray(), 0
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        for length in (start - at, end - start):
            out += bytes((length,)) if length < 128 else bytes((length & 127 | 128, length >> 7))
        out += after[start:end].tobytes()
        at = end
    return bytes(out)
