"""A machine that is started while it is saved, loaded or migrated: from any other thread, as a monitor does it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.machine.kept import Kept
from vmstate.errors import FunctionError, VMStateError
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


@pytest.mark.parametrize("what", ["save", "load", "migrate", "checkpoint", "rewind"])
@pytest.mark.parametrize("runs", [False, True])
def test_not_started_while_it_stands_still_for_that(what: str, runs: bool) -> None:
    vm, refused = Machine("x", start=lambda: calls.append("start")), []
    calls: list[str] = []

    def work(file: Any, opaque: Any, version: int = 0) -> None:
        refused.append(elsewhere(vm.start))

    vm.register_savevm(None, "late", 0, 1, work, work, None)
    data, checkpoint = vm.dumps(), vm.checkpoint()
    if runs:
        vm.start()
    refused.clear()
    calls.clear()
    if what == "save":
        vm.dumps()
    elif what == "load":
        vm.loads(data)
    elif what == "checkpoint":
        vm.checkpoint()
    elif what == "rewind":
        vm.rewind(checkpoint)
    else:
        vm.migrate(File.to_bytes()).result(30)
    assert refused and all(isinstance(error, VMStateError) and error.code == "busy" for error in refused)
    why = "it stands still to be saved, loaded, migrated, checkpointed or rewound"
    assert str(refused[0]) == f"x cannot run: {why}; start it when that is over"
    runs_on = runs and what != "migrate"
    assert (vm.running, calls) == (runs_on, ["start"] * runs_on)
    assert elsewhere(vm.start) is None and vm.running


@pytest.mark.parametrize("what", ["save", "load", "migrate", "checkpoint", "rewind"])
@pytest.mark.parametrize("fails", [False, True])
def test_who_stops_it_meanwhile_is_remembered(what: str, fails: bool) -> None:
    calls: list[str] = []
    vm = Machine("x", start=lambda: calls.append("start"), stop=lambda: calls.append("stop"))
    armed = False

    def work(file: Any, opaque: Any, version: int = 0) -> int:
        if not armed:
            return 0
        assert not vm.running and elsewhere(vm.stop) is None
        return -5 if fails else 0

    vm.register_savevm(None, "late", 0, 1, work, work, None)
    data, checkpoint = vm.dumps(), vm.checkpoint()
    vm.start()
    act: dict[str, Callable[[], object]] = {
        "save": vm.dumps,
        "load": lambda: vm.loads(data),
        "migrate": lambda: vm.migrate(File.to_bytes()).result(30),
        "checkpoint": vm.checkpoint,
        "rewind": lambda: vm.rewind(checkpoint),
    }
    armed = True
    with pytest.raises(FunctionError, match="returned -5") if fails else contextlib.nullcontext():
        act[what]()
    armed = False
    assert not vm.running and calls == ["start", "stop"]
    vm.incomplete = False  # a load, or rewind, that fails there
    vm.start()
    vm.dumps()
    assert vm.running and calls == ["start", "stop", "start", "stop", "start"]


def test_stopped_and_started_before_the_last_of_a_migration() -> None:
    """What counts is whether it runs when it is halted for that, and what is wished afterwards."""
    for last, runs in ((("stop",), False), (("stop", "start"), True)):
        vm = Machine("x")
        vm.add_ram("main", bytearray(b"x" * (PAGES * PAGE)))
        vm.register_savevm(None, "late", 0, 1, lambda file, opaque: -5, lambda file, opaque, version: 0, None)

        def wish(vm: Machine = vm, last: tuple[str, ...] = last) -> None:
            for each in last:
                assert elsewhere(getattr(vm, each)) is None

        vm.start()
        with pytest.raises(FunctionError, match="returned -5"):
            vm.migrate(File.from_file(Kept(wish))).result(30)
        assert vm.running is runs


@pytest.mark.parametrize("first_ends_first", [False, True])
def test_two_for_whom_it_stands_still_at_once(first_ends_first: bool) -> None:
    """It goes on after the last of them."""
    calls: list[str] = []
    vm = Machine("x", start=lambda: calls.append("start"), stop=lambda: calls.append("stop"))
    vm.start()
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(vm.halted())
    second.enter_context(vm.halted())
    (first if first_ends_first else second).close()
    assert not vm.running and calls == ["start", "stop"]
    assert isinstance(elsewhere(vm.start), VMStateError)
    (second if first_ends_first else first).close()
    assert vm.running and calls == ["start", "stop", "start"]
