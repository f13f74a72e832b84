"""A machine that lacks something is told in one sentence which Debian package has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.environments import ROOT


def preflight(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts/preflight.sh"), *arguments],
        env={**{name: value for name, value in os.environ.items() if name != "CC"}, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def python_with(folder: Path, start_up: str) -> str:
    """A `python3` in a path with a space that runs `start_up` first."""
    shadow = folder / "a path with a space"
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(start_up, encoding="utf-8")
    script = shadow / "python3"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{shadow}" exec "{sys.executable}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def test_a_whole_machine_passes_without_a_word() -> None:
    done = preflight(sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("start_up", "words"),
    [
        ("import sys; sys.version_info = (3, 9, 2)", ("Python 3.11 or newer is needed", "apt-get install python3")),
        (
            "import sys; sys.modules['ensurepip'] = None",
            ("cannot make virtual environments", "apt-get install python3-venv"),
        ),
        (
            "import sysconfig; sysconfig.get_path = lambda name: '/nonexistent'",
            ("no usable Python.h in /nonexistent", "apt-get install python3-dev"),
        ),
        (
            "import sysconfig; sysconfig.get_config_var = lambda name: 'no-such-gcc -pthread'",
            ("there is no C compiler (no-such-gcc)", "apt-get install gcc"),
        ),
    ],
    ids=["old", "venv", "headers", "compiler"],
)
def test_what_a_python_lacks(tmp_path: Path, start_up: str, words: tuple[str, ...]) -> None:
    refused(preflight(python_with(tmp_path, start_up)), *words)


def test_no_python_at_all() -> None:
    refused(preflight("no-such-python"), "there is no no-such-python", "apt-get install python3")


def test_the_compiler_that_cc_names_is_the_one_that_counts() -> None:
    refused(preflight(sys.executable, CC="no-such-cc"), "there is no C compiler (no-such-cc)", "apt-get install gcc")


def test_a_compiler_without_the_c_library(tmp_path: Path) -> None:
    script = tmp_path / "cc"
    script.write_text('#!/bin/sh\nexec gcc -nostdinc "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    refused(preflight(sys.executable, CC=str(script)), "no C library headers", "apt-get install libc6-dev")


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("cannot build vmsgen: ")
    for word in words:
        assert word in line
