"""The verb `compat`, as a shell sees it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vmsgen.cli import compat
from vmsgen.cli.main import main

OLD = "device uart version 1 {\n    lcr : u8\n}\n"
BROKEN = "device uart version 1 {\n    lcr : u8\n    ier : u8\n}\n"
KEPT = "device uart version 1..2 {\n    lcr : u8\n    ier : u8 since 2\n}\n"
OPAQUE = "device uart version 1 opaque\n"


def vmsgen(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compat", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old", OLD), ("broken", BROKEN), ("kept", KEPT), ("opaque", OPAQUE)):
        (tmp_path / f"{name}.vms").write_text(text)
    return tmp_path


def test_help_has_examples_and_the_exit_statuses() -> None:
    shown = vmsgen("--help")
    assert shown.exit_code == 0 and "Examples:" in shown.output and "Exit status:" in shown.output


@pytest.mark.parametrize(
    ("arguments", "status", "last"),
    [
        (("old.vms", "kept.vms"), 0, "OLD to NEW: compatible (1 device compared, 0 devices unchanged)"),
        (("old.vms", "old.vms"), 0, "OLD to NEW: compatible (0 devices compared, 1 device unchanged)"),
        (
            ("old.vms", "broken.vms"),
            1,
            "OLD to NEW: not every stream loads of uart (1 device compared, 0 devices unchanged)",
        ),
        (
            ("old.vms", "kept.vms", "--backward"),
            1,
            "NEW to OLD: not every stream loads of uart (1 device compared, 0 devices unchanged)",
        ),
        (
            ("old.vms", "opaque.vms"),
            0,
            "OLD to NEW: streams may break of uart (1 device compared, 0 devices unchanged)",
        ),
        (
            ("old.vms", "opaque.vms", "--strict"),
            1,
            "OLD to NEW: streams may break of uart (1 device compared, 0 devices unchanged)",
        ),
    ],
)
def test_exit_status_and_last_line(here: Path, arguments: tuple[str, ...], status: int, last: str) -> None:
    shown = vmsgen(*arguments)
    assert (shown.exit_code, shown.stdout.splitlines()[-1]) == (status, last)


@pytest.mark.parametrize(
    "arguments", [("old.vms",), ("old.vms", "none.vms"), ("git:", "old.vms"), ("bad.vms", "old.vms")]
)
def test_wrong_usage_and_wrong_schemas(here: Path, arguments: tuple[str, ...]) -> None:
    (here / "bad.vms").write_text("device uart version 1 { lcr : byte }\n")
    assert vmsgen(*arguments).exit_code == 2


def test_json_has_the_whole_witness(here: Path) -> None:
    report = json.loads(vmsgen("old.vms", "broken.vms", "--json").stdout)
    (device,) = report["devices"]
    assert (report["compatible"], report["certain"], device["device"]) == (False, False, "uart")
    assert device["versions"][0]["verdict"] == "will break"
    witness = device["findings"][0]["witness"]
    assert (witness["stream"], witness["error"], witness["offset"], witness["path"]) == ("00", "truncated", 1, "ier")


def test_annotations_for_github(here: Path) -> None:
    shown = vmsgen("old.vms", "broken.vms", "--format", "github").stdout
    assert shown.startswith("::error file=broken.vms,title=field-added::uart.ier, version 1: the receiver reads `ier`")
    assert "%0Astream: 00 >" in shown


def test_what_a_path_was_at_a_revision(here: Path) -> None:
    def git(*arguments: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *names, *arguments], cwd=here, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    (here / "old.vms").write_text(BROKEN)
    shown = vmsgen("git:HEAD", "old.vms")
    assert shown.exit_code == 1 and "wire[field-added] ier" in shown.stdout
    assert vmsgen("git:HEAD:old.vms", "old.vms").stdout == shown.stdout
    assert vmsgen("git:nowhere", "old.vms").exit_code == 2


def test_it_says_what_it_does_when_that_takes_long(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    meter = compat.Meter()
    meter.show("uart", 0, 2)
    assert capsys.readouterr().err == ""
    meter.start -= compat.PATIENCE
    meter.show("uart", 1, 2)
    meter.clear()
    assert capsys.readouterr().err == "\r\x1b[Kcomparing 2 of 2: uart\r\x1b[K"


def test_two_devices_of_one_name_are_refused(here: Path) -> None:
    for folder, names in (("one", ("kept",)), ("two", ("broken", "kept"))):
        (here / folder).mkdir()
        for name in names:
            (here / folder / f"{name}.vms").write_text((here / f"{name}.vms").read_text())
    result = vmsgen("one", "two")
    assert result.exit_code == 2
    assert "two devices are called `uart`, in broken.vms and in kept.vms: compare them file by file" in result.output


def test_a_constant_that_neither_side_has_is_refused(here: Path) -> None:
    (here / "sized.vms").write_text("const SIZE = 2\ndevice uart version 1 {\n    lcr : u8[SIZE]\n}\n")
    assert vmsgen("old.vms", "sized.vms", "-D", "SIZE=1").exit_code == 0
    result = vmsgen("old.vms", "sized.vms", "-D", "SIZES=1")
    assert result.exit_code == 2 and "no schema has a constant `SIZES`" in result.output
