"""Descriptors that have an owner from their first moment on."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vmstate.file.owned import Owned


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_another_takes_the_first_one_s_place(tmp_path: Path) -> None:
    path = tmp_path / "a"
    had = descriptors()
    with Owned() as owned:
        for what in (os.O_WRONLY | os.O_CREAT, os.O_RDONLY):
            owned.open(str(path), what)
            assert owned.fileno() >= 0 and descriptors() == had + 1
        for _ in range(2):
            owned.event()
            assert owned.fileno() >= 0 and descriptors() == had + 1
        with pytest.raises(FileNotFoundError):
            owned.open(f"{tmp_path}/b", os.O_RDONLY)
        assert owned.fileno() == -1 and descriptors() == had
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_path_with_a_nul_is_not_cut_off(tmp_path: Path) -> None:
    with Owned() as owned, pytest.raises(ValueError, match="a NUL cannot be part of a path"):
        owned.open(f"{tmp_path}/a\0b", os.O_WRONLY | os.O_CREAT)
    assert not list(tmp_path.iterdir())


class Stop(Exception):
    pass


@contextlib.contextmanager
def signalled(handler: Callable[[], None]) -> Iterator[None]:
    """Again and again."""
    before = signal.signal(signal.SIGALRM, lambda *_: handler())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("raises", [True, False])
def test_a_signal_s_handler_runs_while_an_open_waits(tmp_path: Path, raises: bool) -> None:
    """It may raise, which ends the wait; else that goes on."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    calls: list[int] = []
    writers: list[int] = []

    def write() -> None:
        writers.append(os.open(fifo, os.O_RDWR))

    def handler() -> None:
        calls.append(owned.fileno())
        if len(calls) == 3:
            if raises:
                raise Stop
            write()

    rescue = threading.Timer(20, write)  # else it would wait for ever if no handler runs
    rescue.start()
    try:
        with Owned() as owned:
            with pytest.raises(Stop) if raises else contextlib.nullcontext(), signalled(handler):
                owned.open(str(fifo), os.O_RDONLY)
            assert calls[:3] == [-1, -1, -1] and (owned.fileno() == -1) == raises
    finally:
        rescue.cancel()
        rescue.join()
        for writer in writers:
            os.close(writer)
