"""What a load overwrites of disks, kept in a temporary file, to be put back."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vmstate.block.failures import told
from vmstate.errors import ShadowError

if TYPE_CHECKING:
    from vmstate.block.device import BlockDevice
    from vmstate.block.records import Piece


class Undo:
    """Pieces as they were, in a file that nobody else sees. It has no buffer: what cannot be kept is told at once."""

    def __init__(self) -> None:
        with _told("for what disks hold could not be made"):
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._pieces: dict[tuple[BlockDevice, int], tuple[int, int]] = {}
        self._end = 0

    def remember(self, piece: Piece) -> None:
        device, at, size = piece.device, piece.at, len(piece.data)
        if (device, at) in self._pieces:
            return
        with told(device, "kept as it was", at, piece.offset):
            data = device.read(at, size)
        with _told(f"for what disk {device.name!r} holds at {at} could not be written", piece.offset):
            self._write(memoryview(data))
        self._pieces[device, at] = self._end, size
        self._end += size

    def put_back(self) -> list[Exception]:
        """Every piece, whatever becomes of the others: how those failed that did."""
        failed: list[Exception] = []
        for (device, at), (start, size) in self._pieces.items():
            try:
                with _told(f"for what disk {device.name!r} held at {at} could not be read"):
                    data = self._read(start, size)
                with told(device, "put back", at):
                    device.write(at, data)
            except Exception as error:
                failed.append(error)
        return failed

    def forget(self) -> None:
        self._file.close()

    def _write(self, data: memoryview) -> None:
        """At the end. Each write may be a part of it."""
        self._file.seek(self._end)
        while data:
            count = self._file.write(data)
            if not count:
                raise OSError(errno.EIO, "nothing more could be written")
            data = data[count:]

    def _read(self, start: int, size: int) -> bytes:
        data = bytearray(size)
        rest = memoryview(data)
        self._file.seek(start)
        while rest:
            count = self._file.readinto(rest)
            if not count:
                raise OSError(errno.EIO, "it is shorter than it was")
            rest = rest[count:]
        return bytes(data)


@contextlib.contextmanager
def _told(what: str, offset: int | None = None) -> Iterator[None]:
    """An OSError becomes a ShadowError: the temporary file for what, at the record at `offset`."""
    try:
        yield
    except OSError as error:
        where = "" if offset is None else f" at offset {offset}"
        raise ShadowError(
            f"block{where}: the temporary file {what}: {error.strerror or error}",
            number=error.errno or errno.EIO, offset=offset, device="block",
        ) from error  # fmt: skip
