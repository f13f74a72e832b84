"""Sources of streams: bytes, a channel, a snapshot on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vmstate.errors import VMStateError
from vmstate.file import File
from vmstate.machine import zstd
from vmstate.machine.snapshots import refuse_others
from vmstate.stream import description as descriptions

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate.stream.description import Description

_TAIL = descriptions.MAX_BYTES + 16


class Bytes:
    """A whole stream in memory."""

    rewindable = True

    def __init__(self, data: Buffer) -> None:
        self._data = memoryview(data).cast("B")

    def open(self) -> File:
        return File.from_bytes(self._data)

    def description(self) -> Description | None:
        return described(self._data[-_TAIL:])


class Pipe:
    """A channel, which gives its bytes once. It stays the caller's: it is not closed."""

    rewindable = False

    def __init__(self, file: File) -> None:
        self._file = file

    @contextlib.contextmanager
    def _lent(self) -> Iterator[File]:
        yield self._file

    def open(self) -> contextlib.AbstractContextManager[File]:
        return self._lent()

    def description(self) -> None:
        return None


class Snapshot:
    """A file on disk, compressed or not. Raises SnapshotError for what is none, and may never begin, or end."""

    rewindable = True

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_block_device():
            refuse_others(path, "what comes from a pipe or a terminal goes to incoming('exec:cat ...')")
        with path.open("rb") as file:
            self._compressed = zstd.is_compressed(file.read(len(zstd.MAGIC)))

    def open(self) -> contextlib.AbstractContextManager[File]:
        return File.from_file(zstd.reading(self._path)) if self._compressed else self._plain()

    @contextlib.contextmanager
    def _plain(self) -> Iterator[File]:
        """The descriptor has an owner from its first moment on, whatever comes between."""
        with self._path.open("rb", buffering=0) as raw, File.from_fd(raw.fileno(), "r", close=False) as file:
            yield file

    def description(self) -> Description | None:
        if self._compressed:
            return None
        with self._path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            return described(memoryview(file.read(_TAIL)))


def described(tail: memoryview) -> Description | None:
    """The description that ends with the last byte; None if there is none that can be used."""
    try:
        return descriptions.parse(tail, descriptions.find(tail))
    except VMStateError:
        return None
