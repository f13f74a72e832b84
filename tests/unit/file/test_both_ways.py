"""Can the other end be answered, is there something to get, may a wait have an end?"""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

from vmstate.file import File


def test_a_socket() -> None:
    one, other = socket.socketpair()
    with one, File.from_fd(other.detach(), "rw") as file:
        assert (file.two_way, file.ready(), file.can_time_out) == (True, False, True)
        one.send(b"ab")
        assert file.ready() and file.get_byte() == ord("a")
        assert file.ready() and file.get_byte() == ord("b")
        assert not file.ready()
        one.shutdown(socket.SHUT_WR)
        assert file.ready() and file.at_end() and file.two_way
    assert not file.two_way and not file.can_time_out


def test_one_end_of_a_pipe() -> None:
    reading, writing = os.pipe()
    with File.from_fd(reading, "r") as source, File.from_fd(writing, "w") as target:
        assert (source.two_way, source.ready(), source.can_time_out) == (False, False, True)
        assert (target.ready(), target.can_time_out) == (False, True)


def test_what_lies_still(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with (
        path.open("r+b") as opened,
        File.from_fd(opened.fileno(), "rw", close=False) as descriptor,
        File.from_file(io.BytesIO(b"abc")) as memory,
        File.from_bytes(b"abc") as data,
        File.to_bytes() as room,
    ):
        assert [each.two_way for each in (descriptor, memory, data, room)] == [False, False, False, False]
        assert [each.can_time_out for each in (descriptor, memory, data, room)] == [True, False, False, False]
        assert descriptor.ready() and data.ready() and not memory.ready()


def test_operations_of_one_s_own() -> None:
    with File.from_ops(lambda buf, pos: len(buf), lambda buf, pos: 0) as file:
        assert (file.two_way, file.ready(), file.can_time_out) == (True, False, False)
        assert file.at_end() and file.ready()
    with File.from_ops(get_buffer=lambda buf, pos: 0) as file:
        assert not file.two_way
