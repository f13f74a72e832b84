"""Files that are there whole or not at all, and a folder of them by tags."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from pathlib import Path

from vmstate._stream import lib
from vmstate.errors import VMStateError
from vmstate.file import File
from vmstate.machine import zstd

SUFFIX = ".vm"
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_UNFINISHED = ".partial"
_NAME = 200
"""Bytes of a file's name that one beside it begins with. Names may have 255, and there is more to come."""


@dataclass(frozen=True)
class Snapshot:
    """A machine's state on disk. `size` in bytes, `time` when it was finished."""

    tag: str
    path: Path
    size: int
    time: datetime


class SnapshotError(VMStateError, LookupError):
    """A tag that cannot be one (code tag), or that no snapshot has (code no-snapshot).

    Or what is at the path of a snapshot is no file (code no-file).
    """

    default_code = "no-snapshot"


@contextlib.contextmanager
def replacing(path: Path, compression: str | None = None, level: int | None = None) -> Iterator[File]:
    """A file to write to, which takes the place of `path` when the block ends, on disk and whole.

    If the block raises, or the process dies at any point, what was at `path` is there as before. Raises SnapshotError
    for what is no regular file: it would be gone.
    """
    if compression not in (None, "zstd"):
        raise ValueError(f"compression is 'zstd' or None, not {compression!r}")
    path = path.resolve()
    refuse_others(path, "a snapshot would take its place; into a pipe or a device goes migrate('exec:cat > ...')")
    _sweep(path)
    unfinished = path.with_name(f"{_beginning(path)}{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        with _locked(unfinished) as raw:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(raw.fileno(), path.stat().st_mode & 0o777)
            with _file(raw, compression, level) as file:
                yield file
            os.fsync(raw)
            unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def refuse_others(path: Path, instead: str) -> None:
    """Raises SnapshotError, which says what goes `instead`, for what is there and is no regular file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise SnapshotError(f"{path} is a folder; a snapshot needs the path of a file", code="no-file")
    if not stat.S_ISREG(mode):
        raise SnapshotError(f"{path} is no regular file: {instead}", code="no-file")


@contextlib.contextmanager
def _file(raw: FileIO, compression: str | None, level: int | None) -> Iterator[File]:
    if compression is None:
        with File.from_fd(raw.fileno(), "w", close=False) as file:
            yield file
    else:
        with zstd.writing(raw, level) as packed, File.from_file(packed, close=False) as file:
            yield file


def _locked(path: Path) -> FileIO:
    """A new file, locked. It has an owner from its first moment on: opened without a line of Python in between."""
    while True:
        raw = FileIO(path, "xb", opener=partial(os.open, mode=0o600))
        fcntl.flock(raw, fcntl.LOCK_EX)
        if os.fstat(raw.fileno()).st_nlink:
            return raw
        raw.close()  # another save swept it before it was locked


def _sweep(path: Path) -> None:
    """Removes what saves to `path` left that did not live to their end. Those that live hold a lock."""
    for left in path.parent.glob(f"{_literal(_beginning(path))}*{_UNFINISHED}"):
        with contextlib.suppress(OSError), left.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _beginning(path: Path) -> str:
    """Of the names of unfinished files. Long names may share it: those of saves that live are locked."""
    return f".{os.fsdecode(os.fsencode(path.name)[:_NAME])}."


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def sync_folder(folder: Path) -> None:
    """Until then a new name may be lost with the power."""
    error = lib.vms_file_sync_folder(os.fsencode(folder))
    if error:
        raise OSError(-error, os.strerror(-error), str(folder))


class Folder:
    """Snapshots in one folder, each in a file TAG.vm."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def place(self, tag: str) -> Path:
        """Where the snapshot of that tag is, or would be. Raises SnapshotError for what cannot be a tag."""
        if not _TAG.fullmatch(tag):
            raise SnapshotError(
                f"{tag!r} is no tag: letters, digits and . _ + -, 1 to 100 of them, a letter or digit first", code="tag"
            )
        return self.path / f"{tag}{SUFFIX}"

    def find(self, tag: str) -> Path:
        """Of one that is there."""
        path = self.place(tag)
        if not path.is_file():
            known = ", ".join(each.tag for each in self.list()) or "none"
            raise SnapshotError(f"there is no snapshot {tag!r} in {self.path}; there are: {known}")
        return path

    def delete(self, tag: str) -> None:
        self.find(tag).unlink()
        sync_folder(self.path)

    def list(self) -> list[Snapshot]:
        """All of them, the oldest first."""
        found = []
        for path in self.path.glob(f"*{SUFFIX}") if self.path.is_dir() else ():
            tag = path.name.removesuffix(SUFFIX)
            if _TAG.fullmatch(tag) and path.is_file():
                status = path.stat()
                found.append(Snapshot(tag, path, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)))
        return sorted(found, key=lambda each: (each.time, each.tag))
