"""Processes that kill themselves, with SIGKILL, at a point of their work that is given as a number of calls."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from examples.tinyvm.board import Board
from examples.tinyvm.modules import build

RAM = 256 << 10
PACE = 20_000
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def board() -> Board:
    return Board(build(), RAM, PACE, len)


class Point:
    """Counts calls and returns, of Python's functions and of C's. At the `limit`th the process dies. 0: never."""

    def __init__(self, limit: int) -> None:
        self.limit, self.count = limit, 0

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        self.count += 1
        if self.count == self.limit:
            os.kill(os.getpid(), signal.SIGKILL)

    def during(self, work: Callable[[], object]) -> None:
        """Counts in this thread."""
        sys.setprofile(self)
        try:
            work()
        finally:
            sys.setprofile(None)

    def during_threads(self, work: Callable[[], object]) -> None:
        """Counts in threads that the work starts."""
        threading.setprofile(self)
        try:
            work()
        finally:
            threading.setprofile(None)  # type: ignore[arg-type]


# What such a process does; the answer is how many calls it took -------------------------------------------------------


def save(limit: int, answer: Any, path: Path) -> None:
    """Goes on from a snapshot, and replaces it while it runs."""
    point, guest = Point(limit), board()
    guest.vm.load(path)
    guest.vm.start()
    wait_for(guest, 50)
    point.during(lambda: guest.vm.save(path))
    answer.send(point.count)


def load(limit: int, answer: Any, path: Path) -> None:
    point, guest = Point(limit), board()
    point.during(lambda: guest.vm.load(path))
    answer.send(point.count)


def leave(limit: int, answer: Any, path: Path, end: socket.socket) -> None:
    """Goes on from a snapshot, and migrates."""
    point, guest = Point(limit), board()
    guest.vm.load(path)
    guest.vm.start()
    wait_for(guest, 50)
    uri = f"fd:{end.detach()}"
    point.during_threads(lambda: guest.vm.migrate(uri, return_path=True).result(60))
    answer.send(point.count)


def arrive(limit: int, answer: Any, end: socket.socket) -> None:
    point, guest, uri = Point(limit), board(), f"fd:{end.detach()}"
    point.during(lambda: guest.vm.incoming(uri))
    answer.send(point.count)


# Their parent's side --------------------------------------------------------------------------------------------------


class Child:
    """A process that does one of these. Its arguments are this process's no more: sockets are closed here."""

    def __init__(self, work: Callable[..., None], limit: int, *arguments: Any) -> None:
        self._answer, other = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=work, args=(limit, other, *arguments), daemon=True)
        self._process.start()
        other.close()
        for each in arguments:
            if isinstance(each, socket.socket):
                each.close()

    def end(self) -> int | None:
        """Waits for it. How many calls it took; None if it was killed."""
        self._process.join(60)
        assert self._process.exitcode in (0, -signal.SIGKILL), f"its status is {self._process.exitcode}"
        killed = self._process.exitcode != 0
        self._process.close()
        return None if killed else int(self._answer.recv())


def wait_for(guest: Board, steps: int) -> None:
    """Until the guest has made so many more. It must run."""
    aim, pause = guest.cpu.steps + steps, threading.Event()
    for _ in range(10_000):
        if guest.cpu.steps >= aim:
            return
        pause.wait(0.002)
    raise AssertionError(f"the guest does not run: {guest.cpu.steps} of {aim}")


def runs_on(guest: Board) -> None:
    """It runs, and when it is halted everything is as it must be."""
    wait_for(guest, 50)
    guest.vm.stop()
    assert guest.faults() == []
