"""vms_file.h from C alone: small programs, under `VMS_SANITIZE=1` with the sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.native.test_native import COMPILERS, ROOT, SANITIZE, STRICT, run
from vmstate.locations import get_include, get_sources

pytestmark = pytest.mark.native

HERE = Path(__file__).parent
SOURCES = sorted((ROOT / "runtime" / "src").glob("file_*.c"))


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", ["file", "file_memory", "file_descriptor", "file_lend", "file_terminal"])
def test_files_in_a_c_program(compiler: str, name: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    sanitize = SANITIZE if os.environ.get("VMS_SANITIZE") else []
    sources = [HERE / f"{name}_main.c", *SOURCES, *get_sources()]
    target = tmp_path / "program"
    where = [f"-I{get_include()}", "-iquote", str(HERE), "-pthread"]
    command = [compiler, *STRICT, *sanitize, *where, "-o", str(target), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and sanitize and "asan" in done.stderr and "cannot find" in done.stderr:
        pytest.skip(f"{compiler} has no sanitizers here; on Debian clang's are in libclang-rt-14-dev")
    assert done.returncode == 0, done.stderr
    assert run([str(target)], cwd=tmp_path) == f"{name}: all is well\n"


def test_the_header_is_good_cpp(tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    source = tmp_path / "header.cpp"
    source.write_text('#include "vms_file.h"\nint main() { return vms_file_to_memory() == nullptr; }\n')
    run(
        [
            "g++",
            "-std=c++17",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-fsyntax-only",
            f"-I{get_include()}",
            str(source),
        ]
    )
