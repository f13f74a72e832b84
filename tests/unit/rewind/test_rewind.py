"""Checkpoints of a machine: devices, lists, RAM, functions; what a rewind refuses."""

from __future__ import annotations

import gc
import io
import mmap
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmstate import CheckpointError, DiskError, Live, Machine, VMStateError
from vmstate.machine.memory import GuestMemory
from vmstate.ram import Userfault

PAGE = 4096
PAGES = 20


def machine_of(devices: Any, *, mark: bool = False) -> tuple[Machine, Any, Any, bytearray]:
    vm = Machine("board")
    uart, nic = devices.Uart(divider=1, mode=2), devices.Nic(on=True)
    uart.spare = 3
    memory = bytearray(PAGE * PAGES)
    vm.register(uart)
    vm.register(nic)
    vm.add_ram("ram", memory)
    if mark:
        assert vm.ram.marking
    return vm, uart, nic, memory


def test_all_of_it_comes_back(devices: Any) -> None:
    vm, uart, nic, memory = machine_of(devices)
    nic.queue.append(devices.Packet(port=1, data=b"abcd"))
    view = nic.queue
    start = vm.checkpoint()
    uart.divider, uart.spare, memory[5000] = 9, 8, 7
    nic.queue[0].data[0] = 0xFF  # in place
    nic.queue.append(devices.Packet(port=2))
    later = vm.checkpoint()
    nic.queue.clear()
    vm.rewind(start)
    assert (uart.divider, uart.mode, uart.spare, memory[5000]) == (1, 2, 3, 0)
    assert [(each.port, bytes(each.data)) for each in nic.queue] == [(1, b"abcd")] and len(view) == 1
    vm.rewind(later)
    assert (uart.divider, uart.spare, memory[5000]) == (9, 8, 7)
    assert [(each.port, bytes(each.data)) for each in nic.queue] == [(1, b"\xffbcd"), (2, bytes(4))]
    nic.queue[1].port = 3  # what comes back is the machine's own: the checkpoint stays as it was
    vm.rewind(later)
    assert nic.queue[1].port == 2
    assert vm.dumps() and not vm.incomplete


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, PAGE * PAGES - 1), st.integers(0, 255)),
        st.tuples(st.just("zero"), st.integers(0, PAGES - 1), st.just(0)),
        st.tuples(st.just("queue"), st.integers(0, 5), st.integers(0, 0xFFFF)),
        st.tuples(st.just("checkpoint"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("rewind"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("drop"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("load"), st.integers(0, 5), st.just(0)),
    ),
    max_size=60,
)


@pytest.mark.parametrize("mark", [False, True], ids=["compared", "marked"])
@given(steps=STEPS)
@settings(deadline=None)
def test_against_plain_copies(devices: Any, mark: bool, steps: list[tuple[str, int, int]]) -> None:
    vm, uart, nic, memory = machine_of(devices, mark=mark)
    held: dict[int, tuple[Any, tuple[bytes, bytes, dict[str, Any]], bytes]] = {}

    def now() -> tuple[bytes, bytes, dict[str, Any]]:
        return bytes(memory), nic.save(), uart.as_dict()

    def write(at: int, data: bytes) -> None:
        memory[at : at + len(data)] = data
        if mark:
            vm.ram.marking.mark(0, at, len(data))

    for what, number, value in steps:
        if what == "write":
            write(number, bytes([value]))
            uart.spare = value
        elif what == "zero":
            write(number * PAGE, bytes(PAGE))
        elif what == "queue":
            if number < len(nic.queue):
                nic.queue[number].port = value
            else:
                nic.queue.append(devices.Packet(port=value))
        elif what == "checkpoint":
            held[number] = vm.checkpoint(), now(), vm.dumps()
        elif what == "drop":
            held.pop(number, None)
        elif number in held and what == "rewind":
            vm.rewind(held[number][0])
            assert now() == held[number][1]
        elif number in held:
            vm.loads(held[number][2])
            assert now()[:2] == held[number][1][:2]
    for checkpoint, was, _ in held.values():
        vm.rewind(checkpoint)
        assert now() == was


@pytest.mark.skipif(not Userfault.works(), reason="this kernel does not report writes by userfaultfd")
def test_the_kernel_notes_writes(devices: Any) -> None:
    vm = Machine("board")
    with mmap.mmap(-1, PAGE * PAGES) as memory:
        vm.add_ram("ram", memory)
        vm.ram.tracker = Userfault
        start = vm.checkpoint()
        for page in range(PAGES):
            memory[page * PAGE] = page
            vm.checkpoint()
        vm.rewind(start)
        assert not any(memory[:])
        del start, vm
        gc.collect()


def test_the_memory_does_not_grow(devices: Any) -> None:
    vm, uart, nic, memory = machine_of(devices, mark=True)
    nic.queue.append(devices.Packet(port=1))
    start = vm.checkpoint()

    def turns(count: int) -> None:
        for turn in range(count):
            here = vm.checkpoint()
            uart.divider = turn & 0xFFFF
            memory[turn * 97 % len(memory)] = turn & 0xFF
            vm.ram.marking.mark(0, turn * 97 % len(memory))
            nic.queue.append(devices.Packet(port=2))
            if turn % 3:
                vm.rewind(here)
            elif turn % 5 == 0:
                vm.rewind(start)
            nic.queue[:] = nic.queue[:1]

    assert vm._rewinder is not None
    (part,) = vm._rewinder._planned().parts
    turns(500)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    turns(5000)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000
    assert part.bytes_held <= 2 * len(memory)  # type: ignore[attr-defined]
    vm.rewind(start)
    assert uart.divider == 1 and not any(memory)


def test_what_a_checkpoint_holds_goes_with_it(devices: Any) -> None:
    vm, _, _, memory = machine_of(devices, mark=True)
    held = []
    for page in range(PAGES):
        memory[:] = bytes([page + 1]) * len(memory)
        vm.ram.marking.mark(0, 0, len(memory))
        held.append(vm.checkpoint())
    assert vm._rewinder is not None
    (part,) = vm._rewinder._planned().parts
    assert part.bytes_held == PAGES * len(memory)  # type: ignore[attr-defined]
    held.clear()
    assert part.bytes_held == len(memory)  # type: ignore[attr-defined]


def test_hooks_run_if_they_are_asked_for(devices: Any) -> None:
    calls: list[str] = []

    class Clock(devices.Clocked):  # type: ignore[misc, name-defined, unused-ignore]
        outside = 5

        def pre_save(self) -> None:
            calls.append("pre_save")
            self.ticks = self.outside

        def post_load(self, version: int) -> None:
            calls.append(f"post_load {version}")
            self.outside = self.ticks

    vm, clock = Machine("board"), Clock()
    vm.register(clock)
    plain = vm.checkpoint()
    assert calls == [] and clock.ticks == 0
    full = vm.checkpoint(hooks=True)
    assert calls == ["pre_save"] and clock.ticks == 5
    clock.outside = 9
    vm.rewind(plain)
    assert calls == ["pre_save"] and (clock.ticks, clock.outside) == (0, 9)
    vm.rewind(full)
    assert calls == ["pre_save", "post_load 1"] and (clock.ticks, clock.outside) == (5, 5)


def test_functions_save_and_load(devices: Any) -> None:
    vm, cells = Machine("board"), [1]

    def save(file: Any, opaque: Any) -> None:
        file.put_be32(cells[0])

    def load(file: Any, opaque: Any, version: int) -> None:
        assert version == 4
        cells[0] = file.get_be32()

    vm.register_savevm(None, "cells", 0, 4, save, load, cells)
    start = vm.checkpoint()
    cells[0] = 2
    vm.rewind(start)
    assert cells == [1]


class Level(Live):
    level = 1

    def checkpoint(self) -> object:
        return self.level

    def rewind(self, kept: Any) -> None:
        self.level = kept

    def disturb(self) -> None: ...

    def setup(self, file: Any) -> None: ...

    def iterate(self, file: Any, budget: int) -> bool:
        return True

    def complete(self, file: Any) -> None: ...

    def load(self, file: Any, kind: Any, version: int, check: bool) -> Any:
        return []


def test_live_state_of_the_users_own() -> None:
    vm, level = Machine("board"), Level()
    vm.register_live("level", level, version=1)
    start = vm.checkpoint()
    level.level = 2
    vm.rewind(start)
    assert level.level == 1


def test_live_state_that_cannot_is_named() -> None:
    class Other(Live):
        setup, iterate, complete, load = Level.setup, Level.iterate, Level.complete, Level.load

    vm = Machine("board")
    vm.register_live("other", Other(), version=1)
    with pytest.raises(CheckpointError, match="the live state section 'other' has no checkpoint") as error:
        vm.checkpoint()
    assert error.value.code == "no-rewind"


def test_a_checkpoint_is_of_one_machine(devices: Any) -> None:
    vm, _, _, _ = machine_of(devices)
    other, _, _, _ = machine_of(devices)
    with pytest.raises(CheckpointError, match="other devices than at the checkpoint, 3 sections here, 3 there"):
        other.rewind(vm.checkpoint())
    start = vm.checkpoint()
    vm.register(devices.Uart())
    with pytest.raises(CheckpointError, match="4 sections here, 3 there"):
        vm.rewind(start)
    vm.rewind(vm.checkpoint())


def test_blocks_that_came_later(devices: Any) -> None:
    vm, uart, _, _ = machine_of(devices)
    start = vm.checkpoint()
    vm.add_ram("more", bytearray(PAGE))
    uart.mode = 7
    with pytest.raises(CheckpointError, match="the RAM has other blocks"):
        vm.rewind(start)
    assert uart.mode == 7 and not vm.incomplete
    vm.rewind(vm.checkpoint())


def test_it_stands_still_and_goes_on(devices: Any) -> None:
    calls: list[str] = []
    vm = Machine("board", stop=lambda: calls.append("stop"), start=lambda: calls.append("start"))
    vm.register(devices.Uart())
    vm.start()
    start = vm.checkpoint()
    vm.rewind(start)
    assert calls == ["start", "stop", "start", "stop", "start"] and vm.running


def test_not_while_it_is_at_work(devices: Any) -> None:
    vm, _, _, _ = machine_of(devices)
    start = vm.checkpoint()
    with vm.migrated():
        for act in (vm.checkpoint, lambda: vm.rewind(start)):
            with pytest.raises(
                VMStateError, match="it is being saved, loaded, migrated, checkpointed or rewound already"
            ) as error:
                act()
            assert error.value.code == "busy"


def test_an_incomplete_machine_is_whole_again_after_a_rewind(devices: Any) -> None:
    vm, _, _, memory = machine_of(devices)
    start = vm.checkpoint()
    memory[0] = 1
    vm.incomplete = True
    with pytest.raises(VMStateError, match="cannot make a checkpoint"):
        vm.checkpoint()
    vm.rewind(start)
    assert not vm.incomplete and memory[0] == 0
    assert isinstance(vm.ram, GuestMemory)


DISK_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "checkpoint", "rewind", "drop"]),
        st.integers(0, 4),
        st.integers(0, 9 * 512 - 1),
    ),
    max_size=60,
)


@given(steps=DISK_STEPS)
@settings(deadline=None)
def test_disks_against_plain_copies(steps: list[tuple[str, int, int]]) -> None:
    vm, files = Machine("board"), [io.BytesIO(bytes(9 * 512)), io.BytesIO(bytes(17 * 512))]
    disks = [vm.add_block(name, file) for name, file in zip(("ide", "sd"), files, strict=True)]
    held: dict[int, tuple[Any, list[bytes]]] = {}
    for turn, (what, number, at) in enumerate(steps):
        if what == "write":
            disks[number % 2].write(at, bytes([turn + 1]) * min(number + 1, 9 * 512 - at))
        elif what == "checkpoint":
            held[number] = vm.checkpoint(), [file.getvalue() for file in files]
        elif what == "drop":
            held.pop(number, None)
        elif number in held:
            vm.rewind(held[number][0])
            assert [file.getvalue() for file in files] == held[number][1]
    for checkpoint, was in held.values():
        vm.rewind(checkpoint)
        assert [file.getvalue() for file in files] == was


def test_disks_do_not_grow_either() -> None:
    vm = Machine("board")
    disk = vm.add_block("ide", io.BytesIO(bytes(4 << 20)))
    start = vm.checkpoint()
    tracemalloc.start()
    for turn in range(3000):
        here = vm.checkpoint()
        disk.write(turn % 16 * 4096, turn.to_bytes(4, "big"))
        if turn % 2:
            vm.rewind(here)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 200_000
    vm.rewind(start)
    assert not any(disk.read(0, 65536))


def test_collected_with_its_machine(devices: Any) -> None:
    for _ in range(20):
        vm, uart, _, memory = machine_of(devices)
        kept: list[Any] = [vm, vm.checkpoint()]
        memory[0] = 1
        kept += [vm.checkpoint(), kept]
        del vm, uart, kept
        gc.collect()


def test_a_disk_that_fails_in_the_middle_is_rewound_later() -> None:
    class Failing(io.BytesIO):
        left = 1000

        def write(self, data: Any) -> int:
            self.left -= 1
            if not self.left:
                raise OSError("no")
            return super().write(data)

    vm, file = Machine("board"), Failing(bytes(1 << 20))
    disk = vm.add_block("ide", file)
    start = vm.checkpoint()
    for piece in range(8):
        disk.write(piece * 4096, b"a")
    later, was = vm.checkpoint(), file.getvalue()
    disk.write(3 * 4096, b"b")
    file.left = 5
    with pytest.raises(DiskError, match="disk 'ide' could not be put back at 12288: no") as caught:
        vm.rewind(start)
    assert (caught.value.disk, caught.value.place, str(caught.value.__cause__)) == ("ide", 3 * 4096, "no")
    assert vm.incomplete
    vm.rewind(later)
    assert file.getvalue() == was and not vm.incomplete
    vm.rewind(start)
    assert not any(file.getvalue())
