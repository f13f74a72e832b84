"""The example's machine moves to another process while it runs, and nobody can tell afterwards."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from examples.tinyvm import pattern, show
from examples.tinyvm.modules import ROOT
from examples.tinyvm.roles import DISK, Options

SMALL = Options(ram=4 << 20, seconds=0.2)


def moved(name: str, options: Options) -> show.Move:
    """Both processes have checked all that the machine holds; what went between them is checked here."""
    found = show.move(name, options)
    halted, resumed, whole = found.sender["halted"], found.receiver["resumed"], found.receiver["whole"]
    assert found.sender["whole"]["step"] == halted["step"] == resumed["step"] > 100
    assert whole["step"] > resumed["step"] + 100
    assert halted["memory"] == resumed["memory"]
    lines = found.console.splitlines(keepends=True)
    assert lines[:2] == [b"00000001\n", b"00000002\n"]
    assert len(found.console) == pattern.sent(whole["step"])
    numbers = [int(each, 16) for each in lines if each.endswith(b"\n")]
    assert numbers == list(range(1, whole["step"] // pattern.PERIOD + 1))[: len(numbers)] and len(numbers) > 2
    assert found.faults() == []
    return found


@pytest.mark.parametrize("name", ["tcp", "unix", "exec", "fd", "file"])
def test_over_every_transport(name: str) -> None:
    moved(name, SMALL)


def test_with_all_of_its_memory() -> None:
    moved("tcp", Options(seconds=0.2))


def test_with_changes_instead_of_pages() -> None:
    """A bandwidth that makes it take several rounds, of pages that were sent before."""
    found = moved("unix", replace(SMALL, xbzrle=4 << 20, bandwidth=4 << 20, downtime=0.02))
    assert found.sender["halted"]["xbzrle"] > 50


@pytest.mark.parametrize("compression", ["none", "zlib", "zstd"])
def test_with_channels_for_pages(compression: str) -> None:
    found = moved("tcp", replace(SMALL, channels=2, compression=compression))
    plain = SMALL.ram // 2
    assert (found.sender["halted"]["sent"] > plain) == (compression == "none")


@pytest.mark.parametrize("name", ["tcp", "file"])
def test_with_a_disk(name: str) -> None:
    """Which the guest goes on writing to. A megabyte of zeros, of which there is none, would be few bytes."""
    found = moved(name, replace(SMALL, disk=Path("disk")))
    assert found.sender["halted"]["sent"] > SMALL.ram // 2 + DISK


def test_channels_need_sockets() -> None:
    with pytest.raises(show.FailedError, match="need tcp: or unix:"):
        show.move("fd", replace(SMALL, channels=2))


def test_a_snapshot_goes_on_where_it_was_made(tmp_path: Path) -> None:
    verb = [sys.executable, "-m", "examples.tinyvm", "run", "--ram=1M", "--seconds=0.1", "--json"]

    def told(*arguments: str) -> dict[str, dict[str, Any]]:
        out = subprocess.run([*verb, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return {event["event"]: event for event in map(json.loads, out.splitlines())}

    saved = told(f"--save={tmp_path}/a.vm")["saved"]["step"]
    found = told(f"--load={tmp_path}/a.vm")
    assert found["started"]["step"] == saved > 100 and found["whole"]["step"] > saved


def test_nobody_there(tmp_path: Path) -> None:
    """It runs on, which is checked; and the status says that it did not leave."""
    command = [sys.executable, "-m", "examples.tinyvm", "send", f"unix:{tmp_path}/nobody", "--ram=1M", "--seconds=0.1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "the migration has failed, the machine runs on" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("whole after step ")


def test_memory_that_lost_a_step_is_found(tmp_path: Path) -> None:
    """The checks can fail: a page, a register, a line."""
    from examples.tinyvm.board import Board
    from examples.tinyvm.modules import build

    disk = io.BytesIO(bytes(1 << 20))
    board = Board(build(), 1 << 20, 0, len, disk)
    board.run(3000)
    assert board.faults() == []
    disk.getbuffer()[5 * 512] ^= 1
    assert [fault.split()[0] for fault in board.faults()] == ["disk"]
    disk.getbuffer()[5 * 512] ^= 1
    board.memory[5 * pattern.PAGE] ^= 1
    assert board.faults() == ["page 5 of memory"]
    board.memory[5 * pattern.PAGE] ^= 1
    board.cpu.steps += 1
    assert [fault.split()[0] for fault in board.faults()] == ["accumulator", "timer.left", "page"]
    board.cpu.steps -= 1
    board.cpu.accumulator ^= 1
    board.uart.sent += 1
    assert [fault.split()[0] for fault in board.faults()] == ["accumulator", "uart.sent"]
