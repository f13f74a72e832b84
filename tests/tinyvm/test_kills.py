"""A process dies, or a connection is cut, anywhere in a save, a load or a migration: nothing is lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from examples.tinyvm.board import Board
from tests.tinyvm.killing import Child, arrive, board, leave, load, runs_on, save
from vmstate import VMStateError
from vmstate.migration import Status

OLD = 3001
"""Steps that the machine in the snapshot has made."""
POINTS = {"save": 60, "load": 20, "source": 40, "receiver": 40, "connection": 40}
"""Of each; 200 in all."""


def test_there_are_two_hundred_points() -> None:
    assert sum(POINTS.values()) == 200 and POINTS.keys() == TRIES.keys()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    guest = board()
    guest.run(OLD)
    guest.vm.save(tmp_path / "old.vm")
    return tmp_path / "old.vm"


def spread(total: int, points: int) -> Iterator[int]:
    """So many, from the first call to the last but a few: how many there are differs a little from run to run."""
    return (1 + (total - total // 50 - 1) * number // max(1, points - 1) for number in range(points))


def loads(snapshot: Path) -> int:
    """The snapshot is whole, and the machine in it runs on. After how many steps it was saved."""
    guest = board()
    guest.vm.load(snapshot)
    steps = guest.cpu.steps
    assert guest.faults() == []
    guest.vm.start()
    runs_on(guest)
    return steps


def saves_that_die(snapshot: Path, points: int) -> int:
    total = Child(save, 0, snapshot).end()
    assert total is not None and total > 200
    at, killed = loads(snapshot), 0
    assert at > OLD
    for limit in spread(total, points):
        killed += Child(save, limit, snapshot).end() is None
        found = loads(snapshot)
        assert found == at or found > at + 50
        at = found
    board().vm.save(snapshot)
    assert list(snapshot.parent.iterdir()) == [snapshot]
    return killed


def loads_that_die(snapshot: Path, points: int) -> int:
    total, before, killed = Child(load, 0, snapshot).end(), snapshot.read_bytes(), 0
    assert total is not None and total > 200
    for limit in spread(total, points):
        killed += Child(load, limit, snapshot).end() is None
        assert snapshot.read_bytes() == before
    assert loads(snapshot) == OLD
    return killed


class Receiver(threading.Thread):
    """`incoming` in this process."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(daemon=True)
        self.guest, self.error, self._uri = board(), None, f"fd:{end.detach()}"  # type: Board, VMStateError | None, str
        self.start()

    def run(self) -> None:
        try:
            self.guest.vm.incoming(self._uri)
        except VMStateError as error:
            self.error = error

    def took_it(self) -> bool:
        """All of the machine, which then runs; or nothing, and then it does not."""
        self.join(60)
        if self.error is None:
            self.guest.vm.start()
            runs_on(self.guest)
            return True
        if self.guest.vm.incomplete:
            with pytest.raises(VMStateError, match="incomplete"):
                self.guest.vm.start()
        else:
            assert self.guest.cpu.steps == 0 and self.guest.faults() == []
        return False


def sources_that_die(snapshot: Path, points: int) -> int:
    """What was not yet sent is gone with its process: there is the snapshot. No half machine runs anywhere."""

    def once(limit: int) -> int | None:
        one, other = socket.socketpair()
        receiver = Receiver(other)
        total = Child(leave, limit, snapshot, one).end()
        assert receiver.took_it() or total is None
        return total

    total, killed = once(0), 0
    assert total is not None and total > 200
    for limit in spread(total, points):
        killed += once(limit) is None
    assert loads(snapshot) == OLD
    return killed


def survives(guest: Board, end: socket.socket, other: Callable[[], object]) -> bool:
    """A migration of a machine that runs, whose other end does this. Has it left? The machine can go on in any case."""
    before = guest.cpu.steps
    migration = guest.vm.migrate(f"fd:{end.detach()}", return_path=True)
    other()
    try:
        migration.result(60)
    except (VMStateError, OSError):
        assert migration.status == Status.FAILED
    else:
        assert not guest.vm.running
        guest.vm.start()
    assert guest.vm.running and guest.cpu.steps >= before
    runs_on(guest)
    guest.vm.start()
    return migration.status == Status.COMPLETED


def receivers_that_die(snapshot: Path, points: int) -> int:
    guest = board()
    guest.vm.load(snapshot)
    guest.vm.start()

    def once(limit: int) -> int | None:
        one, other = socket.socketpair()
        child = Child(arrive, limit, other)
        found: list[int | None] = []
        left = survives(guest, one, lambda: found.append(child.end()))
        assert left or found[0] is None
        return found[0]

    total, killed = once(0), 0
    assert total is not None and total > 200
    for limit in spread(total, points):
        killed += once(limit) is None
    guest.vm.stop()
    return killed


class Cutter(threading.Thread):
    """Hands bytes on, and cuts both connections after so many. The way back is the receiver's own."""

    def __init__(self, source: socket.socket, target: socket.socket, after: int) -> None:
        super().__init__(daemon=True)
        self._source, self._target, self._after, self.count = source, target, after, 0
        self._back = threading.Thread(target=self._answers, daemon=True)
        self.start()

    def run(self) -> None:
        with self._source, self._target:
            self._back.start()
            while self.count != self._after and (data := self._source.recv(min(4096, self._after - self.count))):
                self._target.sendall(data)
                self.count += len(data)
            for each in (self._source, self._target) if self.count == self._after else (self._target,):
                each.shutdown(socket.SHUT_RDWR)
            self._back.join(60)

    def _answers(self) -> None:
        try:
            while data := self._target.recv(4096):
                self._source.sendall(data)
        except OSError:
            pass


def connections_that_are_cut(snapshot: Path, points: int) -> int:
    guest = board()
    guest.vm.load(snapshot)
    guest.vm.start()

    def once(after: int) -> tuple[int, bool]:
        one, two = socket.socketpair()
        three, four = socket.socketpair()
        cutter, receiver = Cutter(two, three, after), Receiver(four)
        left = survives(guest, one, lambda: None)
        cutter.join(60)
        assert receiver.took_it() or not left
        return cutter.count, left

    total, left = once(1 << 40)
    assert left and total > 100_000
    cut = sum(not once(after)[1] for after in spread(total, points))
    guest.vm.stop()
    return cut


TRIES = {
    "save": saves_that_die,
    "load": loads_that_die,
    "source": sources_that_die,
    "receiver": receivers_that_die,
    "connection": connections_that_are_cut,
}


@pytest.mark.parametrize("name", TRIES)
def test_nothing_is_lost(name: str, snapshot: Path) -> None:
    """A process that was done before its point came was not killed. How many, is the machine's matter."""
    points = POINTS[name]
    assert TRIES[name](snapshot, points) >= points // 2
