"""The disks of a machine as live state of it: the section `block`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vmstate.block.device import CHUNK, SECTOR, BlockDevice
from vmstate.block.failures import raise_all, told
from vmstate.block.history import History, Moment
from vmstate.block.records import EOS, PROGRESS, ChunkReader, ChunkSender, Piece, word
from vmstate.block.undo import Undo
from vmstate.machine.differences import Difference
from vmstate.machine.live import Live
from vmstate.machine.wire import Element
from vmstate.ram import PageBitmap

if TYPE_CHECKING:
    from vmstate.file import File

VERSION = 1
_MOST = 64
"""Pieces of one PART: one of zeros is few bytes in the stream, but must be read all the same."""


class Disks(Live):
    """The disks that travel with a machine, in the order in which they were added.

    `enabled`: are they sent? Without, streams have no such section: both machines see the same disks. `zero_blocks`: of
    a piece that is all zeros only that is said, which old receivers understand, too.
    """

    can_check = True

    def __init__(self) -> None:
        self.enabled = True
        self.zero_blocks = True
        self.devices: dict[str, BlockDevice] = {}
        self._written: dict[BlockDevice, PageBitmap] = {}
        self._bulk: Iterator[tuple[BlockDevice, int]] = iter(())
        self._left = self._sectors = self._credit = 0
        self._percent = -1
        self._sender: ChunkSender | None = None
        self._reader: ChunkReader | None = None
        self._undo: Undo | None = None
        self._touched = False
        self._history: History | None = None

    def add(self, name: str, file: Any, *, length: int | None = None) -> BlockDevice:
        """Adds a disk over a seekable file. Raises ValueError if it is empty, or there is one of the name."""
        if name in self.devices:
            raise ValueError(f"there is a disk {name!r} already")
        device = self.devices[name] = BlockDevice(name, file, length=length)
        device.history = self._history
        return device

    def active(self) -> bool:
        return self.enabled and bool(self.devices)

    # Saving -----------------------------------------------------------------------------------------------------------

    def begin_save(self, live: bool) -> None:
        devices = list(self.devices.values())
        self._written = {device: device.track() for device in devices}
        self._bulk = iter([(device, chunk) for device in devices for chunk in range(device.chunks)])
        self._left = sum(device.chunks for device in devices)
        self._sectors, self._percent, self._credit = 0, -1, 0
        self._sender = ChunkSender(self.zero_blocks)

    def setup(self, file: File) -> None:
        file.put_be64(EOS)

    def pending(self, exact: bool) -> int:
        return CHUNK * (self._left + sum(bitmap.count() for bitmap in self._written.values()))

    def iterate(self, file: File, budget: int) -> bool:
        """As long as whole disks are sent it is their turn alone. What is written later shares the way with RAM."""
        start, most = file.put_position, _MOST
        if self._left:
            while self._left and most and file.put_position - start < budget:
                self._send_next(file)
                most -= 1
        else:
            self._credit = min(self._credit + budget // 2, max(budget, CHUNK))
            while self._credit > 0 and most and self._send_written(file):
                self._credit -= CHUNK
                most -= 1
        file.put_be64(EOS)
        return not self._left

    def _send_next(self, file: File) -> None:
        device, chunk = next(self._bulk)
        self._left -= 1
        self._written[device].take(chunk)
        self._send(file, device, chunk)
        self._sectors += device.span(chunk) // SECTOR
        percent = self._sectors * 100 // (sum(each.length for each in self._written) // SECTOR)
        if percent != self._percent:
            self._percent = percent
            file.put_be64(word(percent, PROGRESS))

    def _send_written(self, file: File) -> bool:
        """One piece that was written since it was sent; False if there is none."""
        for device, bitmap in self._written.items():
            for first, _ in bitmap.runs():
                # Cleared before it is read: a write in between is seen now, or sets it again.
                bitmap.take(first)
                self._send(file, device, first)
                return True
        return False

    def _send(self, file: File, device: BlockDevice, chunk: int) -> None:
        if self._sender is None:
            raise RuntimeError("no save was begun")
        self._sender.send(file, device, chunk)

    def complete(self, file: File) -> None:
        while self._left:
            self._send_next(file)
        while self._send_written(file):
            pass
        file.put_be64(word(100, PROGRESS))
        file.put_be64(EOS)

    def end_save(self) -> None:
        for device in self._written:
            device.untrack()
        self._written, self._bulk, self._left, self._sender = {}, iter(()), 0, None

    # Loading ----------------------------------------------------------------------------------------------------------

    def begin_load(self, check: bool, shadow: bool) -> None:
        self._reader = ChunkReader(self.devices)
        self._undo = Undo() if shadow and not check else None
        self._touched = False

    def load(self, file: File, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        if self._reader is None:
            raise RuntimeError("no load was begun")
        while (found := self._reader.read(file)) is not None:
            if not check:
                self._store(found)
        return []

    def _store(self, piece: Piece) -> None:
        if self._undo is not None:
            self._undo.remember(piece)
        self._touched = True
        with told(piece.device, "written", piece.at, piece.offset):
            piece.device.write(piece.at, piece.data)

    def end_load(self, accepted: bool) -> bool:
        self._reader = None
        if not accepted:
            return self._put_back()
        raise_all(self._flush())
        return True

    def settle_load(self, here: bool) -> bool:
        if not here:
            return self._put_back()
        self._forget()
        return True

    def _put_back(self) -> bool:
        try:
            if self._touched and self._undo is not None:
                raise_all([*self._undo.put_back(), *self._flush()])
            return not self._touched or self._undo is not None
        finally:
            self._forget()

    def _forget(self) -> None:
        undo, self._undo = self._undo, None
        if undo is not None:
            undo.forget()

    def _flush(self) -> list[Exception]:
        """Every disk, whatever the others make of it: how those failed that did."""
        failed: list[Exception] = []
        for device in self.devices.values() if self._touched else ():
            try:
                with told(device, "written out"):
                    device.flush()
            except Exception as error:
                failed.append(error)
        return failed

    # Going back -------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> object:
        """All disks as they are: what is written from here on is kept as it was, in memory."""
        if self._history is None:
            self._history = History()
            for device in self.devices.values():
                device.history = self._history
        return self._history.checkpoint()

    def rewind(self, kept: object) -> None:
        if self._history is None or not isinstance(kept, Moment) or kept.history is not self._history:
            raise ValueError("these disks were not kept here")
        self._history.rewind(kept)

    def disturb(self) -> None:
        """Loads write through the disks, too."""
