"""Streams with a return path: what their sender is answered, when, and what if nobody is there to be answered."""

from __future__ import annotations

import contextlib
import errno
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.machine.live import Chunks
from tests.unit.transport.test_tls import secured
from vmstate.errors import ChannelError, FramingError, VMStateError
from vmstate.file import File
from vmstate.machine import IncompleteError, Machine
from vmstate.machine.saver import Saver
from vmstate.migration.return_path import opening

PONG = bytes.fromhex("0002 0004 00000001")
LOADED = bytes.fromhex("0001 0004 00000000")
REFUSED = bytes.fromhex("0001 0004 00000001")


class Told(Chunks):
    """Writes down when it is told the end of a load."""

    def __init__(self, data: bytearray, log: list[object]) -> None:
        super().__init__(data)
        self.log = log

    def end_load(self, accepted: bool) -> bool:
        self.log.append(accepted)
        return super().end_load(accepted)

    def settle_load(self, here: bool) -> bool:
        self.log.append(f"here: {here}")
        return here or super().end_load(False)


class Board:
    def __init__(self, devices: Any, live: bytes = b"abcd", a: int = 0) -> None:
        self.log: list[object] = []
        self.vm, self.tiny = Machine("board"), devices.Tiny(a=a)
        self.chunks = Told(bytearray(live), self.log)
        self.vm.register(self.tiny)
        self.vm.register_live("chunks", self.chunks, version=1)


@pytest.fixture
def stream(board: Any) -> bytes:
    """Of a sender that wants to know."""
    with File.to_bytes() as file:
        Saver(Board(board, b"ABCD", 5).vm, file, opening()).run()
        return file.getvalue()


def channel(data: bytes, put: Callable[[bytes], int], close: Callable[[], int] = lambda: 0) -> File:
    source = io.BytesIO(data)
    return File.from_ops(lambda buf, pos: put(buf), lambda buf, pos: source.readinto(buf), close)


def test_it_is_told_last_of_all(board: Any, stream: bytes) -> None:
    here = Board(board)

    def put(data: bytes) -> int:
        here.log.append(data)
        return len(data)

    with channel(stream, put) as file:
        here.vm.load_from(file)
    assert here.log == [PONG, True, LOADED, "here: True"]
    assert (here.tiny.a, here.chunks.data, here.vm.incomplete) == (5, b"ABCD", False)


@pytest.mark.parametrize("how", ["raises", "is not whole"])
def test_live_state_that_fails_at_the_very_end_refuses(
    board: Any, stream: bytes, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, answers = Board(board), []

    def end_load(accepted: bool) -> bool:
        if accepted and how == "raises":
            raise OSError(errno.ENOSPC, "full")
        return False

    def put(data: bytes) -> int:
        answers.append(data)
        return len(data)

    monkeypatch.setattr(here.chunks, "end_load", end_load)
    with channel(stream, put) as file, pytest.raises((OSError, VMStateError)) as caught:
        here.vm.load_from(file)
    assert str(caught.value) in ("[Errno 28] full", "Told is not whole after a load")
    assert answers == [PONG, REFUSED]
    assert here.tiny.a == 0 and here.vm.incomplete
    with pytest.raises(IncompleteError):
        here.vm.start()


def test_the_others_are_as_they_were(board: Any, stream: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live state behind the one that fails is told of the refusal, and puts itself back; then that one does."""
    here = Board(board)
    other = Told(bytearray(b"wxyz"), here.log)
    here.vm.register_live("other", other, version=1)
    there = Board(board, b"ABCD", 5)
    there.vm.register_live("other", Chunks(bytearray(b"WXYZ")), version=1)

    def end_load(accepted: bool) -> bool:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(here.chunks, "end_load", end_load)
    with File.from_bytes(there.vm.dumps()) as file, pytest.raises(OSError, match="full"):
        here.vm.load_from(file, shadow=True)
    assert (other.data, here.chunks.data, here.log) == (b"wxyz", b"abcd", [False, "here: False"])
    assert here.tiny.a == 0 and not here.vm.incomplete


def test_a_sender_that_cannot_be_told_keeps_its_machine(board: Any, stream: bytes) -> None:
    here = Board(board)

    def put(data: bytes) -> int:
        return -errno.EPIPE if data == LOADED else len(data)

    with pytest.raises(ChannelError) as caught, channel(stream, put) as file:
        here.vm.load_from(file)
    assert caught.value.errno == errno.EPIPE
    assert here.tiny.a == 0 and here.vm.incomplete
    assert here.log == [True, "here: False"]


class Whole(Board):
    """With RAM, which may be longer than it is, and a disk."""

    def __init__(self, devices: Any, fill: int, length: int = 8192) -> None:
        super().__init__(devices, bytes([fill]) * 4, fill)
        self.memory, self.image = bytearray([fill]) * 8192, io.BytesIO(bytes([fill]) * (1 << 20))
        self.vm.add_ram("ram", self.memory, used_length=length, resizable=True)
        self.vm.add_block("disk", self.image)

    @property
    def filled(self) -> set[int]:
        """What it consists of: one number, unless it is a mixture."""
        return {self.tiny.a, *self.chunks.data, *self.memory[: self.length], *self.image.getvalue()}

    @property
    def length(self) -> int:
        return self.vm.ram.ram.used_length(0)


def of_whole(devices: Any, fill: int) -> bytes:
    with File.to_bytes() as file:
        Saver(Whole(devices, fill).vm, file, opening()).run()
        return file.getvalue()


def test_a_sender_that_cannot_be_told_leaves_a_shadow_as_it_was(board: Any) -> None:
    """All of it was loaded and written out by then. Another one may come."""
    here, data = Whole(board, 1, 4096), of_whole(board, 5)

    def put(data: bytes) -> int:
        return -errno.EPIPE if data == LOADED else len(data)

    with pytest.raises(ChannelError) as caught, channel(data, put) as file:
        here.vm.load_from(file, shadow=True)
    assert caught.value.errno == errno.EPIPE and not hasattr(caught.value, "__notes__")
    assert (here.filled, here.length, here.vm.incomplete) == ({1}, 4096, False)
    with channel(of_whole(board, 6), len) as file:
        here.vm.load_from(file, shadow=True)
    assert (here.filled, here.length, here.vm.incomplete) == ({6}, 8192, False)


def test_without_a_shadow_it_leaves_an_incomplete_machine(board: Any) -> None:
    here = Whole(board, 1, 4096)

    def put(data: bytes) -> int:
        return -errno.EPIPE if data == LOADED else len(data)

    with pytest.raises(ChannelError) as caught, channel(of_whole(board, 5), put) as file:
        here.vm.load_from(file)
    assert caught.value.__notes__ == [
        "board: live state was overwritten; the machine is incomplete until a load succeeds"
    ]
    assert (here.tiny.a, here.length, here.vm.incomplete) == (1, 4096, True)


@pytest.mark.parametrize("shadow", [False, True])
def test_a_sender_that_hangs_up_when_all_is_loaded(board: Any, shadow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    here, (one, other), end_load = Whole(board, 1), socket.socketpair(), Told.end_load

    def hung_up(self: Told, accepted: bool) -> bool:
        if accepted:
            assert one.recv(100) == PONG
            one.close()
        return end_load(self, accepted)

    monkeypatch.setattr(Told, "end_load", hung_up)
    one.sendall(of_whole(board, 5)[: 1 << 16])
    rest = of_whole(board, 5)[1 << 16 :]
    sending = threading.Thread(target=one.sendall, args=(rest,))
    sending.start()
    with pytest.raises(ChannelError, match="the machine goes on there"), File.from_fd(other.detach(), "rw") as file:
        here.vm.incoming(file, shadow=shadow)
    sending.join()
    assert (here.filled == {1}, here.vm.incomplete) == (shadow, not shadow)
    monkeypatch.undo()
    with channel(of_whole(board, 6), len) as file:
        here.vm.incoming(file)
    assert (here.filled, here.vm.incomplete) == ({6}, False)


def test_live_state_that_fails_when_others_are_done(board: Any, stream: bytes) -> None:
    """Those have been told that all is well; with a shadow they are as they were nevertheless."""

    class Failing(Told):
        def end_load(self, accepted: bool) -> bool:
            self.log.append("failing")
            if accepted:
                raise OSError(errno.ENOSPC, "full")
            return super().end_load(accepted)

        def settle_load(self, here: bool) -> bool:
            self.log.append(f"failing: {here}")
            return Chunks.end_load(self, False)

    here, there = Board(board), Board(board, b"ABCD", 5)
    failing = Failing(bytearray(b"wxyz"), here.log)
    here.vm.register_live("failing", failing, version=1)
    there.vm.register_live("failing", Chunks(bytearray(b"WXYZ")), version=1)
    with File.from_bytes(there.vm.dumps()) as file, pytest.raises(OSError, match="full"):
        here.vm.load_from(file, shadow=True)
    assert here.log == [True, "failing", "here: False", "failing: False"]
    assert (here.tiny.a, here.chunks.data, failing.data, here.vm.incomplete) == (0, b"abcd", b"wxyz", False)


def test_what_the_last_word_raises_changes_nothing(board: Any, stream: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Board(board)

    def settle_load(here: bool) -> bool:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(here.chunks, "settle_load", settle_load)
    with channel(stream, len) as file:
        here.vm.load_from(file)
    assert (here.tiny.a, here.chunks.data, here.vm.incomplete) == (5, b"ABCD", False)


def test_a_sender_that_has_hung_up_keeps_its_machine(board: Any, stream: bytes) -> None:
    one, other = socket.socketpair()
    here = Board(board)
    with one, File.from_fd(other.detach(), "rw") as file:
        one.sendall(stream)
        one.shutdown(socket.SHUT_WR)
        with pytest.raises(ChannelError, match="the sender hung up before it was told that all is loaded") as caught:
            here.vm.load_from(file, shadow=True)
        assert (caught.value.errno, caught.value.offset) == (errno.EPIPE, len(stream))
        assert one.recv(100) == PONG + REFUSED
    assert (here.tiny.a, here.chunks.data, here.vm.incomplete) == (0, b"abcd", False)


def test_a_sender_that_has_hung_up_over_tls_keeps_its_machine(
    board: Any, stream: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the load comes to its end. An answer could still be written: that it goes well says nothing."""
    here, (one, other) = Board(board), socket.socketpair()
    line = other.dup()
    theirs, ours = secured(one, other)

    def end_load(accepted: bool) -> bool:
        if accepted:
            line.shutdown(socket.SHUT_WR)
        return accepted

    monkeypatch.setattr(here.chunks, "end_load", end_load)
    ours.put_buffer(stream)
    ours.flush()
    with line, pytest.raises(ChannelError, match="the connection ended, and not as TLS ends it") as caught, theirs:
        here.vm.load_from(theirs)
    ours.abort()
    assert caught.value.offset == len(stream)
    assert here.tiny.a == 0 and here.vm.incomplete


def test_once_it_is_told_the_machine_is_here(board: Any, stream: bytes) -> None:
    here = Board(board)

    class Source:
        rewindable = False

        @contextlib.contextmanager
        def open(self) -> Iterator[File]:
            with channel(stream, len, lambda: -errno.EIO) as file:
                yield file

        def description(self) -> None: ...

    here.vm.load_input(Source(), "refuse", False)
    assert (here.tiny.a, here.chunks.data, here.vm.incomplete) == (5, b"ABCD", False)


def test_nobody_is_there_to_be_answered(board: Any, stream: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(stream)
    memory = io.BytesIO(stream)

    def from_bytes(vm: Machine) -> None:
        with File.from_bytes(stream) as file:
            vm.incoming(file)

    def from_file(vm: Machine, obj: Any) -> None:
        with File.from_file(obj) as file:
            vm.load_from(file)

    def from_descriptor(vm: Machine) -> None:
        with path.open("r+b") as opened, File.from_fd(opened.fileno(), "rw", close=False) as file:
            vm.load_from(file)

    ways: list[Callable[[Machine], None]] = [
        lambda vm: vm.loads(stream),
        lambda vm: vm.load(path),
        lambda vm: vm.incoming(f"file:{path}"),
        lambda vm: vm.incoming(f"exec:cat '{path}'"),
        from_bytes,
        lambda vm: from_file(vm, memory),
        lambda vm: from_file(vm, path.open("r+b")),
        from_descriptor,
    ]
    for load in ways:
        here = Board(board)
        load(here.vm)
        assert (here.tiny.a, here.chunks.data, here.vm.incomplete) == (5, b"ABCD", False)
    assert path.read_bytes() == stream


def test_nothing_follows_the_end(board: Any, stream: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(stream + b"x")
    answers = bytearray()

    def put(data: bytes) -> int:
        answers.extend(data)
        return len(data)

    def piped(vm: Machine) -> None:
        with channel(stream + b"x", put) as file:
            vm.load_from(file)

    ways: list[Callable[[Machine], None]] = [
        lambda vm: vm.loads(stream + b"x"),
        lambda vm: vm.load(path),
        lambda vm: vm.incoming(f"exec:cat '{path}'"),
        piped,
    ]
    for load in ways:
        with pytest.raises(FramingError, match="bytes follow the end") as caught:
            load(Board(board).vm)
        assert caught.value.offset == len(stream)
    assert answers == PONG + REFUSED
