"""Guest memory that can be rewound."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from vmstate._stream import ffi, lib
from vmstate.machine.memory import GuestMemory
from vmstate.ram import DirtyTracker, PageBitmap, Ram
from vmstate.ram.bitmap import native_array
from vmstate.rewind.checkpoint import CheckpointError

_checkpoint, _rewind, _drop = lib.vms_rewind_checkpoint, lib.vms_rewind_to, lib.vms_rewind_drop


class _Base:
    """The native tree of differences over the memory of one `Ram`; from several threads, one at a time."""

    def __init__(self, ram: Ram) -> None:
        self.ram = ram
        self.counts = ram.page_counts()
        self.lock = threading.Lock()
        self.dropped: deque[Any] = deque()
        # C stores it there: a signal's handler may raise before anything is stored here, and nobody would own it.
        self._room = ffi.new("vms_rewind **")
        self.native = ffi.NULL
        if lib.vms_rewind_new(ram.native, self._room):
            raise MemoryError(f"a copy of {ram.total:#x} bytes of RAM")
        self.native = self._room[0]

    def drop(self, native: Any) -> None:
        """Whoever lets go of a checkpoint may be anywhere, within a call of these too: then it is done after that."""
        self.dropped.append(native)
        if self.native == ffi.NULL:
            return  # collected together: the checkpoints went with it
        if self.lock.acquire(blocking=False):
            try:
                self.sweep()
            finally:
                self.lock.release()

    def sweep(self) -> None:
        while self.dropped:
            _drop(self.native, self.dropped.popleft())

    def __del__(self) -> None:
        # Not ffi.gc: in a cycle it might come before the last checkpoint's end, and that could not tell.
        self.native = ffi.NULL
        room = getattr(self, "_room", None)  # it may not have come that far
        if room is not None and room[0] != ffi.NULL:
            lib.vms_rewind_free(room[0])


class _Kept:
    """One checkpoint of it, `room[0]`: C stores it there."""

    __slots__ = ("base", "room")

    def __init__(self, base: _Base) -> None:
        self.base = base
        self.room = ffi.new("vms_checkpoint **")

    def __del__(self) -> None:
        room = getattr(self, "room", None)  # it may not have come that far
        if room is not None and room[0] != ffi.NULL:
            self.base.drop(room[0])


class MemoryPart:
    """The RAM of a machine. What the guest writes is learnt as a migration learns it; where nobody can tell it, from a
    comparison of all memory.
    """

    def __init__(self, memory: GuestMemory) -> None:
        self._memory = memory
        self._base: _Base | None = None
        self._tracker: DirtyTracker | None = None
        self._dirty: list[PageBitmap] = []
        self._native_dirty: Any = ffi.NULL
        self._sure = False

    @property
    def bytes_held(self) -> int:
        """Bytes of memory for the base and all checkpoints."""
        return int(lib.vms_rewind_pages(self._base.native)) * self._memory.page_size if self._base else 0

    def checkpoint(self) -> object:
        base = self._base
        if base is None or base.ram is not self._memory.ram or not self._is_sure():
            base = self._begin()
        kept = _Kept(base)
        with base.lock:
            base.sweep()
            failed = _checkpoint(base.native, self._written(base), kept.room)
        if failed:
            raise MemoryError("a checkpoint of RAM")
        return kept

    def rewind(self, kept: object) -> None:
        self.prepare(kept)()

    def prepare(self, kept: object) -> Callable[[], None]:
        """All of a rewind that may fail or be refused; returns the rest. Nothing is changed, and no write forgotten."""
        if not isinstance(kept, _Kept) or kept.base is not self._base or kept.base.ram is not self._memory.ram:
            raise CheckpointError("the RAM has other blocks than at the checkpoint, or other lengths")
        base = kept.base
        if not self._is_sure():
            base = self._begin()
            if kept.base is not base:
                raise CheckpointError("the RAM has other lengths than at the checkpoint")
        with base.lock:
            base.sweep()
            return partial(self._put_back, kept, self._written(base))

    def _put_back(self, kept: _Kept, written: Any) -> None:
        with kept.base.lock:
            _rewind(kept.base.native, kept.room[0], written)

    def disturb(self) -> None:
        self._sure = False
        tracker, self._tracker = self._tracker, None
        if tracker is not None:
            tracker.stop()

    def _is_sure(self) -> bool:
        """Is known what was written since the last time? Not in a forked process."""
        if self._sure and self._tracker is not None and self._tracker.lost:
            self.disturb()
        return self._sure

    def _written(self, base: _Base) -> Any:
        if self._tracker is None:
            lib.vms_rewind_compare(base.native)
            return ffi.NULL
        try:
            self._tracker.collect(self._dirty)
        except BaseException:
            self.disturb()
            raise
        if self._tracker.guest_alone:
            return self._native_dirty
        lib.vms_rewind_compare_dirty(base.native, self._native_dirty)
        return ffi.NULL

    def _begin(self) -> _Base:
        """Tracks from here on; what was written before is found by comparing."""
        ram = self._memory.ram
        self.disturb()
        counts = ram.page_counts()
        self._dirty = ram.bitmaps()
        self._native_dirty = native_array(self._dirty, counts)
        self._tracker = self._memory.begin_tracking(guest_stands=True)
        base = self._base
        if base is None or base.ram is not ram or counts != base.counts:
            base = self._base = _Base(ram)
        else:
            lib.vms_rewind_compare(base.native)
        self._sure = True
        return base
