"""Blocks of RAM whose length a stream may change."""

from __future__ import annotations

import pytest

from tests.unit.machine.kept import Kept
from vmstate.errors import VMStateError
from vmstate.file import File
from vmstate.machine import Machine

PAGE, MOST = 4096, 80


def machine(pages: int, fill: bytes = b"\1") -> tuple[Machine, bytearray]:
    vm, memory = Machine("x"), bytearray(fill * (MOST * PAGE))
    vm.add_ram("rom", memory, used_length=pages * PAGE, resizable=True)
    return vm, memory


@pytest.mark.parametrize("shadow", [False, True])
@pytest.mark.parametrize("cut", [70, 5000])
def test_a_refused_load_leaves_the_length(cut: int, shadow: bool) -> None:
    """Cut behind the list of blocks, and behind the first page."""
    data = machine(6)[0].dumps()
    vm, memory = machine(2, b"\2")
    with pytest.raises(VMStateError), File.from_bytes(data[:cut]) as file:
        vm.load_from(file, shadow=shadow)
    assert vm.ram.ram.used_length(0) == 2 * PAGE
    assert vm.incomplete == (cut == 5000 and not shadow)
    assert memory[:PAGE] == (b"\1" if vm.incomplete else b"\2") * PAGE


def test_a_block_that_comes_later_leaves_the_lengths() -> None:
    vm, _ = machine(2)
    vm.loads(machine(MOST)[0].dumps())
    vm.add_ram("vga", bytearray(PAGE))
    assert vm.ram.ram.page_counts() == [MOST, 1]
    vm, _ = machine(6)
    vm.loads(machine(2)[0].dumps())
    vm.add_ram("vga", bytearray(PAGE))
    assert vm.ram.ram.page_counts() == [2, 1]


@pytest.mark.parametrize(("before", "after"), [(2, 70), (70, 2), (2, MOST), (MOST, 64)])
def test_marks_fit_any_length(before: int, after: int) -> None:
    vm, memory = machine(before)
    marking = vm.ram.marking
    vm.loads(machine(after)[0].dumps())
    marking.mark(0, 0, MOST * PAGE)
    vm.checkpoint()
    at = (after - 1) * PAGE
    memory[at] = 9
    marking.mark(0, at)
    there, loaded = machine(after, b"\0")
    stream = Kept()
    vm.start()
    vm.migrate(File.from_file(stream)).result(30)
    there.loads(stream.getvalue())
    assert loaded[: after * PAGE] == memory[: after * PAGE] and loaded[at] == 9


def test_marks_outside_of_memory_are_refused() -> None:
    vm, _ = machine(2)
    for block, offset in ((-1, 0), (1, 0), (0, -1), (0, MOST * PAGE)):
        with pytest.raises(IndexError):
            vm.ram.marking.mark(block, offset)
    assert not any(bitmap.count() for bitmap in vm.ram.marking.bitmaps)
