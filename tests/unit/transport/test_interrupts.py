"""Ctrl-C, or any signal whose handler raises, while a connection is made: nothing stays open that nobody owns."""

from __future__ import annotations

import contextlib
import gc
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.interrupted import interrupted
from vmstate import transport

# What Python drops on its way out it closes with a warning, and says so where it had to swallow an exception.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

OURS = "/vmstate/"
"""Python's own modules have gaps, too."""


def descriptors() -> int:
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def at_any_point(
    act: Callable[[], object], before: Callable[[], object] = lambda: None, after: Callable[[], object] = lambda: None
) -> int:
    """How many there are."""
    before()
    act()  # the first time modules are imported
    after()
    had, point = descriptors(), 0
    while True:
        point += 1
        before()
        more = interrupted(point, act, OURS)
        after()
        assert descriptors() == had, point
        if not more:
            return point


@pytest.fixture
def wake() -> Iterator[transport.Wake]:
    with contextlib.closing(transport.Wake()) as wake:
        yield wake


@pytest.mark.parametrize("scheme", ["unix:", "tcp:"])
def test_who_connects(scheme: str, tmp_path: Path, wake: transport.Wake) -> None:
    where = (socket.AF_UNIX, f"{tmp_path}/s") if scheme == "unix:" else (socket.AF_INET, ("127.0.0.1", 0))
    with socket.socket(where[0]) as listening:
        listening.bind(where[1])
        listening.listen(272)
        uri = f"unix:{tmp_path}/s" if scheme == "unix:" else f"tcp:127.0.0.1:{listening.getsockname()[1]}"

        def refuse() -> None:
            listening.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    listening.accept()[0].close()

        assert at_any_point(lambda: transport.connect(uri, wake=wake).abort(), refuse) > 20


@pytest.mark.parametrize("uri", ["unix:{}/s", "tcp:127.0.0.1:0"])
def test_who_listens(uri: str, tmp_path: Path, wake: transport.Wake) -> None:
    with transport.listen(uri.format(tmp_path)) as listener:
        assert isinstance(listener, transport.Listener)
        peers: list[transport.File] = []

        def come() -> None:
            peers.append(transport.connect(listener.uri))

        def go() -> None:
            peers.pop().abort()
            while listener.look(1):
                listener.accept(0).abort()

        assert at_any_point(lambda: listener.accept(10, wake).abort(), come, go) > 20


@pytest.mark.parametrize("writing", [True, False])
def test_a_command(writing: bool) -> None:
    def run() -> None:
        if writing:
            transport.connect("exec:cat > /dev/null").abort()
        else:
            transport.listen("exec:echo").accept().abort()

    assert at_any_point(run) > 20


def test_a_file_on_disk(tmp_path: Path) -> None:
    def write_and_read() -> None:
        transport.connect(f"file:{tmp_path}/a").abort()
        transport.listen(f"file:{tmp_path}/a").accept().abort()

    assert at_any_point(write_and_read) > 40


def test_a_wake() -> None:
    assert at_any_point(lambda: transport.Wake().close()) > 5


def test_a_wake_that_is_dropped_leaves_nothing_open() -> None:
    had = descriptors()
    assert transport.Wake() is not None
    assert descriptors() == had
