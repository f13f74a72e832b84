"""The C without Python: strict compilers, small programs, and under `VMS_SANITIZE=1` the sanitizers."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from vmsgen.cli.build import build
from vmstate.locations import get_include, get_sources

pytestmark = pytest.mark.native

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COMPILERS = ("gcc", "clang")
STRICT = ["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Wshadow", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
SCHEMAS = [
    HERE.parent / "golden" / "uart.vms",
    HERE.parent / "wire" / "wire.vms",
    *sorted((HERE / "schemas").glob("*.vms")),
    *sorted((ROOT / "schemas" / "qemu").glob("*.vms")),
    *sorted((ROOT / "benchmarks" / "schemas").glob("*.vms")),
]
EXAMPLES = sorted((ROOT / "schemas" / "examples").glob("*.vms"))
"""In a folder of their own: the keyboard controller is among QEMU's devices too."""


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
    build(EXAMPLES, folder / "examples", emit_only=True)
    return folder


def run(command: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=cwd)
    assert done.returncode == 0, " ".join(command) + "\n" + done.stdout + done.stderr
    return done.stdout


def program(compiler: str, sources: list[Path], folder: Path, emitted: Path, *more: str) -> list[str]:
    sanitize = SANITIZE if os.environ.get("VMS_SANITIZE") else []
    target = folder / "program"
    where = [f"-I{get_include()}", "-iquote", str(emitted), "-iquote", str(HERE)]
    run([compiler, *STRICT, *sanitize, *more, *where, "-o", str(target), *map(str, sources), *get_sources()])
    return [str(target)]


def test_a_device_in_a_c_program(compiler: str, emitted: Path, tmp_path: Path) -> None:
    command = program(compiler, [HERE / "uart_main.c", emitted / "uart.c"], tmp_path, emitted)
    assert run(command) == "uart: all is well\n"


def test_what_lies_outside_of_a_state(compiler: str, emitted: Path, tmp_path: Path) -> None:
    command = program(compiler, [HERE / "rest_main.c", emitted / "rest.c"], tmp_path, emitted)
    assert run(command) == "rest: all is well\n"


@pytest.mark.parametrize("name", ["everything", "hooked", "coded"])
def test_devices_in_a_c_program(compiler: str, emitted: Path, tmp_path: Path, name: str) -> None:
    """Every cursor, cut and damage, without hooks; then hooks, in order and failing; then those of elements."""
    command = program(compiler, [HERE / f"{name}_main.c", emitted / f"{name}.c"], tmp_path, emitted)
    assert run(command) == f"{name}: all is well\n"


def test_errors_and_expressions(compiler: str, emitted: Path, tmp_path: Path) -> None:
    assert run(program(compiler, [HERE / "errors_main.c"], tmp_path, emitted)) == "errors: all is well\n"


@pytest.mark.parametrize("more", [[], ["-DVMS_NO_AVX2"]], ids=["wide", "plain"])
def test_arrays(compiler: str, emitted: Path, tmp_path: Path, more: list[str]) -> None:
    assert run(program(compiler, [HERE / "arrays_main.c"], tmp_path, emitted, *more)) == "arrays: all is well\n"


def test_all_emitted_c_compiles_without_a_warning(compiler: str, emitted: Path, tmp_path: Path) -> None:
    sources = [path for path in sorted(emitted.rglob("*.c")) if not path.name.startswith("_")]
    assert len(sources) > 50 and any(path.parent.name == "examples" for path in sources)
    for number, some in enumerate((sources, list(map(Path, get_sources())))):
        objects = tmp_path / str(number)
        objects.mkdir()
        run([compiler, *STRICT, f"-I{get_include()}", "-c", *map(str, some)], cwd=objects)
        assert {path.stem for path in objects.glob("*.o")} == {path.stem for path in some}


def test_the_native_types_compile_without_a_warning(compiler: str, tmp_path: Path) -> None:
    """Builds for users do not stop at warnings: a function that the limited API lacks would be one."""
    python = [f"-I{sysconfig.get_path('include')}", "-DPy_LIMITED_API=0x030b0000"]
    where = [f"-I{ROOT / 'runtime' / each}" for each in ("include", "src")]
    sources = sorted((ROOT / "runtime" / "src").glob("python_*.c"))
    assert len(sources) > 20
    run(
        [compiler, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", *python, *where, "-c", *map(str, sources)],
        cwd=tmp_path,
    )


def test_headers_are_good_cpp(emitted: Path, tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    headers = sorted(path.name for path in emitted.glob("*.h"))
    assert len(headers) > 45
    for number, name in enumerate(headers):
        (tmp_path / f"{number}.cpp").write_text(f'#include "{name}"\n')
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    sources = [str(tmp_path / f"{number}.cpp") for number in range(len(headers))]
    run(["g++", *flags, f"-I{get_include()}", "-iquote", str(emitted), *sources])


def test_big_endian_code_compiles(compiler: str, emitted: Path, tmp_path: Path) -> None:
    """The other byte order, as far as a little-endian machine can tell: bytes then stand as they are."""
    order = ["-U__BYTE_ORDER__", "-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__"]
    source = tmp_path / "order.c"
    source.write_text(
        '#include "program.h"\nint main(void) { uint8_t b[4]; uint32_t v = 0x01020304; vms_put32(b, v);'
        " EXPECT(memcmp(b, &v, 4) == 0 && vms_get32(b) == v); vms_copy32(b, &v, 1);"
        ' EXPECT(memcmp(b, &v, 4) == 0); puts("as it stands"); return 0; }\n'
    )
    quiet = ["-Wno-builtin-macro-redefined"]
    assert run(program(compiler, [source], tmp_path, emitted, *quiet, *order)) == "as it stands\n"


@pytest.mark.parametrize("target", ["run", "board"])
def test_the_example(compiler: str, tmp_path: Path, target: str) -> None:
    """What its README shows is what it prints."""
    if target == "board" and not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    folder = ROOT / "examples" / "c"
    shown = (folder / "README.md").read_text().split(f"$ make -s {target}\n")[1].split("```")[0]
    flags = " ".join([*STRICT, *(SANITIZE if os.environ.get("VMS_SANITIZE") else [])])
    tools = [
        f"PYTHON={shlex.quote(sys.executable)}",
        f"VMSGEN={shlex.quote(sys.executable)} -c 'from vmsgen.cli.main import main; main()'",
        f"CC={compiler}",
    ]
    command = ["make", "-s", "-C", str(folder), target, *tools, f"OUT={tmp_path / 'out'}", f"CFLAGS={flags}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted((done.stdout + done.stderr).splitlines()) == sorted(shown.splitlines())
