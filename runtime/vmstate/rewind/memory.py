"""Guest memory that can be rewound."""

from __future__ import annotations

import threading
from collections import deque
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
        self.native = ffi.NULL
        self.counts = ram.page_counts()
        native = lib.vms_rewind_new(ram.native)
        if native == ffi.NULL:
            raise MemoryError(f"a copy of {ram.total:#x} bytes of RAM")
        self.native = native
        self.lock = threading.Lock()
        self.dropped: deque[Any] = deque()

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
        native, self.native = self.native, ffi.NULL
        if native != ffi.NULL:
            lib.vms_rewind_free(native)


class _Kept:
    """One checkpoint of it."""

    __slots__ = ("base", "native")

    def __init__(self, base: _Base, native: Any) -> None:
        self.base = base
        self.native = native

    def __del__(self) -> None:
        self.base.drop(self.native)


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
        with base.lock:
            base.sweep()
            native = _checkpoint(base.native, self._written(base))
        if native == ffi.NULL:
            raise MemoryError("a checkpoint of RAM")
        return _Kept(base, native)

    def rewind(self, kept: object) -> None:
        if not isinstance(kept, _Kept) or kept.base is not self._base or kept.base.ram is not self._memory.ram:
            raise CheckpointError("the RAM has other blocks than at the checkpoint, or other lengths")
        base = kept.base
        if not self._is_sure():
            base = self._begin()
            if kept.base is not base:
                raise CheckpointError("the RAM has other lengths than at the checkpoint")
        with base.lock:
            base.sweep()
            _rewind(base.native, kept.native, self._written(base))

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
        return self._native_dirty

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
