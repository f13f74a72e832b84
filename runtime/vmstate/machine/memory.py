"""Guest RAM as live state of a machine: the section `ram`."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from vmstate.machine.live import Live
from vmstate.machine.memory_load import MemoryLoad
from vmstate.machine.memory_save import MemorySave
from vmstate.ram import DirtyTracker, Marking, Ram, RamBlock, SendStatistics, Shadow, Userfault

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate.file import File
    from vmstate.machine.channels import ReceivingLanes, SendingLanes
    from vmstate.machine.differences import Difference
    from vmstate.machine.wire import Element

VERSION = 4


class GuestMemory(Live):
    """The blocks of a machine's RAM, in the order in which they were added.

    `tracker` learns what the guest writes while it migrates: a DirtyTracker, or what makes one. None is the best that
    works: what the emulator says with `mark`, if it ever did; else the kernel, unless somebody else has it watch this
    memory; else a copy to compare with. `mapped`: pages have places in the file that is written, or read, just now.
    `keep_missing`: what is loaded may list less blocks; the others keep what they hold.
    """

    can_check = True

    def __init__(self, page_size: int, *, addresses: bool = False) -> None:
        """`addresses`: streams list those of the blocks, and some blocks may be ignored (x-ignore-shared)."""
        self.page_size = page_size
        self.addresses = addresses
        self.blocks: list[RamBlock] = []
        self.tracker: DirtyTracker | Callable[[], DirtyTracker] | None = None
        self._xbzrle_cache = 0
        self.mapped = False
        self.keep_missing = False
        self.sending: SendingLanes | None = None
        self.receiving: ReceivingLanes | None = None
        self.uninvited: Callable[[bool], bool] | None = None
        self._ram: Ram | None = None
        self._marking: Marking | None = None
        self._save: MemorySave | None = None
        self._load: MemoryLoad | None = None
        self._statistics = SendStatistics(0, 0, 0, 0, 0, 0, 0)

    @property
    def ram(self) -> Ram:
        """All blocks, as C knows them."""
        if self._ram is None:
            self._ram = self._made(self.blocks)
        return self._ram

    def add(self, name: str, memory: Buffer, **options: Any) -> RamBlock:
        """Adds a block over a writable buffer. `options` are those of RamBlock."""
        if self._marking is not None:
            raise RuntimeError("blocks are added before the first page is marked")
        block = RamBlock(name, memory, **options)
        if block.native.ignored and not self.addresses:
            raise ValueError(f"{block!r}: it is ignored only where both machines have the capability x-ignore-shared")
        self._made([*self.blocks, block])  # raises for what does not fit together
        self.blocks.append(block)
        self._ram = None
        return block

    def _made(self, blocks: Sequence[RamBlock]) -> Ram:
        return Ram(blocks, page_size=self.page_size, addresses=self.addresses)

    @property
    def marking(self) -> Marking:
        """For emulators that say what they write: `marking.mark(block, offset, length)`, after the write."""
        if self._marking is None:
            self._marking = Marking(self.ram)
        return self._marking

    @property
    def xbzrle_cache(self) -> int:
        """Bytes of pages that are kept while it migrates, to send only what changed in them; 0 for none."""
        return self._xbzrle_cache

    @xbzrle_cache.setter
    def xbzrle_cache(self, size: int) -> None:
        if not isinstance(size, int):
            raise TypeError(f"xbzrle_cache is a number of bytes, not {size!r}")
        if not 0 <= size < 1 << 62:
            raise ValueError(f"xbzrle_cache is at least 0 bytes, not {size}")
        self._xbzrle_cache = size

    @property
    def statistics(self) -> SendStatistics:
        """How the pages of the save or migration at work, or of the last one, were sent."""
        return self._save.sender.statistics if self._save is not None else self._statistics

    @property
    def beside(self) -> int:
        """Bytes that the file which is written just now was given beside its position, where pages have places."""
        return self._save.beside if self._save is not None else 0

    # Saving -----------------------------------------------------------------------------------------------------------

    def begin_save(self, live: bool) -> None:
        if self.sending is not None and self.xbzrle_cache:
            raise ValueError("XBZRLE and channels of their own for pages do not go together")
        self.ram.mapped = self.mapped
        tracker = self._begin_live() if live and self.blocks else None
        # What is sent is what a copy was compared with: a page that changes, and changes back, is what was sent.
        source = tracker.copies if isinstance(tracker, Shadow) else self.ram
        try:
            if self.sending is not None:
                self.sending.open(source)
            self._save = MemorySave(source, self.sending, tracker, xbzrle_cache=self.xbzrle_cache if live else 0)
        except BaseException:
            if tracker is not None:
                tracker.stop()
            raise

    def _begin_live(self) -> DirtyTracker:
        tracker = self.begin_tracking(guest_stands=False)
        if tracker is None:
            tracker = Shadow()
            tracker.start(self.ram)
        return tracker

    def begin_tracking(self, *, guest_stands: bool) -> DirtyTracker | None:
        """What learns of the guest's writes from here on; None if nothing does: memory must be compared with a copy.

        `guest_stands` whenever it is asked what was written. Raises what keeps a tracker that was chosen from working.
        """
        tracker = self.find_tracker()
        if tracker is None:
            return None
        if tracker.guest_must_stand and not guest_stands:
            raise ValueError(f"{type(tracker).__name__} loses writes of a guest that runs")
        try:
            tracker.start(self.ram)
        except OSError:
            # Somebody else may watch this memory, with a userfaultfd of his own; only one can.
            if self.tracker is not None:
                raise
            return None
        return tracker

    def find_tracker(self) -> DirtyTracker | None:
        """What could learn of the guest's writes, not started; None if nothing can."""
        if isinstance(self.tracker, DirtyTracker):
            return self.tracker
        if self.tracker is not None:
            return self.tracker()
        if self._marking is not None:
            return self._marking
        ram = self.ram
        aligned = all(
            (block.address_in_memory | ram.used_length(index)) % mmap.PAGESIZE == 0
            for index, block in enumerate(self.blocks)
        )
        return Userfault() if aligned and Userfault.works() else None

    def setup(self, file: File) -> None:
        self._saving().setup(file)

    def pending(self, exact: bool) -> int:
        return self._saving().pending(exact)

    def iterate(self, file: File, budget: int) -> bool:
        return self._saving().iterate(file, budget)

    def complete(self, file: File) -> None:
        self._saving().complete(file)

    def end_save(self) -> None:
        save, self._save = self._save, None
        if save is not None:
            self._statistics = save.sender.statistics
            save.end()
        self.ram.mapped = False

    def _saving(self) -> MemorySave:
        if self._save is None:
            raise RuntimeError("no save was begun")
        return self._save

    # Loading ----------------------------------------------------------------------------------------------------------

    def begin_load(self, check: bool, shadow: bool) -> None:
        self._load = MemoryLoad(self.ram, check=check, shadow=shadow, keep_missing=self.keep_missing)

    def load(self, file: File, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        if self._load is None:
            raise RuntimeError("no load was begun")
        return self._load.load(file, kind, places=self.mapped, lanes=self.receiving, uninvited=self.uninvited)

    def end_load(self, accepted: bool) -> bool:
        load = self._load
        if not accepted:
            self._load = None
        self.ram.mapped = self.mapped = False
        return load is None or load.end(accepted)

    def settle_load(self, here: bool) -> bool:
        load, self._load = self._load, None
        return load is None or load.settle(here)
