"""A disk: a seekable file with a name."""

from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING, Any

from vmstate.block.history import PIECE
from vmstate.ram import PageBitmap

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate.block.history import History

SECTOR = 512
CHUNK = 1 << 20
"""Bytes that a record carries, always."""


class BlockDevice:
    """A disk over any seekable binary file: opened for reading and writing, or an object that acts like one.

    The guest reads and writes through it, from any thread: it moves the file's position, and notes what was written. If
    the guest writes by another way, `mark` says so, after the write. `length`: bytes, by default to the file's end; a
    multiple of 512.
    """

    def __init__(self, name: str, file: Any, *, length: int | None = None) -> None:
        if not 0 < len(name.encode()) <= 255:
            raise ValueError(f"a disk's name has 1 to 255 bytes, not {len(name.encode())}: {name!r}")
        size = int(file.seek(0, os.SEEK_END))
        self.name = name
        self.file = file
        self.length = size if length is None else length
        if not 0 < self.length <= size or self.length % SECTOR:
            raise ValueError(f"disk {name!r}: {self.length} bytes are no multiple of {SECTOR} in 1..{size}")
        self._lock = threading.Lock()
        self._written: PageBitmap | None = None
        self.history: History | None = None

    @property
    def chunks(self) -> int:
        """How many pieces of 1 MiB it has; the last one may be shorter."""
        return -(-self.length // CHUNK)

    @property
    def read_only(self) -> bool:
        """Does its file say that it cannot be written to? One that says nothing can."""
        writable = getattr(self.file, "writable", None)
        return writable is not None and not writable()

    def span(self, chunk: int) -> int:
        """Bytes of a piece."""
        return min(CHUNK, self.length - chunk * CHUNK)

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset` on, which must be there."""
        self._check(offset, size)
        data = bytearray(size)
        self.read_into(offset, memoryview(data))
        return bytes(data)

    def read_into(self, offset: int, room: memoryview) -> None:
        with self._lock:
            self._get(offset, room)

    def write(self, offset: int, data: Buffer) -> None:
        """Writes all of `data` at `offset`; the disk does not grow."""
        view = memoryview(data).cast("B")
        self._check(offset, len(view))
        try:
            with self._lock:
                if self.history is not None:
                    self.history.note(self, offset, len(view))
                self._put(offset, view)
        finally:
            self.mark(offset, len(view))

    def _get(self, offset: int, room: memoryview) -> None:
        done = 0
        self.file.seek(offset)
        while done < len(room):
            count = self.file.readinto(room[done:])
            if not count:
                what = f"its file ends at {offset + done}, it should have {self.length}"
                raise OSError(errno.EIO, what, self.name)
            done += count

    def _put(self, offset: int, view: memoryview) -> None:
        done = 0
        self.file.seek(offset)
        while done < len(view):
            count = self.file.write(view[done:])
            if not count:
                raise OSError(errno.EIO, f"nothing more could be written at {offset + done}", self.name)
            done += count

    def mark(self, offset: int, length: int = 1) -> None:
        """`length` bytes at `offset` were written."""
        self._check(offset, length)
        written = self._written
        if written is not None and length:
            first = offset // CHUNK
            written.mark_range(first, (offset + length - 1) // CHUNK - first + 1)

    def flush(self) -> None:
        """What was written is on the storage, if the file has a descriptor; else it is the file's `flush` that says so.

        Raises OSError if it cannot be.
        """
        with self._lock:
            self.file.flush()
            try:
                descriptor = self.file.fileno()
            except (AttributeError, OSError):
                return  # no file of the system's
            os.fsync(descriptor)

    def _check(self, offset: int, size: int) -> None:
        if not 0 <= offset <= offset + size <= self.length:
            raise ValueError(f"disk {self.name!r}: bytes {offset}..{offset + size} of {self.length}")

    # Pieces of its history, for whoever has the disk locked, or standing still -----------------------------------

    def read_piece(self, piece: int) -> bytes:
        data = bytearray(min(PIECE, self.length - piece * PIECE))
        self._get(piece * PIECE, memoryview(data))
        return bytes(data)

    def write_piece(self, piece: int, data: bytes) -> None:
        self._put(piece * PIECE, memoryview(data))
        self.mark(piece * PIECE, len(data))

    # While it is sent -------------------------------------------------------------------------------------------------

    def track(self) -> PageBitmap:
        """Notes, from now on, which pieces are written."""
        self._written = PageBitmap(self.chunks)
        return self._written

    def untrack(self) -> None:
        self._written = None

    def __repr__(self) -> str:
        return f"<BlockDevice {self.name!r} {self.length:#x}>"
