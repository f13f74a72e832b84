"""Ways to learn what was written: the same pages from each, and only those."""

from __future__ import annotations

import errno
import mmap
import threading

import pytest

from tests.unit.forked import in_a_fork
from vmstate._stream import ffi, lib
from vmstate.ram import DirtyTracker, Marking, PageBitmap, Ram, RamBlock, Shadow, SoftDirty, Userfault

PAGE = 4096
KINDS = ["marking", "shadow", "userfault", "soft-dirty"]


def make(kind: str, ram: Ram) -> DirtyTracker:
    if kind == "marking":
        return Marking(ram)
    tracker = {"shadow": Shadow, "userfault": Userfault, "soft-dirty": SoftDirty}[kind]
    if not tracker.works():
        pytest.skip(f"this kernel does not report writes by {kind}")
    return tracker()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_and_nothing_else(kind: str) -> None:
    memory = [mmap.mmap(-1, 100 * PAGE), mmap.mmap(-1, 3 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)]
    ram = Ram([RamBlock("a", memory[0]), RamBlock("b", memory[1])])

    def write(block: int, offset: int) -> None:
        memory[block][offset] ^= 1
        if isinstance(tracker, Marking):
            tracker.mark(block, offset)

    tracker = make(kind, ram)
    write(0, 5)
    tracker.start(ram)
    dirty = ram.bitmaps()
    tracker.collect(dirty)
    assert [bitmap.count() for bitmap in dirty] == [0, 0]
    for offset in (0, 4095, 70 * PAGE, 99 * PAGE + 4095):
        write(0, offset)
    write(1, PAGE)
    tracker.collect(dirty)
    assert [list(bitmap.runs()) for bitmap in dirty] == [[(0, 1), (70, 1), (99, 1)], [(1, 1)]]
    assert sum(memory[0][:]) + sum(memory[1][:]) == 6  # reading is not writing
    again = ram.bitmaps()
    tracker.collect(again)
    assert [bitmap.count() for bitmap in again] == [0, 0]
    write(1, 2 * PAGE)
    tracker.collect(dirty)
    assert list(dirty[1].runs()) == [(1, 2)] and dirty[0].count() == 3
    tracker.stop()
    tracker.stop()


def test_a_tracker_that_was_not_started() -> None:
    ram = Ram([RamBlock("a", mmap.mmap(-1, PAGE))])
    for kind in (Shadow, Userfault, SoftDirty):
        with pytest.raises(RuntimeError, match="was not started"):
            kind().collect(ram.bitmaps())


def test_memory_that_the_kernel_cannot_watch() -> None:
    if not Userfault.works():
        pytest.skip("this kernel does not report writes by userfaultfd")
    memory = memoryview(mmap.mmap(-1, 3 * PAGE))[1024 : 1024 + 2 * PAGE]
    with pytest.raises(ValueError, match="not whole pages of the host"):
        Userfault().start(Ram([RamBlock("a", memory)]))


def test_a_userfault_of_another_process() -> None:
    if not Userfault.works():
        pytest.skip("this kernel does not report writes by userfaultfd")
    memory = mmap.mmap(-1, 3 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    ram = Ram([RamBlock("ram", memory)])
    tracker, dirty = Userfault(), ram.bitmaps()
    tracker.start(ram)
    memory[0] = 1

    def there() -> bytes:
        assert tracker.lost
        with pytest.raises(OSError, match="PAGEMAP_SCAN") as error:
            tracker.collect(dirty)
        assert error.value.errno == errno.ESTALE
        tracker.start(ram)
        memory[PAGE] = 1
        tracker.collect(dirty)
        return bytes([dirty[0].count(), dirty[0][1], tracker.lost])

    assert in_a_fork(there) == bytes([1, 1, 0])
    assert not tracker.lost
    tracker.collect(dirty)
    assert list(dirty[0].runs()) == [(0, 1)]


def test_a_bitmap() -> None:
    bitmap = PageBitmap(130)
    bitmap.mark(0)
    bitmap.mark_range(60, 10)
    bitmap.mark(129)
    assert list(bitmap.runs()) == [(0, 1), (60, 10), (129, 1)] and bitmap.count() == 12 and len(bitmap) == 130
    assert bitmap[69] and not bitmap[70] and bitmap.take(69) and not bitmap[69] and not bitmap.take(69)
    for page in (-1, 130):
        with pytest.raises(IndexError):
            bitmap.mark(page)
    with pytest.raises(IndexError):
        bitmap.mark_range(120, 11)
    other = PageBitmap(130)
    other.mark(60)
    assert bitmap.fetch_into(other) == 10 and bitmap.count() == 0 and other.count() == 11
    with pytest.raises(ValueError, match="bitmaps of 130 and 131 pages"):
        bitmap.fetch_into(PageBitmap(131))
    bitmap.mark_range(62, 10)
    part = PageBitmap(65)
    assert bitmap.fetch_into(part) == 3 and bitmap.count() == 0 and list(part.runs()) == [(62, 3)]
    with pytest.raises(ValueError, match="pages, not -1"):
        PageBitmap(-1)
    assert repr(other) == "<PageBitmap 11 of 130>" and lib.vms_dirty_test(other.native, 60)
    assert ffi.typeof(other.native) is ffi.typeof("vms_dirty *")


def test_threads_mark_one_bitmap() -> None:
    log, seen = PageBitmap(64), PageBitmap(64)
    threads = [threading.Thread(target=lambda n=n: [log.mark(i) for i in range(n, 64, 4)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.fetch_into(seen) == 64
