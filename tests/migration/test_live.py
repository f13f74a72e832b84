"""Machines that move while they run, over every transport."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.migration.guest import CELLS, Guest
from vmstate import transport
from vmstate.errors import ChannelError, VMStateError
from vmstate.file import File
from vmstate.migration import CancelledError, PeerError, Status

Pair = tuple[Guest, Guest]


class Receiver:
    """`incoming` in a thread."""

    def __init__(self, guest: Guest, source: Any, **how: Any) -> None:
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(guest, source, how))
        self._thread.start()

    def _run(self, guest: Guest, source: Any, how: dict[str, Any]) -> None:
        try:
            guest.vm.incoming(source, accept_timeout=10, **how)
        except BaseException as error:
            self.error = error

    def join(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()

    def loaded(self) -> None:
        self.join()
        if self.error:
            raise self.error


def moved(here: Guest, there: Guest) -> None:
    """It is there, goes on there, and has not lost a step."""
    assert not here.vm.running and not there.vm.running
    assert here.consistent()
    assert (there.clock.ticks, there.cells.values) == (here.clock.ticks, here.cells.values)
    there.vm.start()
    there.steps(CELLS + 5)
    there.vm.stop()
    assert there.consistent()


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_over_sockets(guests: Pair, tmp_path: Path, kind: str) -> None:
    here, there = guests
    uri = f"unix:{tmp_path}/socket" if kind == "unix" else "tcp:127.0.0.1:0"
    with transport.listen(uri) as listener:
        receiver = Receiver(there, listener)
        with here.vm.migrate(listener.uri) as migration:
            pass
        receiver.loaded()
    moved(here, there)
    stats = migration.stats
    assert stats.status == Status.COMPLETED and stats.remaining == 0 and stats.fraction == 1
    assert stats.transferred > CELLS * 1024 and stats.downtime is not None and 0 < stats.downtime < stats.elapsed


def test_over_a_command_and_a_file(guests: Pair, tmp_path: Path) -> None:
    here, there = guests
    here.vm.migrate(f"exec:cat > '{tmp_path}/a b'").result(20)
    there.vm.incoming(f"exec:cat '{tmp_path}/a b'")
    moved(here, there)
    there.vm.migrate(f"file:{tmp_path}/c,offset=4096").result(20)
    before = there.clock.ticks
    here.vm.incoming(f"file:{tmp_path}/c,offset=4096")
    assert here.clock.ticks == before and here.cells.values == there.cells.values


@pytest.mark.parametrize("make", [os.pipe, socket.socketpair], ids=["pipe", "socketpair"])
def test_over_descriptors(guests: Pair, make: Callable[[], Any]) -> None:
    here, there = guests
    ends = [end if isinstance(end, int) else end.detach() for end in make()]
    receiver = Receiver(there, f"fd:{ends[0]}")
    here.vm.migrate(f"fd:{ends[1]}").result(20)
    receiver.loaded()
    moved(here, there)


def test_a_machine_that_is_halted_stays_so(guests: Pair) -> None:
    here, there = guests
    here.vm.stop()
    ends = os.pipe()
    receiver = Receiver(there, f"fd:{ends[0]}")
    here.vm.migrate(f"fd:{ends[1]}").result(20)
    receiver.loaded()
    moved(here, there)


def stuck(guest: Guest) -> tuple[Any, File]:
    """A migration that goes on until something else happens, and its other end."""
    one, other = socket.socketpair()
    file = File.from_fd(other.detach(), "rw")
    migration = guest.vm.migrate(f"fd:{one.detach()}", downtime_limit=0, bandwidth=20_000)
    deadline = time.monotonic() + 10
    while migration.status != Status.ACTIVE and time.monotonic() < deadline:
        time.sleep(0.002)
    return migration, file


def test_cancel_leaves_the_source_running(guests: Pair) -> None:
    here, _ = guests
    migration, file = stuck(here)
    with file:
        assert migration.cancel()
        with pytest.raises(CancelledError, match="the migration was cancelled"):
            migration.result(10)
    assert migration.status == Status.CANCELLED and not migration.cancel()
    here.steps(5)
    assert here.vm.running


def test_cancel_reaches_a_connection_that_is_not_made(guests: Pair, tmp_path: Path) -> None:
    here, _ = guests
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"{tmp_path}/s")
        sock.listen(0)
        with transport.connect(f"unix:{tmp_path}/s"):  # the queue is full
            migration = here.vm.migrate(f"unix:{tmp_path}/s", connect_timeout=None)
            assert migration.cancel()
            with pytest.raises(CancelledError):
                migration.result(20)
    assert migration.status == Status.CANCELLED
    here.steps(5)


def test_incoming_can_be_ended_while_it_waits_and_while_it_loads(guests: Pair) -> None:
    here, there = guests
    wake = transport.Wake()
    with transport.listen("tcp:127.0.0.1:0") as listener:
        receiver = Receiver(there, listener, wake=wake)
        migration = here.vm.migrate(listener.uri, downtime_limit=0, bandwidth=20_000)
        for stats in migration:
            if stats.transferred > 10_000:
                break
        wake.set()
        with pytest.raises(VMStateError):
            migration.result(20)
        receiver.join()
        assert isinstance(receiver.error, ChannelError) and receiver.error.code == "cancelled"
    with pytest.raises(ChannelError, match=r"waiting at tcp:.*: cancelled"):
        there.vm.incoming("tcp:127.0.0.1:0", wake=wake)
    wake.close()
    here.steps(5)


def test_a_lost_connection_leaves_the_source_running(guests: Pair) -> None:
    here, _ = guests
    migration, file = stuck(here)
    file.close()
    with pytest.raises((PeerError, ChannelError)):
        migration.result(10)
    assert migration.status == Status.FAILED
    here.steps(5)


def test_a_receiver_that_refuses_leaves_the_source_running(guests: Pair, devices: Any) -> None:
    here, there = guests
    there.vm.register(devices.Clock())
    with transport.listen("tcp:127.0.0.1:0") as listener:
        receiver = Receiver(there, listener)
        with pytest.raises(PeerError, match="its status is 1"):
            here.vm.migrate(listener.uri).result(20)
        receiver.join()
    assert isinstance(receiver.error, VMStateError) and "instance 1" in str(receiver.error)
    here.steps(5)
    with pytest.raises(VMStateError, match="incomplete"):
        there.vm.start()


def test_a_receiver_that_dies_before_it_has_loaded_leaves_the_source_running(guests: Pair) -> None:
    here, _ = guests
    one, other = socket.socketpair()
    migration = here.vm.migrate(f"fd:{one.detach()}", return_path=True)
    with File.from_fd(other.detach(), "rw") as file:
        file.put_buffer(bytes.fromhex("0002 0004 00000001"))  # it reads
        file.flush()
        while migration.status != Status.SWITCHOVER:
            file.get_some()
    with pytest.raises((PeerError, ChannelError)):
        migration.result(20)
    here.steps(5)


def test_a_command_that_fails_leaves_the_source_running(guests: Pair) -> None:
    here, _ = guests
    with pytest.raises(ChannelError, match="exit status 3"):
        here.vm.migrate("exec:cat > /dev/null; exit 3").result(20)
    here.steps(5)


def test_an_incoming_command_that_fails_is_no_load(guests: Pair, tmp_path: Path) -> None:
    here, there = guests
    here.vm.migrate(f"file:{tmp_path}/a").result(20)
    with pytest.raises(ChannelError, match="exit status 3"):
        there.vm.incoming(f"exec:cat '{tmp_path}/a'; exit 3", shadow=False)
    assert there.clock.ticks == 0 and there.vm.incomplete


def test_wishes_may_change_while_it_runs(guests: Pair) -> None:
    here, there = guests
    one, other = socket.socketpair()
    receiver = Receiver(there, f"fd:{other.detach()}")
    migration = here.vm.migrate(f"fd:{one.detach()}", downtime_limit=0, bandwidth=50_000)
    reports = []
    for stats in migration:
        reports.append(stats)
        if len(reports) == 3:
            assert stats.status == Status.ACTIVE and (stats.bandwidth or 0) < 200_000 and stats.limit == 50_000
            migration.bandwidth, migration.downtime_limit = 0, 1.0
    receiver.loaded()
    moved(here, there)
    assert reports[-1].status == Status.COMPLETED and reports[-1].limit == 0 and reports[-1].downtime_limit == 1.0


def test_one_at_a_time(guests: Pair) -> None:
    here, _ = guests
    migration, file = stuck(here)
    with file:
        with pytest.raises(VMStateError, match="it is being saved, loaded, migrated, checkpointed or rewound already"):
            here.vm.dumps()
        migration.cancel()
        with pytest.raises(CancelledError):
            migration.result(10)


def test_it_can_be_awaited(guests: Pair) -> None:
    here, _ = guests

    async def both() -> Status:
        migration = here.vm.migrate("exec:cat > /dev/null")
        found = await migration
        assert (await migration) is found
        return found.status

    assert asyncio.run(both()) == Status.COMPLETED


def test_a_block_that_raises_cancels(guests: Pair) -> None:
    here, _ = guests
    migration, file = stuck(here)
    with file:
        with pytest.raises(KeyError), migration:
            raise KeyError
        assert migration.status == Status.CANCELLED
    here.steps(5)


def test_ctrl_c_at_the_end_of_a_block_cancels(guests: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    here, _ = guests
    migration, file = stuck(here)

    def interrupted(timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(migration, "result", interrupted)
    with file:
        with pytest.raises(KeyboardInterrupt), migration:
            pass
        assert migration.status == Status.CANCELLED
    here.steps(5)


def test_nobody_there(guests: Pair, tmp_path: Path) -> None:
    here, _ = guests
    with pytest.raises(ChannelError):
        here.vm.migrate(f"unix:{tmp_path}/none").result(10)
    here.steps(5)


def test_a_result_that_does_not_come_in_time(guests: Pair) -> None:
    here, _ = guests
    migration, file = stuck(here)
    with file:
        with pytest.raises(TimeoutError, match=r"not over after 0\.01 seconds: active"):
            migration.result(0.01)
        migration.cancel()
        with pytest.raises(CancelledError):
            migration.result(10)
