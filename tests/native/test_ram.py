"""The C of guest memory without Python: strict compilers, with and without AVX2, and the sanitizers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.native.test_native import COMPILERS, SANITIZE, STRICT, run
from vmstate.locations import get_include, get_sources

pytestmark = pytest.mark.native

HERE = Path(__file__).parent
PROGRAMS = ("ram", "ram_refused", "xbzrle", "dirty", "multifd", "mapped", "rewind")
PATTERNS = ("pages.c", "xbzrle*.c", "dirty*.c", "ram_*.c", "multifd*.c", "rewind*.c")


def ram_sources() -> list[str]:
    folder = Path(get_sources()[0]).parent
    return sorted(str(path) for pattern in PATTERNS for path in folder.glob(pattern))


@pytest.fixture(params=COMPILERS)
def strict(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """A compiler and its flags, after it has shown that it works with them."""
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    command = [name, *STRICT, *(SANITIZE if os.environ.get("VMS_SANITIZE") else []), "-pthread"]
    source = tmp_path / "probe.c"
    source.write_text("int main(void) { return 0; }\n")
    try:
        run([*command, str(source), "-o", str(tmp_path / "probe")])
    except AssertionError:
        pytest.skip(f"{name} has no sanitizers here; on Debian clang's are in libclang-rt-14-dev")
    return command


@pytest.mark.parametrize("more", [[], ["-DVMS_NO_CLONES"]], ids=["wide", "plain"])
def test_programs(strict: list[str], tmp_path: Path, more: list[str]) -> None:
    """All of them over one archive: compiling takes longer than running."""
    command = [*strict, *more, f"-I{get_include()}", "-iquote", str(HERE)]
    run([*command, "-c", *get_sources(), *ram_sources()], cwd=tmp_path)
    run(["ar", "rcs", "libram.a", *sorted(path.name for path in tmp_path.glob("*.o"))], cwd=tmp_path)
    for name in PROGRAMS:
        target = tmp_path / name
        run([*command, "-o", str(target), str(HERE / f"{name}_main.c"), str(tmp_path / "libram.a")])
        assert run([str(target)]).startswith(f"{name}: all is well")


def test_headers_are_good_cpp(tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    source = tmp_path / "headers.cpp"
    headers = ["vms_ram.h", "vms_dirty.h", "vms_xbzrle.h", "vms_mapped.h", "vms_multifd.h", "vms_rewind.h"]
    source.write_text("".join(f'#include "{name}"\n' for name in headers))
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    run(["g++", *flags, f"-I{get_include()}", str(source)])
