"""Runs the steps of a page in an empty folder, as a reader with an activated environment would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.docs.blocks import Block, Step, commands

ROOT = Path(__file__).resolve().parents[3]

# A Python of its own, so that every session imports the modules that were built last.
_SESSION = """
import doctest, sys
failed, tried = doctest.testfile(sys.argv[1], module_relative=False, optionflags=doctest.ELLIPSIS)
sys.exit(1 if failed or not tried else 0)
"""


def run(step: Step, folder: Path) -> None:
    """Raises AssertionError where the page shows something else than what happens."""
    for block in step.blocks[:1]:
        if step.kind == "file":
            _write(block, folder)
        elif step.kind == "make":
            _make(block)
        elif step.kind == "console":
            _console(block, folder)
        else:
            _session(step, folder)


def _write(block: Block, folder: Path) -> None:
    path = folder / str(block.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def _make(block: Block) -> None:
    """Every line is `make TARGET`, with a comment if it likes, and the project has that target."""
    for line in block.text.splitlines():
        words = line.partition("#")[0].split()
        assert words[0] == "make" and len(words) == 2, line
        made = subprocess.run(["make", "--dry-run", words[1]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr


def _console(block: Block, folder: Path) -> None:
    """One shell for the whole block. Each command prints what is shown; `...` as a line stands for any lines."""
    wanted = commands(block)
    mark = "--- next command ---"
    script = "".join(f"{command.text}\necho '{mark}'\n" for command in wanted)
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env=_environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    printed = done.stdout.split(f"{mark}\n")
    assert len(printed) == len(wanted) + 1, done.stdout
    for command, text in zip(wanted, printed, strict=False):
        lines = [line.rstrip() for line in text.rstrip().splitlines()]
        shown = list(command.output)
        while shown and not shown[-1]:
            shown.pop()
        assert _matches(shown, lines), f"line {block.line}: $ {command.text}\nshown: {shown}\nprinted: {lines}"


def _matches(shown: list[str], printed: list[str]) -> bool:
    if "..." not in shown:
        return shown == printed
    at = shown.index("...")
    start, end = shown[:at], shown[at + 1 :]
    assert "..." not in end, "one `...` a command"
    tail = printed[len(printed) - len(end) :] if end else []
    return len(printed) >= len(start) + len(end) and printed[:at] == start and tail == end


def _session(step: Step, folder: Path) -> None:
    text = "\n".join(block.text for block in step.blocks)
    path = folder / f"session{step.blocks[0].line}.txt"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _SESSION, str(path)], cwd=folder, env=_environment(folder), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"the session that begins at line {step.blocks[0].line}:\n{done.stdout}"


def _environment(folder: Path) -> dict[str, str]:
    """`python` and `vmsgen` are those of this environment; what pip installs goes into the folder."""
    site = folder / "site"
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_TARGET": str(site),
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_QUIET": "2",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PROJECT": str(ROOT),
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
