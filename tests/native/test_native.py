"""The C without Python: strict compilers, small programs, and under `VMS_SANITIZE=1` the sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from vmsgen.cli.build import build
from vmstate.locations import get_include, get_sources

pytestmark = pytest.mark.native

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COMPILERS = ("gcc", "clang")
STRICT = ["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
SCHEMAS = [
    HERE.parent / "golden" / "uart.vms",
    HERE.parent / "wire" / "wire.vms",
    *sorted((ROOT / "schemas" / "qemu").glob("*.vms")),
    *sorted((ROOT / "benchmarks" / "schemas").glob("*.vms")),
]


@pytest.fixture(params=COMPILERS)
def compiler(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    name: str = request.param
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    if os.environ.get("VMS_SANITIZE"):
        source = tmp_path / "probe.c"
        source.write_text("int main(void) { return 0; }")
        command = [name, *SANITIZE, str(source), "-o", str(tmp_path / "probe")]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"{name} has no sanitizers here; on Debian clang's are in libclang-rt-14-dev")
    return name


@pytest.fixture(scope="session")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("native")
    build(SCHEMAS, folder, emit_only=True)
    build([HERE / "rest.vms"], folder, c_only=True)
    return folder


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, " ".join(command) + "\n" + done.stdout + done.stderr
    return done.stdout


def program(compiler: str, sources: list[Path], folder: Path, emitted: Path, *more: str) -> list[str]:
    sanitize = SANITIZE if os.environ.get("VMS_SANITIZE") else []
    target = folder / "program"
    where = [f"-I{get_include()}", f"-I{emitted}", f"-I{HERE}"]
    run([compiler, *STRICT, *sanitize, *more, *where, "-o", str(target), *map(str, sources), *get_sources()])
    return [str(target)]


def test_a_device_in_a_c_program(compiler: str, emitted: Path, tmp_path: Path) -> None:
    command = program(compiler, [HERE / "uart_main.c", emitted / "uart.c"], tmp_path, emitted)
    assert run(command) == "uart: all is well\n"


def test_what_lies_outside_of_a_state(compiler: str, emitted: Path, tmp_path: Path) -> None:
    command = program(compiler, [HERE / "rest_main.c", emitted / "rest.c"], tmp_path, emitted)
    assert run(command) == "rest: all is well\n"


@pytest.mark.parametrize("more", [[], ["-DVMS_NO_CLONES"]], ids=["wide", "plain"])
def test_arrays_and_expressions(compiler: str, emitted: Path, tmp_path: Path, more: list[str]) -> None:
    assert run(program(compiler, [HERE / "arrays_main.c"], tmp_path, emitted, *more)) == "arrays: all is well\n"


def test_all_emitted_c_compiles_without_a_warning(compiler: str, emitted: Path, tmp_path: Path) -> None:
    sources = [path for path in sorted(emitted.glob("*.c")) if not path.name.startswith("_")]
    assert len(sources) > 40
    for path in sources:
        run([compiler, *STRICT, f"-I{get_include()}", "-c", str(path), "-o", str(tmp_path / "object.o")])


def test_headers_are_good_cpp(emitted: Path, tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    source = tmp_path / "all.cpp"
    source.write_text("".join(f'#include "{name}.h"\n' for name in ("uart", "wire", "serial", "pckbd")))
    run(
        [
            "g++",
            "-std=c++17",
            "-Wall",
            "-Wextra",
            "-Werror",
            f"-I{get_include()}",
            f"-I{emitted}",
            "-c",
            str(source),
            "-o",
            str(tmp_path / "o.o"),
        ]
    )
