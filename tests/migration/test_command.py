"""`python -m vmstate`."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.migration.guest import Guest
from vmstate.__main__ import main
from vmstate.migration.progress import show


@pytest.fixture
def module(guests: tuple[Guest, Guest], monkeypatch: pytest.MonkeyPatch) -> Guest:
    here, there = guests

    class Module:
        vm = here.vm

        @staticmethod
        def make() -> Any:
            return there.vm

        other = 5

    monkeypatch.setitem(sys.modules, "a_machine", Module)  # type: ignore[arg-type]
    return there


def test_save_check_migrate_and_incoming(
    guests: tuple[Guest, Guest], module: Guest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = guests
    assert main(["save", "a_machine:vm", f"{tmp_path}/a.vm"]) == 0
    assert main(["check", "a_machine:make", f"{tmp_path}/a.vm"]) == 0
    assert there.clock.ticks >= 5
    assert main(["migrate", "a_machine:vm", f"file:{tmp_path}/b", "--downtime", "500"]) == 0
    assert "completed" in capsys.readouterr().err
    assert main(["incoming", "a_machine:make", f"file:{tmp_path}/b"]) == 0
    assert there.vm.running and there.clock.ticks >= here.clock.ticks


def test_a_snapshot_with_places_for_pages(guests: tuple[Guest, Guest], module: Guest, tmp_path: Path) -> None:
    for guest in guests:
        guest.vm.add_ram("more", bytearray(1 << 16))
    assert main(["save", "a_machine:vm", f"{tmp_path}/a.vm", "--mapped-ram"]) == 0
    assert b"mapped-ram" in (tmp_path / "a.vm").read_bytes()[:80]
    assert main(["check", "a_machine:make", f"{tmp_path}/a.vm"]) == 0
    with pytest.raises(SystemExit):
        main(["save", "a_machine:vm", f"{tmp_path}/a.vm", "--mapped-ram", "--zstd"])
    assert main(["migrate", "a_machine:vm", f"file:{tmp_path}/b", "--mapped-ram"]) == 0
    assert b"mapped-ram" in (tmp_path / "b").read_bytes()[:80]
    assert main(["incoming", "a_machine:make", f"file:{tmp_path}/b"]) == 0


def test_what_is_refused(module: Guest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").write_bytes(b"QEVM\0\0\0\2")
    assert main(["check", "a_machine:make", f"{tmp_path}/bad"]) == 1
    assert capsys.readouterr().err == "vmstate: at offset 4: a stream of version 2; 3 can be read\n"
    assert main(["check", "a_machine:other", "x"]) == 2
    assert capsys.readouterr().err == "vmstate: a_machine:other is no Machine, nor does it make one, but 5\n"
    assert main(["check", "a_machine", "x"]) == 2
    assert main(["check", "no_such_module:vm", "x"]) == 2


def test_without_rich_there_are_lines(guests: tuple[Guest, Guest], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rich", "rich.console", "rich.progress"):
        monkeypatch.setitem(sys.modules, name, None)
    out = io.StringIO()
    stats = show(guests[0].vm.migrate("exec:cat > /dev/null"), out)
    assert (
        out.getvalue().splitlines()[-1].startswith(f"completed 100%, {stats.transferred} bytes sent, 0 left; downtime ")
    )
