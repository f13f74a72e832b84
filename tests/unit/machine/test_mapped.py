"""Snapshots in which every page of RAM has a place of its own ("mapped-ram")."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vmstate.errors import FramingError, ValidationError, VMStateError
from vmstate.file import File
from vmstate.machine import DifferentMachineError, Machine, Switches

PAGE, PAGES = 4096, 300
PLACES = 1 << 20
"""Where the first block's pages lie: its list ends far below."""


def machine(board: Any, fill: int, **more: Any) -> tuple[Machine, bytearray, Any]:
    vm, memory, clock = Machine("x", **more), bytearray(PAGES * PAGE), board.Clock(ticks=fill)
    memory[7 * PAGE] = memory[8 * PAGE + 1] = memory[299 * PAGE + 4095] = fill
    vm.add_ram("main", memory)
    vm.register(clock)
    return vm, memory, clock


@pytest.fixture
def saved(board: Any, tmp_path: Path) -> Path:
    path = tmp_path / "x.vm"
    machine(board, 5)[0].save(path, mapped_ram=True)
    return path


def test_the_bytes(saved: Path) -> None:
    data = saved.read_bytes()
    assert data[:0xAB].hex() == (
        "5145564d00000003"
        "07 00000001 78 05 1a 636f6e66696775726174696f6e2f6361706162696c6974696573 00000001"
        "00000001 0a 6d61707065642d72616d"
        "01 00000000 03 72616d 00000000 00000004"
        "000000000012c004 04 6d61696e 000000000012c000"
        "00000001 0000000000001000 000000000000007f 0000000000100000"
        "8001000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000080000"
        "00000000"
    ).replace(" ", "")
    end = PLACES + PAGES * PAGE
    assert data[PLACES + 7 * PAGE] == data[PLACES + 8 * PAGE + 1] == data[end - 1] == 5
    assert data[end : end + 18].hex() == "0000000000000010" + "7e00000000" + "0200000000"
    assert os.stat(saved).st_blocks * 512 < PLACES  # noqa: PTH116


def description(path: Path) -> bytes:
    data = path.read_bytes()
    return data[data.rindex(b"\0\6\0\0") + 6 :]


def test_the_description_tells_of_the_configuration(board: Any, saved: Path) -> None:
    """QEMU's do that from 8.2 on, so all that know of such files."""
    assert description(saved).startswith(
        b'{"configuration": {"vmsd_name": "configuration", "version": 1, "fields": '
        b'[{"name": "len", "type": "uint32", "size": 4}, {"name": "name", "type": "buffer", "size": 1}], '
        b'"subsections": [{"vmsd_name": "configuration/capabilities", "version": 1, "fields": '
        b'[{"name": "caps_count", "type": "uint32", "size": 4}, '
        b'{"name": "capabilities", "type": "capability", "size": 11}]}]}, '
        b'"page_size": 4096, "devices": [{"name": "clock", '
    )
    plain, _, _ = machine(board, 5)
    assert b'configuration"' not in plain.dumps()


def test_all_of_a_configuration_is_described(board: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.vm"
    vm, _, _ = machine(board, 5, minimum_page_bits=11, capabilities=["validate-uuid"], uuid=b"uuid of 16 bytes")
    vm.save(path, mapped_ram=True)
    text = description(path)
    assert text[text.index(b'"subsections"') : text.index(b', "page_size"')] == (
        b'"subsections": [{"vmsd_name": "configuration/target-page-bits", "version": 1, "fields": '
        b'[{"name": "target_page_bits", "type": "uint32", "size": 4}]}, '
        b'{"vmsd_name": "configuration/capabilities", "version": 1, "fields": '
        b'[{"name": "caps_count", "type": "uint32", "size": 4}, '
        b'{"name": "capabilities", "array_len": 2, "type": "capability", "size": 14}]}, '
        b'{"vmsd_name": "configuration/uuid", "version": 1, "fields": '
        b'[{"name": "uuid.data", "array_len": 16, "type": "uint8", "size": 1}]}]}'
    )
    vm.load(path)


@pytest.mark.parametrize("missing", ["refuse", "keep"])
def test_there_and_back(board: Any, saved: Path, missing: str) -> None:
    vm, memory, clock = machine(board, 9)
    memory[100 * PAGE] = 1
    vm.load(saved, missing=missing)
    assert (bytes(memory), clock.ticks, vm.incomplete) == (bytes(machine(board, 5)[1]), 5, False)
    # Nothing of it stays: what is saved next is a stream like any other.
    plain, _, _ = machine(board, 5)
    assert vm.dumps() == plain.dumps()


def test_it_is_loaded_from_where_it_begins_in_a_file(board: Any, tmp_path: Path) -> None:
    path, (here, memory, _), (there, loaded, _) = tmp_path / "both", machine(board, 5), machine(board, 9)
    with path.open("w+b") as raw:
        raw.write(b"something else, " * 1000)
        raw.flush()
        with File.from_fd(raw.fileno(), "w", close=False) as file:
            here.save_to(file, mapped_ram=True)
    there.incoming(f"file:{path},offset=16000")
    assert loaded == memory


def test_a_refused_one_changes_nothing(board: Any, saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    at = data.index(b"\x05clock") + 6 + 8
    data[at : at + 4] = (1001).to_bytes(4, "big")
    saved.write_bytes(data)
    vm, memory, clock = machine(board, 9)
    before = bytes(memory)
    with pytest.raises(ValidationError, match="found 1001"):
        vm.load(saved)
    assert (bytes(memory), clock.ticks, vm.incomplete) == (before, 9, False)


@pytest.mark.parametrize(
    "size", [0x60, 0x90, 0xB0, PLACES + 7 * PAGE, PLACES + PAGES * PAGE - 1, PLACES + PAGES * PAGE + 4]
)
def test_one_that_is_cut_off(board: Any, saved: Path, size: int) -> None:
    os.truncate(saved, size)
    vm, memory, _ = machine(board, 9)
    before = bytes(memory)
    with pytest.raises(VMStateError) as caught:
        vm.load(saved)
    assert bytes(memory) == before and caught.value.offset is not None


CUT_WHILE_IT_LOADS = """
import os, sys, threading
from vmstate import Machine, TruncatedError

path, memory = sys.argv[1], bytearray(b"\1") * (64 << 20)
vm = Machine("x")
vm.add_ram("main", memory)
vm.save(path, mapped_ram=True)

def cut():
    while memory[0] == 9:
        pass
    os.truncate(path, 2 << 20)

for _ in range(20):  # until the cut comes before the load's end
    memory[0] = 9
    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        vm.load(path)
    except TruncatedError as error:
        print(error.offset >= 1 << 20, vm.incomplete)
        break
    finally:
        cutter.join()
    vm.save(path, mapped_ram=True)
"""


def test_one_that_is_cut_off_while_it_is_loaded(tmp_path: Path) -> None:
    """In a process of its own: a file that was mapped would end it."""
    command = [sys.executable, "-c", CUT_WHILE_IT_LOADS, str(tmp_path / "x.vm")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True True\n"), done.stderr


def test_a_page_among_the_records_behind(board: Any, saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    end = PLACES + PAGES * PAGE
    data[end : end + 8] = (8).to_bytes(8, "big") + b"\4main" + bytes(PAGE) + (16).to_bytes(8, "big")
    saved.write_bytes(data)
    with pytest.raises(FramingError, match=f"at offset {end}: a page among the records of a mapped file"):
        machine(board, 9)[0].load(saved)


def test_other_blocks(board: Any, saved: Path) -> None:
    vm = Machine("x")
    vm.add_ram("main", bytearray(2 * PAGE))
    vm.register(board.Clock())
    with pytest.raises(DifferentMachineError, match="RAM block 'main'"):
        vm.load(saved)


def test_from_a_channel_it_cannot_be_loaded(board: Any, saved: Path) -> None:
    vm, memory, _ = machine(board, 9)
    before = bytes(memory)
    with pytest.raises(FramingError, match="a mapped file, from a stream that cannot be read at any place"):
        vm.incoming(f"exec:cat {saved}")
    assert bytes(memory) == before and not vm.incomplete


def test_what_has_no_places(board: Any, tmp_path: Path) -> None:
    path = tmp_path / "y"
    with pytest.raises(ValueError, match="one that is not compressed"):
        machine(board, 5)[0].save(path, mapped_ram=True, compression="zstd")
    with pytest.raises(ValueError, match="without a configuration"):
        machine(board, 5, switches=Switches(configuration=False))[0].save(path, mapped_ram=True)
    with pytest.raises(ValueError, match="has no RAM"):
        Machine("x").save(path, mapped_ram=True)
    with pytest.raises(ValueError, match="mapped-ram is no capability of a machine"):
        Machine("x", capabilities=["mapped-ram"])
    with File.to_bytes() as file, pytest.raises(ValueError, match="in a plain file"):
        machine(board, 5)[0].save_to(file, mapped_ram=True)
    assert list(tmp_path.iterdir()) == []
    with path.open("ab") as raw, File.from_fd(raw.fileno(), "w", close=False) as file:  # noqa: SIM117
        with pytest.raises(ValueError, match="in a plain file"):
            machine(board, 5)[0].save_to(file, mapped_ram=True)
    assert path.read_bytes() == b""
