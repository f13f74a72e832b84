"""`File.from_ops`: what the six operations are asked, what they may answer, and what reaches the caller."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import Any

import pytest

from vmstate import ChannelError, File, TruncatedError


class Store:
    """A channel in memory that moves at most `step` bytes at a time."""

    def __init__(self, data: bytes = b"", step: int = 1 << 30) -> None:
        self.data, self.step, self.at = bytearray(data), step, 0
        self.calls: list[tuple[Any, ...]] = []
        self.rate = 1000

    def put_buffer(self, buf: bytes, pos: int) -> int:
        self.calls.append(("put", len(buf), pos))
        self.data += buf[: self.step]
        return min(len(buf), self.step)

    def get_buffer(self, buf: memoryview, pos: int) -> int:
        some = self.data[self.at : self.at + min(self.step, len(buf))]
        self.calls.append(("get", pos))
        buf[: len(some)] = some
        self.at += len(some)
        return len(some)

    def close(self) -> None:
        self.calls.append(("close",))

    def file(self) -> File:
        return File.from_ops(self.put_buffer, self.get_buffer, self.close)


def put_all(file: File) -> None:
    file.put_byte(0xFE)
    file.put_be16(0x1234)
    file.put_be32(0xDEADBEEF)
    file.put_be64(0x0102030405060708)
    file.put_counted_string("rám")
    file.put_counted_string(b"")
    file.put_buffer(bytearray(b"raw"))


ALL = bytes.fromhex("fe 1234 deadbeef 0102030405060708 04 72c3a16d 00 726177")


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_every_helper_and_every_step(step: int) -> None:
    store = Store(step=step)
    with store.file() as file:
        put_all(file)
        assert file.put_position == len(ALL) and store.calls == []
    sent = [(len(ALL) - at, at) for at in range(0, len(ALL), step)]
    assert store.data == ALL and store.calls == [*(("put", *each) for each in sent), ("close",)]
    with store.file() as file:
        assert (file.get_byte(), file.get_be16(), file.get_be32()) == (0xFE, 0x1234, 0xDEADBEEF)
        assert (file.get_be64(), file.get_counted_string(), file.get_counted_string()) == (
            0x0102030405060708,
            "rám",
            "",
        )
        assert file.get_position == 21 and not file.at_end()
        assert file.get_buffer(3) == b"raw" and file.at_end() and file.get_some() == b""


def test_large_buffers_are_handed_on_in_pieces() -> None:
    data = bytes(range(256)) * 4096
    store = Store()
    with store.file() as file:
        file.put_byte(1)
        file.put_buffer(data)
        file.put_buffer(memoryview(data)[1:3])
    assert store.data == b"\x01" + data + b"\x01\x02"
    piece = 256 * 1024
    assert store.calls == [
        ("put", 1, 0),
        *(("put", piece, 1 + at * piece) for at in range(4)),
        ("put", 2, 1 + len(data)),
        ("close",),
    ]
    with Store(bytes(store.data), step=100_000).file() as file:
        assert file.get_byte() == 1
        room = bytearray(len(data))
        file.get_into(room)
        assert room == data and file.get_some(1) == b"\x01" and file.get_some() == b"\x02"


class Broken(Exception):
    pass


def test_what_an_operation_raises_reaches_the_caller_as_it_is() -> None:
    broken = Broken("cable")

    def fail(*_: Any) -> int:
        raise broken

    file = File.from_ops(fail, fail)
    file.put_byte(1)
    with pytest.raises(Broken) as caught:
        file.flush()
    assert caught.value is broken
    with pytest.raises(ChannelError, match="failed at offset 0: Input/output error") as later:
        file.put_byte(2)
    assert later.value.__cause__ is broken and (later.value.offset, later.value.errno) == (0, errno.EIO)
    with pytest.raises(Broken):
        file.get_byte()
    with pytest.raises(ChannelError):
        file.close()
    file.close()

    file = File.from_ops(fail)
    file.put_byte(1)
    with pytest.raises(Broken):  # close is the first to hear of it
        file.close()
    assert file.closed


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (-errno.ENOSPC, ChannelError, "the channel failed at offset 0: No space left on device"),
        (0, ChannelError, "the channel failed at offset 0: Input/output error"),
        (5, ValueError, "put_buffer returned 5, more than the 4 bytes that it was given"),
        (None, TypeError, "put_buffer must return a count, not NoneType"),
        (2.0, TypeError, "put_buffer must return a count, not float"),
        (-(10**30), ChannelError, "the channel failed at offset 0: Unknown error 4095"),
    ],
)
def test_wrong_answers_to_a_put(answer: Any, kind: type[Exception], message: str) -> None:
    file = File.from_ops(lambda buf, pos: answer)
    file.put_be32(1)
    with pytest.raises(kind) as caught:
        file.flush()
    assert str(caught.value) == message
    file.abort()


def test_wrong_answers_to_a_get() -> None:
    for answer, kind in [(-errno.ECONNRESET, ChannelError), (1 << 40, ValueError), (b"x", TypeError)]:
        file = File.from_ops(get_buffer=lambda buf, pos, answer=answer: answer)
        with pytest.raises(kind):
            file.get_byte()
        file.abort()


def test_the_error_of_close() -> None:
    with pytest.raises(ChannelError, match="No space left") as caught:
        File.from_ops(lambda buf, pos: len(buf), close=lambda: -errno.ENOSPC).close()
    assert caught.value.errno == errno.ENOSPC

    def fail() -> int:
        raise Broken

    with pytest.raises(Broken):
        File.from_ops(close=fail).close()
    # Of two errors the first one counts.
    file = File.from_ops(lambda buf, pos: -errno.EPIPE, close=lambda: -errno.ENOSPC)
    file.put_byte(1)
    with pytest.raises(ChannelError, match="Broken pipe"):
        file.close()


def test_the_stream_ends() -> None:
    file = Store(b"\x01\x02\x03\x04\x05").file()
    assert file.get_be16() == 0x0102
    with pytest.raises(TruncatedError) as caught:
        file.get_be32()
    error = caught.value
    assert (error.offset, error.found, error.allowed, error.code) == (2, 3, 4, "stream-truncated")
    assert str(error) == "the stream ends: 4 bytes needed at offset 2, 3 are there"
    with pytest.raises(TruncatedError):  # and it stays so
        file.get_byte()
    with pytest.raises(TruncatedError):
        file.close()


@pytest.mark.parametrize("count", [100, 300_000, 1 << 40])
def test_a_large_count_takes_no_memory_for_what_never_comes(count: int) -> None:
    file = Store(bytes(2) + bytes(90), step=50).file()
    assert file.get_be16() == 0
    with pytest.raises(TruncatedError) as caught:
        file.get_buffer(count)
    assert (caught.value.offset, caught.value.found, caught.value.allowed) == (2, 90, count)
    file.abort()


def test_rates_go_to_the_operations() -> None:
    rate = 7

    def set_rate_limit(wanted: int) -> int:
        nonlocal rate
        rate = wanted if wanted < 100 else rate
        return rate

    sent = bytearray()

    def put_buffer(buf: bytes, pos: int) -> int:
        sent.extend(buf)
        return len(buf)

    with File.from_ops(put_buffer, None, None, lambda: rate == 8, set_rate_limit, lambda: rate) as file:
        assert file.get_rate_limit() == 7 and not file.rate_limit()
        assert file.set_rate_limit(8) == 8 and file.rate_limit()
        assert file.set_rate_limit(100) == 8 and file.rate_wait() == 0
        file.put_buffer(b"soft")
    assert sent == b"soft"


def test_the_files_own_rate() -> None:
    with Store().file() as file:
        assert (file.get_rate_limit(), file.rate_limit(), file.rate_wait()) == (0, False, 0)
        assert file.set_rate_limit(1000) == 1000 and file.set_rate_limit(-1) == 1000
        file.put_buffer(bytes(1000))
        assert file.rate_limit() and 0.5 < file.rate_wait() <= 1
        assert file.set_rate_limit(0) == 0 and not file.rate_limit()


def test_a_failing_rate_is_told() -> None:
    def fail(*_: Any) -> int:
        raise Broken

    questions: list[Callable[[File], object]] = [File.rate_limit, File.get_rate_limit, lambda f: f.set_rate_limit(1)]
    for ask in questions:
        with File.from_ops(lambda buf, pos: len(buf), None, None, fail, fail, fail) as file, pytest.raises(Broken):
            ask(file)


def test_an_operation_must_not_use_its_own_file() -> None:
    seen: list[BaseException] = []

    def put_buffer(buf: bytes, pos: int) -> int:
        for use in (lambda: file.put_byte(1), file.flush, file.close):
            try:
                use()
            except ChannelError as error:
                seen.append(error)
        return len(buf)

    with File.from_ops(put_buffer) as file:
        file.put_byte(7)
        file.flush()
        assert [str(error) for error in seen] == ["an operation of a channel must not use that channel"] * 3
        assert file.put_position == 1 and not file.closed


def test_cancel_from_another_thread() -> None:
    inside, go = threading.Event(), threading.Event()

    def get_buffer(buf: memoryview, pos: int) -> int:
        inside.set()
        assert go.wait(10)
        buf[0] = 1
        return 1

    file = File.from_ops(get_buffer=get_buffer)
    caught: list[BaseException] = []

    def read() -> None:
        try:
            file.get_be32()
        except ChannelError as error:
            caught.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert inside.wait(10)
    file.cancel()
    go.set()
    thread.join()
    assert [(each.code, each.offset) for each in caught if isinstance(each, ChannelError)] == [("cancelled", 1)]
    file.abort()
