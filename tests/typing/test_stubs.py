"""Generated stubs, and a program that uses them, as mypy and pyright see them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.runtime import texts
from tests.unit.runtime.building import emit

HERE = Path(__file__).parent
# Checkers do not follow the import hooks of an editable install.
RUNTIME = HERE.parents[1] / "runtime"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package `devices` (no extension: checkers read stubs alone) and the two programs."""
    folder = tmp_path_factory.mktemp("typing")
    package = folder / "devices"
    package.mkdir()
    (package / "__init__.py").write_text("")
    emit({"pci.vms": texts.PCI, "uart.vms": texts.UART, "board.vms": texts.BOARD, "store.vms": texts.STORE}, package)
    for name in ("right.py", "wrong.py"):
        (folder / name).write_text((HERE / "programs" / name).read_text())
    return folder


# What stubs call by these names, the schema calls something else so: in the module, and as attributes.
TAKEN = """
enum memoryview : u8 { A = 0 }
enum property : u8 { A = 0 }
enum _Any : u8 { A = 0 }
const str = 3
struct Any version 1 { a : u8  b : u8[2] }
struct Iterable version 1 { any : Any  any_ : u8 }
device taken version 1 {
    hook pre_save, post_load
    kind      : memoryview
    how       : property
    other     : _Any
    words     : u8[4]
    one       : Any
    many      : Any[2]
    some      : list<Any max 3>
    type      : u8
    tuple     : u8
    Mapping   : u8
    Buffer    : u16[2]
    bits      : bitmap[9][2]
    inner     : Iterable
    by_number : map<u64, Any max 2>
    by_struct : map<Any, Any max 2>
    ClassVar  : u8
}
"""


def expected_errors(text: str) -> set[int]:
    """Numbers of the lines that end in `# refused`."""
    return {number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# refused")}


def mypy(folder: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--no-error-summary", "--no-incremental", "--config-file=", "--no-color-output"]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, *paths],
        cwd=folder, env={**os.environ, "MYPYPATH": str(RUNTIME)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def pyright(folder: Path, *paths: str) -> dict[int, str]:
    settings = {
        "typeCheckingMode": "strict",
        "reportMissingModuleSource": False,
        "pythonVersion": "3.11",
        "extraPaths": [str(RUNTIME)],
        "include": list(paths),
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    run = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stdout, run.stderr
    found = json.loads(run.stdout[run.stdout.index("{") :])["generalDiagnostics"]
    return {item["range"]["start"]["line"] + 1: f"{item['file']}: {item['message']}" for item in found}


def test_mypy_accepts_stubs_and_program(project: Path) -> None:
    run = mypy(project, "devices/pci.pyi", "devices/uart.pyi", "devices/board.pyi", "devices/store.pyi", "right.py")
    assert (run.stdout, run.returncode) == ("", 0)


def test_mypy_refuses_what_is_wrong(project: Path) -> None:
    run = mypy(project, "wrong.py")
    lines = {int(number) for number in re.findall(r"^wrong\.py:(\d+): error", run.stdout, re.MULTILINE)}
    assert lines == expected_errors((project / "wrong.py").read_text()), run.stdout


def test_pyright_accepts_stubs_and_program(project: Path) -> None:
    assert (
        pyright(project, "devices/pci.pyi", "devices/uart.pyi", "devices/board.pyi", "devices/store.pyi", "right.py")
        == {}
    )


def test_pyright_refuses_what_is_wrong(project: Path) -> None:
    found = pyright(project, "wrong.py")
    assert set(found) == expected_errors((project / "wrong.py").read_text()), found


def test_names_that_stubs_use_themselves(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "__init__.py").write_text("")
    emit({"taken.vms": TAKEN}, tmp_path / "devices")
    (tmp_path / "uses.py").write_text(
        "from devices.taken import Any, Taken\n"
        "state = Taken(words=b'abcd', one={'a': 1}, many=[Any(a=1), {}], by_struct=[({}, {})], bits=[1, [True] * 9])\n"
        "state.some.append(Any(b=[1, 2]))\n"
        "state.type += state.words[0] + state.Buffer[1] + state.by_number[3].a\n"
    )
    run = mypy(tmp_path, "devices/taken.pyi", "uses.py")
    assert (run.stdout, run.returncode) == ("", 0)
    assert pyright(tmp_path, "devices/taken.pyi", "uses.py") == {}
