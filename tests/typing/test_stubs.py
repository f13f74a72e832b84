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
