"""Guest RAM as live state of a machine: the section `ram`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from vmstate.errors import FramingError
from vmstate.machine.differences import Difference
from vmstate.machine.live import Live
from vmstate.machine.wire import Element
from vmstate.ram import (
    DirtyTracker,
    MappedSender,
    Marking,
    PageBitmap,
    Ram,
    RamBlock,
    RamLoader,
    RamSender,
    SendStatistics,
    Shadow,
    Userfault,
    mapped,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate.file import File
    from vmstate.machine.channels import ReceivingLanes, SendingLanes

VERSION = 4
UNLIMITED = (1 << 63) - 1
_CHUNK = 256
"""Pages between two looks at how much was written."""


class GuestMemory(Live):
    """The blocks of a machine's RAM, in the order in which they were added.

    `tracker` learns what the guest writes while it migrates: a DirtyTracker, or what makes one. None is the best that
    works: what the emulator says with `mark`, if it ever did; else the kernel; else a copy to compare with.
    `xbzrle_cache`: bytes of pages that are kept while it migrates, to send only what changed in them; 0 for none.
    `mapped`: pages have places in the file that is written, or read, just now.
    """

    can_check = True

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.blocks: list[RamBlock] = []
        self.tracker: DirtyTracker | Callable[[], DirtyTracker] | None = None
        self.xbzrle_cache = 0
        self.mapped = False
        self.sending: SendingLanes | None = None
        self.receiving: ReceivingLanes | None = None
        self.uninvited: Callable[[], bool] | None = None
        self._ram: Ram | None = None
        self._marking: Marking | None = None
        self._sender: RamSender | None = None
        self._places: MappedSender | None = None
        self._loader: RamLoader | None = None
        self._tracking: DirtyTracker | None = None
        self._dirty: list[PageBitmap] = []
        self._kept: list[bytes] | None = None
        self._statistics = SendStatistics(0, 0, 0, 0, 0, 0, 0)
        self._checking = False

    @property
    def ram(self) -> Ram:
        """All blocks, as C knows them."""
        if self._ram is None:
            self._ram = Ram(self.blocks, page_size=self.page_size)
        return self._ram

    def add(self, name: str, memory: Buffer, **options: Any) -> RamBlock:
        """Adds a block over a writable buffer. `options` are those of RamBlock."""
        if self._marking is not None:
            raise RuntimeError("blocks are added before the first page is marked")
        block = RamBlock(name, memory, **options)
        Ram([*self.blocks, block], page_size=self.page_size)  # raises for what does not fit together
        self.blocks.append(block)
        self._ram = None
        return block

    @property
    def marking(self) -> Marking:
        """For emulators that say what they write: `marking.mark(block, offset, length)`, after the write."""
        if self._marking is None:
            self._marking = Marking(self.ram)
        return self._marking

    @property
    def statistics(self) -> SendStatistics:
        """How the pages of the save or migration at work, or of the last one, were sent."""
        return self._sender.statistics if self._sender is not None else self._statistics

    # Saving -----------------------------------------------------------------------------------------------------------

    def begin_save(self, live: bool) -> None:
        ram = self.ram
        if self.sending is not None:
            if self.xbzrle_cache:
                raise ValueError("XBZRLE and channels of their own for pages do not go together")
            self.sending.open(ram)
        self._sender = RamSender(ram, xbzrle_cache=self.xbzrle_cache if live else 0)
        self._tracking = self._chosen() if live and self.blocks else None
        if self._tracking is not None:
            self._tracking.start(ram)
        self._dirty = ram.bitmaps(marked=True)
        for index, block in enumerate(self.blocks):
            if block.native.ignored:
                self._dirty[index] = PageBitmap(ram.pages(index))

    def find_tracker(self) -> DirtyTracker | None:
        """What learns of the guest's writes; None if nothing does, and memory must be compared with a copy."""
        if isinstance(self.tracker, DirtyTracker):
            return self.tracker
        if self.tracker is not None:
            return self.tracker()
        if self._marking is not None:
            return self._marking
        aligned = all((block.address_in_memory | block.size) % 4096 == 0 for block in self.blocks)
        return Userfault() if aligned and Userfault.works() else None

    def _chosen(self) -> DirtyTracker:
        chosen = self.find_tracker() or Shadow()
        if chosen.guest_must_stand:
            raise ValueError(f"{type(chosen).__name__} loses writes of a guest that runs")
        return chosen

    def setup(self, file: File) -> None:
        sender = self._sending()
        if self.mapped:
            self.ram.mapped = True
            self._places = mapped.begin(self.ram, file)
        else:
            sender.send_blocks(file)
        if self.sending is not None:
            self.sending.send(sender, file, self._dirty, 0)
        sender.end(file)

    def pending(self, exact: bool) -> int:
        if exact:
            self._collect(last=False)
        return self.page_size * sum(bitmap.count() for bitmap in self._dirty)

    def _collect(self, last: bool) -> None:
        if self._tracking is not None:
            self._tracking.collect(self._dirty)
            self._sending().next_round(last=last)

    def iterate(self, file: File, budget: int) -> bool:
        sender, start, finished = self._sending(), file.put_position, False
        if self._places is not None:
            most = max(1, budget // self.page_size)
            finished = self._places.send_dirty(self._dirty, most) < most
            sender.end(file)
            return finished
        if self.sending is not None:
            finished = self.sending.send(sender, file, self._dirty, max(1, budget // self.page_size))
            sender.end(file)
            return finished
        while not finished and file.put_position - start < budget:
            most = max(1, min(_CHUNK, budget // self.page_size))
            finished = sender.send_dirty(file, self._dirty, most) < most
        sender.end(file)
        if finished:
            sender.repeating = True
        return finished

    def complete(self, file: File) -> None:
        self._collect(last=True)
        sender = self._sending()
        if self._places is not None:
            self._places.send_dirty(self._dirty)
            self._places.finish()
        elif self.sending is not None:
            self.sending.send(sender, file, self._dirty, UNLIMITED)
        else:
            sender.send_dirty(file, self._dirty)
        sender.end(file)

    def end_save(self) -> None:
        tracking, self._tracking = self._tracking, None
        if tracking is not None:
            tracking.stop()
        self._statistics, self._sender, self._places = self.statistics, None, None
        self._dirty = []
        self.ram.mapped = False

    def _sending(self) -> RamSender:
        if self._sender is None:
            raise RuntimeError("no save was begun")
        return self._sender

    # Loading ----------------------------------------------------------------------------------------------------------

    def begin_load(self, check: bool, shadow: bool) -> None:
        self._checking = check
        self._loader = RamLoader(self.ram, check=check)
        self._kept = [bytes(block.buffer) for block in self.blocks] if shadow and not check else None

    def load(self, file: File, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        loader = self._loader
        if loader is None:
            raise RuntimeError("no load was begun")
        try:
            if self.mapped and kind == Element.START:
                self.ram.mapped = True
                mapped.load(loader, file)
            elif self.receiving is not None:
                self.receiving.load(loader, file, last=kind == Element.END)
            else:
                loader.load(file)
            if kind == Element.END and self.uninvited is not None and self.uninvited():
                what = "the sender has more connections than were agreed on: they carry pages"
                raise FramingError(what, device="ram", code="ram-channels")
        except FramingError:
            if loader.listed or not loader.differences:
                raise
        return [
            Difference(f"ram-{each.kind}", f"RAM block {each.name!r}", each.held or None, each.found or None)
            for each in (() if loader.listed else loader.differences)
        ]

    def end_load(self, accepted: bool) -> bool:
        loader, self._loader = self._loader, None
        kept, self._kept = self._kept, None
        self.ram.mapped = self.mapped = False
        if accepted or self._checking or loader is None or not sum(loader.pages.values()):
            return True
        if kept is None:
            return False
        for block, data in zip(self.blocks, kept, strict=True):
            memoryview(block.memory).cast("B")[:] = data
        return True
