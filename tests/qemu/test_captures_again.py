"""The script that made tests/data makes the same again."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_captures.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.qemu
@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="qemu-system-x86_64 is not installed")
def test_streams_come_out_the_same() -> None:
    version = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    if " 7.2." not in version:
        pytest.skip(f"the streams are QEMU 7.2's, this is {version.splitlines()[0]}")
    done = run("--check", "--only", "none", "none-bare", "pc-noacpi", "isapc", "microvm")
    assert done.stdout.count("as before") == 5, done.stdout + done.stderr
    assert done.returncode == 0


def test_a_missing_qemu_is_one_sentence() -> None:
    done = run("--qemu", "no-such-program")
    assert done.returncode == 2
    assert done.stderr == ("make_captures.py: no-such-program is not installed (Debian and Ubuntu: qemu-system-x86)\n")


def test_a_qemu_that_fails_is_quoted(tmp_path: Path) -> None:
    program = tmp_path / "qemu"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    done = run("--qemu", str(program), "--output", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "broken" in done.stderr
    assert not (tmp_path / "out" / "index.json").exists()


def test_help_says_what_there_is() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "pc-keys" in done.stdout
