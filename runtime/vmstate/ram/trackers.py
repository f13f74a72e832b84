"""Which pages the guest wrote: four ways to learn it, behind one interface."""

from __future__ import annotations

import errno
import mmap
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache

from vmstate._buffers import looked_at
from vmstate._stream import ffi, lib
from vmstate.ram.bitmap import PageBitmap
from vmstate.ram.blocks import Ram


class DirtyTracker(ABC):
    """Notices writes to a machine's memory from `start` on; `collect` adds the pages written since the last collection.

    Pages are in bitmaps, one a block; what is set there stays set. `guest_must_stand`: a write during a collection may
    be lost. The others lose none. `guest_alone`: only what the guest writes is noted, not what a rewind puts back.
    """

    guest_must_stand = False
    guest_alone = False

    @staticmethod
    def works() -> bool:
        """Whether this way works here, found out by trying."""
        return True

    @property
    def lost(self) -> bool:
        """Does it hear of no more writes? So it is in a process that was forked from the one where it was started, if
        what it asks is about that one's memory. There `collect` raises; it may be stopped, and started again.
        """
        return False

    @abstractmethod
    def start(self, ram: Ram) -> None: ...

    @abstractmethod
    def collect(self, into: Sequence[PageBitmap]) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...


class Marking(DirtyTracker):
    """The emulator says what it writes, after the write: `mark`, or from C `vms_dirty_mark` on a bitmap's `native`.

    A bitmap has all pages that its block may ever have: loads change the length of resizable blocks.
    """

    guest_alone = True

    def __init__(self, ram: Ram) -> None:
        self.bitmaps = [PageBitmap(ram.most_pages(index)) for index in range(len(ram.blocks))]
        self._page_size = ram.page_size
        self._native = [bitmap.native for bitmap in self.bitmaps]

    def mark(self, block: int, offset: int, length: int = 1) -> None:
        """`length` bytes at `offset` of a block, counted from 0, were written. Raises IndexError outside of it."""
        if block < 0:
            raise IndexError(f"block {block} of {len(self.bitmaps)}")
        if length > 0:
            first = offset // self._page_size
            self.bitmaps[block].mark_range(first, (offset + length - 1) // self._page_size - first + 1)

    def start(self, ram: Ram) -> None:
        forgotten = ram.bitmaps()
        self.collect(forgotten)

    def collect(self, into: Sequence[PageBitmap]) -> None:
        for log, target in zip(self.bitmaps, into, strict=True):
            log.fetch_into(target)

    def stop(self) -> None:
        pass


class Shadow(DirtyTracker):
    """Compares with a copy: as much memory again, and all of it is read each time; needs nothing of anybody.

    Whoever sends pages sends those of `copies`: a page that was changed and changed back since the last comparison is
    not noticed, and what was sent of it must not be what it was in between.
    """

    def __init__(self) -> None:
        self._ram: Ram | None = None
        self._shadows: list[mmap.mmap] = []
        self._copies: Ram | None = None

    @property
    def copies(self) -> Ram:
        """The blocks as they were when they were last compared."""
        return _started(self._copies)

    def start(self, ram: Ram) -> None:
        self.stop()
        self._ram = ram
        self._shadows = [mmap.mmap(-1, ram.used_length(index)) for index in range(len(ram.blocks))]
        self._copies = ram.over(self._shadows)
        self.collect(ram.bitmaps())

    def collect(self, into: Sequence[PageBitmap]) -> None:
        ram = _started(self._ram)
        for block, shadow, bitmap in zip(ram.blocks, self._shadows, into, strict=True):
            if len(shadow) != bitmap.pages * ram.page_size:
                raise ValueError(f"{block!r}: {bitmap!r} is not of this block")
            with looked_at(shadow, writable=True) as copy:
                lib.vms_dirty_compare(bitmap.native, block.buffer, copy, ram.page_size)

    def stop(self) -> None:
        self._ram = self._copies = None
        self._shadows = []


class Userfault(DirtyTracker):
    """The kernel notes writes (userfaultfd with asynchronous protection, PAGEMAP_SCAN; Linux from about 6.7).

    Memory must be whole pages of the host: mmap, or numpy over it. Costs a fault for each page written.
    """

    def __init__(self) -> None:
        self._ram: Ram | None = None
        self._natives: list[object] = []

    @staticmethod
    @cache
    def works() -> bool:
        return bool(lib.vms_userfault_probe())

    def start(self, ram: Ram) -> None:
        self.stop()
        if not self.works():
            raise OSError(errno.ENOSYS, "userfaultfd does not report writes here")
        for index, block in enumerate(ram.blocks):
            if block.address_in_memory % mmap.PAGESIZE or ram.used_length(index) % mmap.PAGESIZE:
                raise ValueError(f"{block!r} is not whole pages of the host: use mmap")
        self._ram = ram
        for index, block in enumerate(ram.blocks):
            # Owned before it is opened: between that and a store here a signal's handler could raise.
            native = ffi.gc(ffi.new("vms_userfault *", {"fd": -1, "pagemap": -1}), lib.vms_userfault_stop)
            self._natives.append(native)
            result = lib.vms_userfault_start(native, block.buffer, ram.used_length(index))
            if result:
                self.stop()
                raise OSError(-result, f"userfaultfd for {block!r}: {os.strerror(-result)}")

    @property
    def lost(self) -> bool:
        return any(lib.vms_userfault_lost(native) for native in self._natives)

    def collect(self, into: Sequence[PageBitmap]) -> None:
        ram = _started(self._ram)
        for native, bitmap in zip(self._natives, into, strict=True):
            _checked(lib.vms_userfault_collect(native, bitmap.native, ram.page_size), "PAGEMAP_SCAN")

    def stop(self) -> None:
        self._ram = None
        for native in self._natives:
            ffi.release(native)
        self._natives = []


class SoftDirty(DirtyTracker):
    """The kernel's soft-dirty bits, cleared for the whole process at once: only one such tracker can be in use."""

    guest_must_stand = True

    def __init__(self) -> None:
        self._ram: Ram | None = None
        self._native = ffi.NULL

    @staticmethod
    @cache
    def works() -> bool:
        return bool(lib.vms_softdirty_probe())

    def start(self, ram: Ram) -> None:
        self.stop()
        if not self.works():
            raise OSError(errno.ENOSYS, "this kernel does not keep soft-dirty bits")
        native = ffi.gc(ffi.new("vms_softdirty *", {"pagemap": -1, "clear_refs": -1}), lib.vms_softdirty_stop)
        _checked(lib.vms_softdirty_start(native), "clear_refs")
        self._native = native
        self._ram = ram

    @property
    def lost(self) -> bool:
        return self._native != ffi.NULL and bool(lib.vms_softdirty_lost(self._native))

    def collect(self, into: Sequence[PageBitmap]) -> None:
        ram = _started(self._ram)
        for index, (block, bitmap) in enumerate(zip(ram.blocks, into, strict=True)):
            length = ram.used_length(index)
            result = lib.vms_softdirty_collect(self._native, block.buffer, length, bitmap.native, ram.page_size)
            _checked(result, "pagemap")
        _checked(lib.vms_softdirty_restart(self._native), "clear_refs")

    def stop(self) -> None:
        self._ram = None
        if self._native != ffi.NULL:
            ffi.release(self._native)
        self._native = ffi.NULL


def _started(ram: Ram | None) -> Ram:
    if ram is None:
        raise RuntimeError("the tracker was not started")
    return ram


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise OSError(-result, f"{what}: {os.strerror(-result)}")
