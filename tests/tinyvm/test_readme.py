"""What the example's page shows is what happens, but for numbers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.tinyvm.__main__ import main
from examples.tinyvm.modules import ROOT

PAGE = ROOT / "examples" / "tinyvm" / "README.md"
BLOCKS = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def shape(line: str) -> str:
    """Numbers, and spaces before them, are not what is compared."""
    return re.sub(r" *[0-9a-f]*\d[0-9a-f.]*", " N", line)


def small(command: str) -> str:
    """A test has no time for 256 MiB, nor for a second here and there. What goes to the background is waited for."""
    if command.endswith(" show"):
        command += " --ram 4M"
    if command.endswith(" &"):
        socket = re.search(r"unix:(\S+)", command)
        assert socket
        return f"{command[:-2]} --seconds 0.2 &\nwhile [ ! -S {socket[1]} ]; do sleep 0.05; done"
    return command + " --seconds 0.2" if command.startswith("python") else command


@pytest.mark.parametrize("block", BLOCKS, ids=["show", "by hand", "options", "disk", "snapshot"])
def test_what_is_shown_happens(block: str, tmp_path: Path) -> None:
    text = block.replace("/tmp/", f"{tmp_path}/")
    commands = [small(line[2:]) for line in text.splitlines() if line.startswith("$ ")]
    wanted = [line for line in text.splitlines() if not line.startswith("$ ")]
    script = "\n".join(commands)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    printed = done.stdout.splitlines()
    if "wait" in commands:  # two processes print at the same time
        printed, wanted = sorted(printed, key=shape), sorted(wanted, key=shape)
    assert list(map(shape, printed)) == list(map(shape, wanted))


def test_every_option_has_help_and_every_verb_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for verb in ("run", "send", "receive", "show"):
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0 and f"python -m examples.tinyvm {verb} " in page.replace("\n", " \n")
        assert "--ram SIZE" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "examples:\n  python -m examples.tinyvm show" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["run", "--ram", "5x"], 2, "'5x' is no size: a number, with K, M or G behind it"),
        (["run", "--ram", "100"], 1, "tinyvm: memory is a multiple of 64 KiB, not 100 bytes"),
        (["show", "rdma"], 1, "tinyvm: 'rdma' is no transport: tcp, unix, exec, fd, file"),
        (["send", "rdma:x:1", "--ram", "1M", "--seconds", "0"], 1, "'rdma:x:1': RDMA is not supported"),
        (["run", "--ram", "1M", "--load", "nothing-here"], 1, "No such file or directory: 'nothing-here'"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        found = main(arguments)
    except SystemExit as ended:
        found = int(str(ended.code))
    assert found == status and said in capsys.readouterr().err
