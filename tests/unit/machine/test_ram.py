"""RAM in machines."""

from __future__ import annotations

import mmap
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.machine.kept import Kept
from vmstate.errors import ValidationError
from vmstate.file import File
from vmstate.machine import Difference, DifferentMachineError, Machine, Switches
from vmstate.ram import Marking, Ram, RamBlock, Shadow, Userfault

BARE = Switches(configuration=False, footers=False, description=False)
PAGE = 4096


def test_no_ram_is_said_too() -> None:
    vm = Machine("none", switches=BARE)
    assert vm.ram.blocks == []
    assert vm.dumps().hex(" ", -4) == (
        "5145564d 00000003 01000000 00037261 6d000000 00000000 04000000 00000000 04000000 00000000 "
        "10030000 00000000 00000000 001000"
    )


def machine(devices: Any, **blocks: int) -> tuple[Machine, dict[str, bytearray], Any]:
    vm = Machine("x")
    memory = {name: bytearray(pages * PAGE) for name, pages in blocks.items()}
    for name, data in memory.items():
        vm.add_ram(name, data)
    clock = devices.Clock()
    vm.register(clock)
    return vm, memory, clock


def test_there_and_back(board: Any) -> None:
    here, memory, _ = machine(board, main=5, rom=1)
    memory["main"][PAGE : 2 * PAGE] = b"a" * PAGE
    memory["rom"][7] = 9
    there, loaded, _ = machine(board, main=5, rom=1)
    loaded["main"][:] = b"?" * (5 * PAGE)
    data = here.dumps()
    there.loads(data)
    assert loaded == memory
    assert len(data) < 2 * PAGE + 500


def test_all_differences_of_blocks_are_told(board: Any) -> None:
    here, _, _ = machine(board, main=5, rom=1, extra=2)
    there, _, _ = machine(board, main=4, rom=1, vga=3)
    with pytest.raises(DifferentMachineError) as caught:
        there.loads(here.dumps())
    assert set(caught.value.differences) == {
        Difference("ram-length", "RAM block 'main'", 4 * PAGE, 5 * PAGE),
        Difference("ram-unknown", "RAM block 'extra'", None, 2 * PAGE),
        Difference("ram-missing", "RAM block 'vga'", 3 * PAGE, None),
    }


@pytest.mark.parametrize("how", ["memory", "pipe", "mapped"])
def test_a_block_that_is_not_in_the_stream_may_be_kept(board: Any, tmp_path: Path, how: str) -> None:
    here, memory, _ = machine(board, main=2)
    memory["main"][:] = b"n" * (2 * PAGE)
    there, loaded, _ = machine(board, main=2, vga=1)
    loaded["vga"][:] = b"v" * PAGE
    here.save(tmp_path / "x", mapped_ram=how == "mapped")
    vga = Difference("ram-missing", "RAM block 'vga'", PAGE, None)

    def load(missing: str) -> None:
        if how == "pipe":
            with File.from_bytes((tmp_path / "x").read_bytes()) as file:
                there.load_from(file, missing=missing)
        else:
            there.load(tmp_path / "x", missing=missing)

    load("keep")
    assert loaded == {"main": b"n" * (2 * PAGE), "vga": b"v" * PAGE}
    with pytest.raises(DifferentMachineError) as caught:
        load("refuse")
    assert caught.value.differences == (vga,)
    assert loaded["vga"] == b"v" * PAGE and not there.incomplete


@pytest.mark.parametrize("how", ["memory", "shadow", "pipe"])
def test_a_refused_device_and_what_becomes_of_ram(board: Any, how: str) -> None:
    here, memory, clock = machine(board, main=2)
    memory["main"][:] = b"n" * (2 * PAGE)
    clock.ticks = 1000
    data = here.dumps().replace((1000).to_bytes(4, "big"), (1001).to_bytes(4, "big"))
    there, loaded, _ = machine(board, main=2)
    loaded["main"][:] = b"o" * (2 * PAGE)
    with pytest.raises(ValidationError), File.from_bytes(data) as file:
        there.loads(data) if how == "memory" else there.load_from(file, shadow=how == "shadow")
    assert (loaded["main"] == b"o" * (2 * PAGE), there.incomplete) == ((how != "pipe"), how == "pipe")


IGNORED = (
    "5145564d 00000003"
    "07 00000001 78 05 1a 636f6e66696775726174696f6e2f6361706162696c6974696573 00000001"
    "00000001 0f 782d69676e6f72652d736861726564"
    "01 00000000 03 72616d 00000000 00000004"
    "0000000000003004"
    "06 70632e72616d 0000000000002000 0000000000100000"
    "03 766761 0000000000001000 00000000000a0000"
    "0000000000000010 7e00000000"
    "02 00000000 0000000000000008 03 766761"
)


def test_the_bytes_of_ignored_blocks() -> None:
    """All blocks have their address in the list; of the ignored one there are no pages."""

    def shared(ignored: bool = True, address: int = 0x100000) -> tuple[Machine, bytearray, bytearray]:
        vm, main, vga = Machine("x", capabilities=["x-ignore-shared"]), bytearray(2 * PAGE), bytearray(b"v" * PAGE)
        vm.add_ram("pc.ram", main, ignored=ignored, address=address)
        vm.add_ram("vga", vga, address=0xA0000)
        return vm, main, vga

    here, main, _ = shared()
    main[:] = b"m" * (2 * PAGE)
    data = here.dumps()
    wanted = bytes.fromhex(IGNORED)
    assert data[: len(wanted)] == wanted and data[len(wanted) :].startswith(b"v" * PAGE) and b"m" not in data[150:-200]
    there, main, vga = shared()
    vga[:] = bytes(PAGE)
    there.loads(data)
    assert (main, vga) == (bytes(2 * PAGE), b"v" * PAGE)
    elsewhere, _, _ = shared(address=0x200000)
    with pytest.raises(DifferentMachineError) as caught:
        elsewhere.loads(data)
    assert caught.value.differences == (Difference("ram-address", "RAM block 'pc.ram'", 0x200000, 0x100000),)
    with pytest.raises(ValueError, match="only where both machines have the capability x-ignore-shared"):
        Machine("x").add_ram("pc.ram", bytearray(PAGE), ignored=True)


@pytest.mark.parametrize("xbzrle", [0, 1 << 20])
@pytest.mark.parametrize("tracker", ["best", "shadow", "marking"])
def test_a_guest_that_writes_all_the_time(board: Any, tracker: str, xbzrle: int) -> None:
    pages, stop = 512, threading.Event()
    memory, loaded = mmap.mmap(-1, pages * PAGE), mmap.mmap(-1, pages * PAGE)
    running: list[threading.Thread] = []

    def run() -> None:
        count = int.from_bytes(memory[:8], "big")
        while not stop.wait(0.0002):
            count += 1
            for at in (0, (count % pages) * PAGE + 64):
                memory[at : at + 8] = count.to_bytes(8, "big")
                if tracker == "marking":
                    here.ram.marking.mark(0, at, 8)

    def start() -> None:
        stop.clear()
        running.append(threading.Thread(target=run))
        running[-1].start()

    def halt() -> None:
        stop.set()
        running[-1].join()

    here, there = Machine("x", stop=halt, start=start), Machine("x")
    here.add_ram("main", memory)
    there.add_ram("main", loaded)
    here.ram.xbzrle_cache = xbzrle
    here.ram.tracker = {"best": None, "shadow": Shadow, "marking": lambda: here.ram.marking}[tracker]
    assert isinstance(here.ram.marking if tracker == "marking" else Marking(here.ram.ram), Marking)
    here.start()
    while not any(memory[:8]):
        time.sleep(0.001)
    one, other = socket.socketpair()
    receiver = threading.Thread(target=lambda: there.incoming(f"fd:{other.detach()}"))
    receiver.start()
    migration = here.migrate(f"fd:{one.detach()}", downtime_limit=0.0, bandwidth=300_000)
    for stats in migration:
        if stats.elapsed > 0.4:
            migration.downtime_limit, migration.bandwidth = 1.0, 0
    receiver.join()
    migration.result()
    assert int.from_bytes(memory[:8], "big") > 0
    assert memory[:] == loaded[:]


@pytest.mark.parametrize("chosen", [False, True])
def test_memory_that_somebody_else_has_watched(chosen: bool) -> None:
    """The kernel lets only one watch it. Where nobody chose a tracker, memory is compared; else that is an error."""
    if not Userfault.works():
        pytest.skip("this kernel does not report writes by userfaultfd")
    memory, loaded = mmap.mmap(-1, 600 * PAGE), bytearray(600 * PAGE)
    memory[:] = b"x" * len(memory)
    other, here, there = Userfault(), Machine("x"), Machine("x")
    here.add_ram("main", memory)
    there.add_ram("main", loaded)
    if chosen:
        here.ram.tracker = Userfault
    other.start(Ram([RamBlock("its name here", memory)]))
    stream = Kept(lambda: memory.__setitem__(slice(0, 4), b"late"))
    migration = here.migrate(File.from_file(stream))
    if chosen:
        with pytest.raises(OSError, match="userfaultfd for <RamBlock 'main'"):
            migration.result(30)
        return
    migration.result(30)
    there.loads(stream.getvalue())
    assert memory[:4] == b"late" and loaded == memory[:]
    kept = here.checkpoint()
    memory[5] = 5
    here.rewind(kept)
    assert loaded == memory[:]
    other.stop()


def test_numbers_that_cannot_be() -> None:
    vm = Machine("x")
    for size in (-1, 1 << 62):
        with pytest.raises(ValueError, match="xbzrle_cache is at least 0 bytes, not"):
            vm.ram.xbzrle_cache = size
    with pytest.raises(TypeError, match="xbzrle_cache is a number of bytes, not None"):
        vm.ram.xbzrle_cache = None  # type: ignore[assignment]
    for name in ("downtime_limit", "bandwidth"):
        with pytest.raises(TypeError, match=f"{name} is a number, not None"):
            vm.migrate("exec:true", **{name: None})
        with pytest.raises(ValueError, match=f"{name} is at least 0, not -1"):
            vm.migrate("exec:true", **{name: -1})
