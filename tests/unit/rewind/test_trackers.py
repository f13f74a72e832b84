"""Rewinds by what a tracker says: too much, or nothing, since it is another process's."""

from __future__ import annotations

import mmap
from typing import Any

import pytest

from tests.unit.forked import in_a_fork
from vmstate import Machine
from vmstate._stream import lib
from vmstate.ram import Marking, Userfault
from vmstate.rewind import memory as memory_part

PAGE = 4096
PAGES = 20


class TellsAll(Marking):
    """Says of every page that it was written, each time: a rewind's own writes are among it, as with the kernel."""

    guest_alone = False

    def collect(self, into: Any) -> None:
        for bitmap in into:
            bitmap.mark_all()


@pytest.mark.parametrize("kernel", [False, True], ids=["tells-all", "userfault"])
def test_what_a_rewind_wrote_costs_the_next_one_nothing(kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if kernel and not Userfault.works():
        pytest.skip("this kernel does not report writes by userfaultfd")
    put_back: list[int] = []
    monkeypatch.setattr(memory_part, "_rewind", lambda *given: put_back.append(lib.vms_rewind_to(*given)))
    vm = Machine("board")
    memory = mmap.mmap(-1, PAGE * PAGES)
    memory[:] = b"\1" * len(memory)
    vm.add_ram("ram", memory)
    vm.ram.tracker = Userfault() if kernel else TellsAll(vm.ram.ram)
    start = vm.checkpoint()
    for page in range(5):
        memory[page * PAGE] = 7
        vm.rewind(start)
    vm.rewind(start)
    assert put_back == [1, 1, 1, 1, 1, 0] and memory[:] == b"\1" * len(memory)
    assert vm._rewinder is not None
    (part,) = vm._rewinder._planned().parts
    held = []
    for turn in range(10):
        memory[0] = turn + 10
        held.append(vm.checkpoint())
        vm.rewind(start)
    assert part.bytes_held == PAGE * (PAGES + 10)  # type: ignore[attr-defined]


def private(pages: int) -> mmap.mmap:
    return mmap.mmap(-1, PAGE * pages, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@pytest.mark.parametrize("mark", [False, True], ids=["kernel", "marked"])
def test_two_processes_go_back_after_a_fork(mark: bool) -> None:
    """Each for itself. Where the kernel cannot tell, the first one compares."""
    vm, memory = Machine("board"), private(PAGES)
    vm.add_ram("ram", memory)

    def write(page: int, byte: int) -> None:
        memory[page * PAGE] = byte
        if mark:
            vm.ram.marking.mark(0, page * PAGE)

    write(0, 0)
    start = vm.checkpoint()
    write(2, 0x22)

    def there() -> bytes:
        write(0, 0x55)
        here = vm.checkpoint()
        write(0, 0x66)
        vm.rewind(here)
        said = memory[: 3 * PAGE : PAGE]
        vm.rewind(start)
        return said + memory[: 3 * PAGE : PAGE]

    assert in_a_fork(there) == b"\x55\0\x22" + bytes(3)
    write(1, 0x11)
    vm.rewind(start)
    assert not any(memory[:])


def test_a_tracker_that_is_lost_is_started_again() -> None:
    class Forked(Marking):
        lost = False  # type: ignore[assignment]
        starts = 0

        def start(self, ram: Any) -> None:
            super().start(ram)
            self.lost, self.starts = False, self.starts + 1

    vm, memory = Machine("board"), bytearray(PAGE * PAGES)
    vm.add_ram("ram", memory)
    tracker = vm.ram.tracker = Forked(vm.ram.ram)
    start = vm.checkpoint()
    memory[5] = 1
    vm.rewind(start)
    assert memory[5] == 1 and tracker.starts == 1  # nobody said so
    tracker.lost = True  # type: ignore[assignment]
    vm.rewind(start)
    assert memory[5] == 0 and tracker.starts == 2
    memory[5], tracker.lost = 2, True  # type: ignore[assignment]
    later = vm.checkpoint()
    vm.rewind(start)
    vm.rewind(later)
    assert memory[5] == 2 and tracker.starts == 3
