"""`File` over descriptors, Python's file objects and memory; its end, and its errors as objects."""

from __future__ import annotations

import errno
import fcntl
import gzip
import io
import os
import pty
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from vmstate import ChannelError, File, FramingError

DATA = bytes(range(256)) * 5000


def test_memory() -> None:
    with File.to_bytes() as file:
        assert file.getvalue() == b""
        file.put_counted_string("ram")
        file.put_buffer(DATA)
        assert file.getvalue() == b"\x03ram" + DATA
        with pytest.raises(ChannelError, match="nothing can be got on this channel"):
            file.get_byte()
        file.abort()
    with File.from_bytes(memoryview(b"\x03ram" + DATA)) as file:
        assert file.get_counted_string() == "ram" and file.get_buffer(len(DATA)) == DATA and file.at_end()
        with pytest.raises(ChannelError, match="nothing can be put on this channel"):
            file.put_byte(1)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda f: f.put_byte(256), OverflowError),
        (lambda f: f.put_byte(-1), OverflowError),
        (lambda f: f.put_be16(1 << 16), OverflowError),
        (lambda f: f.put_be32(1 << 32), OverflowError),
        (lambda f: f.put_be64(1 << 64), OverflowError),
        (lambda f: f.put_be32("1"), TypeError),
        (lambda f: f.put_buffer("text"), TypeError),
        (lambda f: f.put_counted_string("n" * 256), ValueError),
        (lambda f: f.get_buffer(-1), ValueError),
        (lambda f: f.set_idle_timeout(-1), ValueError),
        (lambda f: f.seek(-1), OverflowError),
        (lambda f: f.seek(1), ChannelError),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_put(call: Any, kind: type[Exception]) -> None:
    with File.to_bytes() as file:
        file.put_byte(1)
        with pytest.raises(kind):
            call(file)
        file.put_counted_string(b"n" * 255)
        assert file.getvalue() == b"\x01\xff" + b"n" * 255


def test_a_name_that_is_no_text() -> None:
    with File.from_bytes(b"\x00\x02\xff\xfe") as file:
        assert file.get_byte() == 0
        with pytest.raises(FramingError) as caught:
            file.get_counted_string()
        assert caught.value.offset == 1 and caught.value.code == "stream-name"


def exchange(reading: File, writing: File) -> None:
    def write() -> None:
        with writing:
            writing.put_be32(0x51455621)
            writing.put_buffer(DATA)

    thread = threading.Thread(target=write)
    thread.start()
    with reading:
        assert reading.get_be32() == 0x51455621 and reading.get_buffer(len(DATA)) == DATA and reading.at_end()
    thread.join()
    assert reading.closed and writing.closed


def test_a_pipe() -> None:
    reading, writing = os.pipe()
    exchange(File.from_fd(reading, idle_timeout=20), File.from_fd(writing, "w", idle_timeout=20))
    for fd in (reading, writing):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def test_a_socket() -> None:
    one, other = socket.socketpair()
    exchange(File.from_fd(one.detach(), "rw", idle_timeout=20), File.from_fd(other.detach(), "rw", idle_timeout=20))


def test_a_terminal() -> None:
    master, slave = pty.openpty()
    exchange(File.from_fd(master, idle_timeout=20), File.from_fd(slave, "w", idle_timeout=20))


def test_a_descriptor_that_is_kept() -> None:
    reading, writing = os.pipe()
    before = fcntl.fcntl(writing, fcntl.F_GETFL)
    with File.from_fd(writing, "w", close=False) as file:
        assert file.fileno() == -1 and file.fileno(writing=True) == writing
        file.put_buffer(b"kept")
    assert fcntl.fcntl(writing, fcntl.F_GETFL) == before and os.read(reading, 10) == b"kept"
    with pytest.raises(ChannelError, match="cannot be used as 'r'") as caught:
        File.from_fd(writing)
    assert caught.value.errno == errno.EBADF
    with pytest.raises(ValueError, match="a mode is 'r', 'w' or 'rw', not 'a'"):
        File.from_fd(writing, "a")
    os.close(writing)
    os.close(reading)
    with pytest.raises(ChannelError, match=f"descriptor {writing}: "):
        File.from_fd(writing, "w")


def test_seeking(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"head........")
    fd = os.open(path, os.O_RDWR)
    os.lseek(fd, 4, os.SEEK_SET)
    with File.from_fd(fd, "rw") as file:
        file.put_buffer(b"abcd")
        file.seek(1)
        file.put_byte(ord("B"))
        assert file.put_position == 2
        file.seek(0)
        assert file.get_buffer(4) == b"aBcd" and file.get_position == 4
    assert path.read_bytes() == b"headaBcd...."


@pytest.mark.parametrize("opened", [open, gzip.open, io.FileIO])
def test_python_file_objects(tmp_path: Path, opened: Any) -> None:
    path = tmp_path / "f"
    with File.from_file(opened(path, "wb")) as file:
        file.put_be32(0x51455621)
        file.put_buffer(DATA)
    with File.from_file(opened(path, "rb")) as file:
        assert file.get_be32() == 0x51455621 and file.get_buffer(len(DATA)) == DATA and file.at_end()
        with pytest.raises(ChannelError, match="nothing can be put"):
            file.put_byte(1)


def test_a_file_object_is_left_open_but_flushed(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as obj:
        with File.from_file(obj, close=False) as file:
            file.put_buffer(b"flushed")
        assert (tmp_path / "f").read_bytes() == b"flushed" and not obj.closed


def test_file_objects_that_can_little() -> None:
    class Reader:
        def __init__(self) -> None:
            self.rest = io.BytesIO(DATA)

        def read(self, size: int) -> bytes:
            return self.rest.read(min(size, 1000))

        def close(self) -> None:
            self.rest.close()

    with File.from_file(Reader()) as file:
        assert file.get_buffer(len(DATA)) == DATA and file.get_some() == b""
    with pytest.raises(TypeError, match="object can be neither read nor written"):
        File.from_file(object())
    file = File.from_file(io.StringIO("text"))
    with pytest.raises(TypeError):
        file.get_byte()
    file.abort()


def test_a_pipe_of_python_s_gives_what_it_has() -> None:
    reading, writing = os.pipe()
    with File.from_file(os.fdopen(reading, "rb")) as file, os.fdopen(writing, "wb", buffering=0) as obj:
        obj.write(b"some")
        assert file.get_buffer(4) == b"some"  # though the buffer is larger, and the pipe is open
