"""vms_machine.h from C alone, under `VMS_SANITIZE=1` with the sanitizers."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from tests.native.test_native import HERE, ROOT, compiler, emitted, program, run
from vmstate.library import build
from vmstate.locations import get_include

__all__ = ["compiler", "emitted"]
pytestmark = pytest.mark.native
SOURCES = sorted((ROOT / "runtime" / "src").glob("machine_*.c"))


def test_a_machine_in_a_c_program(compiler: str, emitted: Path, tmp_path: Path) -> None:
    sources = [HERE / "machine_main.c", *SOURCES, emitted / "uart.c"]
    assert run(program(compiler, sources, tmp_path, emitted)) == "machine: all is well\n"


def test_the_library_and_its_pkg_config_file(compiler: str, emitted: Path, tmp_path: Path) -> None:
    if not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    folder = tmp_path / "a folder"
    described = build(folder)
    assert described == folder / "lib" / "pkgconfig" / "vmstate.pc"
    sources = f"{shlex.quote(str(HERE / 'machine_main.c'))} {shlex.quote(str(emitted / 'uart.c'))}"
    where = f"PKG_CONFIG_PATH={shlex.quote(str(described.parent))}"
    own = f"-iquote {shlex.quote(str(emitted))} -iquote {shlex.quote(str(HERE))}"
    line = f'eval "{compiler} {own} -o program {sources} $({where} pkg-config --cflags --libs vmstate)"'
    run(["sh", "-c", line], cwd=tmp_path)
    assert run([str(tmp_path / "program")]) == "machine: all is well\n"


def test_the_header_is_good_cpp(tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    (tmp_path / "a.cpp").write_text('#include "vms_machine.h"\n')
    run(["g++", "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", f"-I{get_include()}",
         str(tmp_path / "a.cpp")])  # fmt: skip
