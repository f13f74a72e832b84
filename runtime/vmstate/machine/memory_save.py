"""One save of a machine's RAM, from its beginning to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmstate.ram import DirtyTracker, MappedSender, PageBitmap, Ram, RamSender, mapped

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.channels import SendingLanes

_UNLIMITED = (1 << 63) - 1
_CHUNK = 256
"""Pages between two looks at how much was written."""


class MemorySave:
    """Sends the blocks of `ram`: all pages, then those that `tracker`, which was started, says were written.

    `lanes`: connections that carry the pages, opened. Pages have places in the file if the Ram is `mapped`.
    """

    def __init__(
        self, ram: Ram, lanes: SendingLanes | None, tracker: DirtyTracker | None, *, xbzrle_cache: int = 0
    ) -> None:
        self._ram = ram
        self._tracker = tracker
        self._lanes = lanes
        self._places: MappedSender | None = None
        self._room = 0
        self.sender = RamSender(ram, xbzrle_cache=xbzrle_cache)
        self._dirty = ram.bitmaps(marked=True)
        self._forget_ignored()

    def setup(self, file: File) -> None:
        if self._ram.mapped:
            start = file.put_position
            self._places = mapped.begin(self._ram, file)
            self._room = file.put_position - start
        else:
            self.sender.send_blocks(file)
        if self._lanes is not None:
            self._lanes.send(self.sender, file, self._dirty, 0)
        self.sender.end(file)

    @property
    def beside(self) -> int:
        """Bytes that the file was given beside its position: those of pages with places, less the room for them."""
        return self._places.written - self._room if self._places is not None else 0

    def pending(self, exact: bool) -> int:
        if exact:
            self._collect(last=False)
        return self._ram.page_size * sum(bitmap.count() for bitmap in self._dirty)

    def _collect(self, last: bool) -> None:
        if self._tracker is not None:
            self._tracker.collect(self._dirty)
            self._forget_ignored()
            self.sender.next_round(last=last)

    def _forget_ignored(self) -> None:
        """Nobody sends these pages: they would be dirty for ever."""
        for index, block in enumerate(self._ram.blocks):
            if block.native.ignored:
                self._dirty[index] = PageBitmap(self._ram.pages(index))

    def iterate(self, file: File, budget: int) -> bool:
        most = max(1, budget // self._ram.page_size)
        if self._places is not None:
            finished = self._places.send_dirty(self._dirty, most) < most
        elif self._lanes is not None:
            finished = self._lanes.send(self.sender, file, self._dirty, most)
        else:
            finished = self._send_records(file, budget, min(_CHUNK, most))
        self.sender.end(file)
        return finished

    def _send_records(self, file: File, budget: int, most: int) -> bool:
        start, finished = file.put_position, False
        while not finished and file.put_position - start < budget:
            finished = self.sender.send_dirty(file, self._dirty, most) < most
        self.sender.repeating = self.sender.repeating or finished
        return finished

    def complete(self, file: File) -> None:
        self._collect(last=True)
        if self._places is not None:
            self._places.send_dirty(self._dirty)
            self._places.finish()
        elif self._lanes is not None:
            self._lanes.send(self.sender, file, self._dirty, _UNLIMITED)
        else:
            self.sender.send_dirty(file, self._dirty)
        self.sender.end(file)

    def end(self) -> None:
        if self._tracker is not None:
            self._tracker.stop()
