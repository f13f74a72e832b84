"""QEMU's own analyze-migration.py reads what the example's machine writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.tinyvm import pattern
from examples.tinyvm.board import Board
from examples.tinyvm.modules import build
from tests.qemu.test_descriptions import script

STEPS = 2048 * 3 + 64 * 2 + 4
"""The drive is within its fourth sector, the serial port within a line."""


@pytest.fixture
def board() -> Board:
    made = Board(build(), 1 << 20, 0, len)
    made.run(STEPS)
    assert made.faults() == []
    return made


def write(board: Board, path: Path, how: str) -> None:
    if how == "save":
        board.vm.save(path)
    else:
        board.vm.migrate(f"file:{path}").result(30)


@pytest.mark.parametrize("how", ["save", "migrate"])
def test_it_is_decoded(board: Board, tmp_path: Path, how: str) -> None:
    program = script("analyze-migration.py")
    write(board, tmp_path / "stream", how)
    command = [sys.executable, str(program), "-f", str(tmp_path / "stream")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found = {name.partition(" ")[0]: value for name, value in found.items()}
    assert found["ram"] == {"section sizes": {"ram": "0x0000000000100000"}}
    assert found["tiny_cpu"] == {"steps": f"{STEPS:#018x}", "accumulator": f"{pattern.accumulator(STEPS):#018x}"}
    assert found["tiny_timer"] == {"period": "0x00000040", "left": "0x0000003c", "fired": f"{98:#018x}"}
    waiting = found["tiny_uart"].pop("tiny_uart/waiting")
    assert found["tiny_uart"] == {"sent": f"{97 * 9 + 5:#018x}"}
    assert waiting == {"count": "0x04", "data": ["0x30", "0x36", "0x32", "0x0a"]}
    drive = found["ide_drive"]
    assert bytes(int(each, 16) for each in drive["identify_data"][:11]) == b"TINYVM DISK"
    assert drive["status"] == "0x08"
    transfer = drive["ide_drive/pio_state"]
    assert transfer["cur_io_buffer_offset"] == f"{STEPS % 2048:#010x}"
    assert bytes(int(each, 16) for each in transfer["io_buffer"][:512]) == pattern.sector(3)


def test_its_memory_is_extracted(board: Board, tmp_path: Path) -> None:
    program = script("analyze-migration.py")
    write(board, tmp_path / "stream", "save")
    command = [sys.executable, str(program), "-x", "-f", str(tmp_path / "stream")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ram").read_bytes() == bytes(board.memory)


def test_memory_with_places_in_the_file_is_extracted(board: Board, tmp_path: Path) -> None:
    program = script("analyze-migration.py")
    if "mapped-ram" not in program.read_text():
        pytest.skip("this analyze-migration.py is older than QEMU 9.0, which has such files first")
    board.vm.save(tmp_path / "stream", mapped_ram=True)
    command = [sys.executable, str(program), "-x", "-f", str(tmp_path / "stream")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ram").read_bytes() == bytes(board.memory)
    assert '"steps": ' in (tmp_path / "state.json").read_text()
