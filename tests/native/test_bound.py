"""Structs of a program's own, `for "SerialState" in "port.h"`: its C, and what is asked of its members."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native.test_machine import compile_program, compiler, run
from tests.native.test_native import STRICT
from vmsgen.cli.build import build
from vmstate.locations import get_include

__all__ = ["compiler"]

pytestmark = pytest.mark.native

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bound")
    build([HERE / "bound.vms"], folder, c_only=True)
    return folder


def test_a_program_with_structs_of_its_own(compiler: str, emitted: Path, tmp_path: Path) -> None:
    """Literal bytes, refusals, and what nobody declared, which stays as it is."""
    assert run([compile_program(compiler, "bound", emitted, tmp_path, "bound")]) == "bound: all is well\n"


def test_the_header_is_good_cpp(emitted: Path, tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    (tmp_path / "one.cpp").write_text('#include "bound.h"\nvoid f(SerialState *s) { port_init(s); }\n')
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    run(["g++", *flags, f"-I{get_include()}", "-iquote", str(emitted), "-iquote", str(HERE), str(tmp_path / "one.cpp")])


@pytest.mark.parametrize(
    ("member", "instead", "says"),
    [
        ("uint16_t divider;", "uint32_t divider;", "divider: uint16_t divider"),
        ("uint16_t divider;", "int16_t divider;", "divider: uint16_t divider"),
        ("uint8_t *data;", "uint8_t data[15];", "data: uint8_t data[16]"),
        ("uint8_t *data;", "const uint8_t *data;", "data: uint8_t data[16]"),
        ("uint8_t *data;", "uint16_t *data;", "data: uint8_t data[16]"),
        ("uint8_t priority;", "uint8_t priority_;", "priority"),
        ("bool irq, levels[2];", "bool irq, levels[3];", "levels: uint8_t levels[2]"),
        ("uint8_t *frame;", "uint8_t frame[64];", "frame: uint8_t *frame"),
        ("uint32_t frame_count;", "uint16_t frame_count;", "frame_count: uint32_t frame_count"),
        ("uint32_t z, y, x;", "uint64_t z, y, x;", "position.x: uint32_t x"),
        ("    } *windows;", "    } windows[1];", "windows: 2 of them"),
        ("Fifo8 queue;", "struct Fifo9 { uint8_t used; uint8_t data[16]; } queue;", "queue: Fifo8 queue"),
    ],
)
def test_members_are_asked_for(
    compiler: str, emitted: Path, tmp_path: Path, member: str, instead: str, says: str
) -> None:
    """What does not fit does not compile, and the message names it."""
    header = (HERE / "port.h").read_text()
    assert member in header
    (tmp_path / "port.h").write_text(header.replace(member, instead))
    refused = compile_bound(compiler, emitted, tmp_path)
    assert refused.returncode and f"has no such {says}" in refused.stderr, refused.stderr


def test_an_array_without_a_length(compiler: str, emitted: Path, tmp_path: Path) -> None:
    """It would pass for one of any length, in clang."""
    header = (
        (HERE / "port.h").read_text().replace("uint8_t *data;", "").replace("uint8_t used;", "uint8_t used, data[];")
    )
    (tmp_path / "port.h").write_text(header)
    refused = compile_bound(compiler, emitted, tmp_path)
    assert refused.returncode and re.search("sizeof.* incomplete type", refused.stderr), refused.stderr


def test_a_missing_member(compiler: str, emitted: Path, tmp_path: Path) -> None:
    (tmp_path / "port.h").write_text((HERE / "port.h").read_text().replace("uint8_t answer;", ""))
    refused = compile_bound(compiler, emitted, tmp_path)
    assert refused.returncode and re.search(r"no member named .answer.", refused.stderr)


def test_constants_are_the_program_s(emitted: Path) -> None:
    assert "FIFO_SIZE" not in (emitted / "bound.h").read_text()


def test_python_has_states_of_its_own(emitted: Path, tmp_path: Path) -> None:
    """A module is built as if the schema did not bind, and has the same bytes."""
    build([HERE / "bound.vms"], tmp_path / "devices_of_its_own")
    assert "struct SerialState" not in (tmp_path / "devices_of_its_own" / "bound.h").read_text()
    sys.path.insert(0, str(tmp_path))
    try:
        module = importlib.import_module("devices_of_its_own.bound")
    finally:
        sys.path.remove(str(tmp_path))
    data = bytes.fromhex("000d 010100 09 02 6869 00000007 00000008 010201 000300 0003 616263 04 06")
    port = module.Port(ncpus=4)
    port.restore(data, version=3)
    assert (port.divider, bytes(port.queue.data), port.windows[0].base, port.priority_) == (13, b"hi", 0x102, 6)
    assert port.save() == data


def compile_bound(compiler: str, emitted: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    where = [f"-I{get_include()}", "-iquote", str(folder), "-iquote", str(emitted)]
    command = [compiler, *STRICT, *where, "-c", str(emitted / "bound.c"), "-o", str(folder / "bound.o")]
    return subprocess.run(command, capture_output=True, text=True, check=False)
