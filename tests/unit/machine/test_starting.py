"""A machine that is started while it is saved, loaded or migrated: from any other thread, as a monitor does it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.machine.kept import Kept
from vmstate.errors import VMStateError
from vmstate.file import File
from vmstate.machine import Machine
from vmstate.migration import Status

PAGE, PAGES = 4096, 1000


def elsewhere(action: Callable[[], object]) -> BaseException | None:
    """What it raises in a thread of its own."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


@pytest.mark.parametrize("marking", [False, True])
def test_started_in_the_middle_of_a_migration(marking: bool) -> None:
    """It began halted. What the guest writes to pages that were sent already arrives, too."""
    here, there = Machine("x"), Machine("x")
    memory, loaded = bytearray(b"x" * (PAGES * PAGE)), bytearray(PAGES * PAGE)
    here.add_ram("main", memory)
    there.add_ram("main", loaded)
    if marking:
        assert here.ram.marking

    def run() -> None:
        assert elsewhere(here.start) is None
        memory[:4] = b"late"
        if marking:
            here.ram.marking.mark(0, 0, 4)

    stream = Kept(run)
    assert here.migrate(File.from_file(stream)).result(30).status == Status.COMPLETED
    assert stream.pieces > 2 and not here.running
    there.loads(stream.getvalue())
    assert loaded[:8] == b"latexxxx" and loaded == memory


@pytest.mark.parametrize("what", ["save", "load", "migrate"])
@pytest.mark.parametrize("runs", [False, True])
def test_not_started_while_it_stands_still_for_that(what: str, runs: bool) -> None:
    vm, refused = Machine("x", start=lambda: calls.append("start")), []
    calls: list[str] = []

    def work(file: Any, opaque: Any, version: int = 0) -> None:
        refused.append(elsewhere(vm.start))

    vm.register_savevm(None, "late", 0, 1, work, work, None)
    data = vm.dumps()
    if runs:
        vm.start()
    refused.clear()
    calls.clear()
    if what == "save":
        vm.dumps()
    elif what == "load":
        vm.loads(data)
    else:
        vm.migrate(File.to_bytes()).result(30)
    assert refused and all(isinstance(error, VMStateError) and error.code == "busy" for error in refused)
    assert str(refused[0]).startswith("x cannot run: it stands still to be saved or loaded")
    runs_on = runs and what != "migrate"
    assert (vm.running, calls) == (runs_on, ["start"] * runs_on)
    assert elsewhere(vm.start) is None and vm.running
