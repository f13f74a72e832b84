"""How files wait and how they end: idle, cancelled, interrupted, closed, forgotten; and their errors as objects."""

from __future__ import annotations

import copy
import errno
import gc
import os
import pickle
import signal
import socket
import threading
import time
import weakref
from typing import Any

import pytest

import vmstate
from vmstate import ChannelError, ChannelTimeoutError, File


def test_idle() -> None:
    one, other = socket.socketpair()
    with other, File.from_fd(one.detach(), "rw", idle_timeout=0.05) as file:
        with pytest.raises(ChannelTimeoutError, match="the channel was idle for too long at offset 0") as caught:
            file.get_byte()
        assert (caught.value.code, caught.value.errno) == ("timeout", errno.ETIMEDOUT)
        assert isinstance(caught.value, TimeoutError) and isinstance(caught.value, vmstate.VMStateError)
        file.set_idle_timeout(0.02)
        with pytest.raises(ChannelTimeoutError):
            file.put_buffer(bytes(1 << 24))
        with pytest.raises(ChannelTimeoutError):
            file.close()


@pytest.mark.parametrize("how", [File.cancel, File.close, File.abort])
@pytest.mark.parametrize("putting", [False, True])
def test_a_thread_that_waits_is_woken(how: Any, putting: bool) -> None:
    one, other = socket.socketpair()
    caught: list[Any] = []
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        try:
            file.put_buffer(bytes(1 << 24)) if putting else file.get_byte()
        except ChannelError as error:
            caught.append(error.code)

    with other:
        file = File.from_fd(one.detach(), "rw")
        thread = threading.Thread(target=wait)
        thread.start()
        assert waiting.wait(10)
        time.sleep(0.05)
        if how is File.close:
            with pytest.raises(ChannelError, match="cancelled"):
                file.close()
        else:
            how(file)
        thread.join(10)
        assert not thread.is_alive() and caught == ["cancelled"]
        file.abort()
        file.cancel()  # late, and harmless


@pytest.mark.parametrize("what", ["get from a pipe", "get from a socket", "put to a socket", "operation"])
def test_a_signal_s_exception_ends_a_wait(what: str) -> None:
    class Stop(Exception):
        pass

    def slow(buf: memoryview, pos: int) -> int:
        time.sleep(20)
        return 0

    def stop(*_: Any) -> None:
        raise Stop

    ends: list[int] = []
    if "pipe" in what:
        ends += os.pipe()
    elif "socket" in what:
        ends += (each.detach() for each in socket.socketpair())
    file = File.from_fd(ends[0], "r" if "get" in what else "w") if ends else File.from_ops(get_buffer=slow)
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Stop):
            file.put_buffer(bytes(1 << 24)) if "put" in what else file.get_byte()
    finally:
        signal.signal(signal.SIGALRM, before)
        file.abort()
        for fd in ends[1:]:
            os.close(fd)


def test_a_closed_file() -> None:
    file = File.from_bytes(b"abc")
    file.close()
    file.close()
    assert file.closed and repr(file) == "<vmstate.File closed>"
    for use in (file.get_byte, file.at_end, file.get_some):
        with pytest.raises(ChannelError, match="the channel is closed") as caught:
            use()
        assert caught.value.code == "closed"


def test_an_exception_in_the_block_wins_and_nothing_more_is_written() -> None:
    sent: list[bytes] = []
    closed: list[int] = []

    def put_buffer(buf: bytes, pos: int) -> int:
        sent.append(buf)
        return len(buf)

    def block() -> None:
        with file:
            file.put_byte(1)
            raise KeyError

    file = File.from_ops(put_buffer, close=lambda: closed.append(1))
    with pytest.raises(KeyError):
        block()
    assert not sent and closed == [1] and file.closed


def test_a_file_that_nobody_closed_says_so_and_leaves_nothing_behind() -> None:
    reading, writing = os.pipe()
    files = [File.from_fd(reading)]
    gone = weakref.ref(files[0])
    with pytest.warns(ResourceWarning, match=r"unclosed <vmstate\.File put 0, got 0>"):
        files.clear()
    assert gone() is None
    os.close(writing)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)

    class Owner:
        """In a ring with its file."""

        def __init__(self) -> None:
            self.closed = 0
            self.file = File.from_ops(get_buffer=self.get, close=self.close)

        def get(self, buf: memoryview, pos: int) -> int:
            return 0

        def close(self) -> None:
            closed.append(1)

    closed: list[int] = []
    Owner()
    with pytest.warns(ResourceWarning):
        gc.collect()
    assert closed == [1]


def test_errors_are_good_objects() -> None:
    error = ChannelTimeoutError("slow", number=errno.ETIMEDOUT, offset=5)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is ChannelTimeoutError and str(twin) == "slow"
        assert (twin.errno, twin.strerror, twin.offset, twin.code) == (110, "Connection timed out", 5, "timeout")
    with pytest.raises(TypeError, match="a File is made by"):
        File()
