"""The same bytes over every transport, both ways, to the last one."""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import ssl
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vmstate import ChannelError, File, TruncatedError, transport

HERE = Path(__file__).parent
DATA = bytes((i * 31 + i // 4099) & 0xFF for i in range(700_001))
SENT = b"\x51\x45\x56\x4d\x03ram" + DATA + b"\x7e"

Pair = tuple[Callable[[], File], Callable[[], File]]
"""How the sending and the receiving end are made; each in its own thread."""


def put(file: File) -> None:
    with file:
        file.put_be32(0x5145564D)
        file.put_counted_string("ram")
        for at in range(0, len(DATA), 100_000):
            file.put_buffer(DATA[at : at + 100_000])
        file.put_byte(0x7E)


def get(file: File) -> bytes:
    with file:
        head = file.get_buffer(9)
        room = bytearray(len(DATA) - 1)
        file.get_into(room)
        rest = file.get_buffer(1)
        assert file.at_end() and file.get_position == len(SENT)
        return head + room + rest


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's, a client's."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(HERE / "tls" / "certificate.pem", HERE / "tls" / "key.pem")
    return server, ssl.create_default_context(cafile=str(HERE / "tls" / "certificate.pem"))


@contextlib.contextmanager
def listening(uri: str, *, tls: bool = False) -> Iterator[Pair]:
    server, client = contexts() if tls else (None, None)
    with transport.listen(uri, tls=server, idle_timeout=20) as listener:
        yield lambda: transport.connect(listener.uri, tls=client, idle_timeout=20), lambda: listener.accept(20)


@contextlib.contextmanager
def descriptors(ends: tuple[int, int]) -> Iterator[Pair]:
    """(receiving, sending)"""
    yield (
        lambda: transport.connect(f"fd:{ends[1]}", idle_timeout=20),
        lambda: transport.listen(f"fd:{ends[0]}", idle_timeout=20).accept(),
    )


def socketpair() -> tuple[int, int]:
    one, other = socket.socketpair()
    return one.detach(), other.detach()


def terminal() -> tuple[int, int]:
    master, slave = pty.openpty()
    for fd in (master, slave):
        tty.setraw(fd)  # whoever comes first: nothing may be echoed or changed before both ends are files
    return master, slave


@contextlib.contextmanager
def command_out(tmp_path: Path) -> Iterator[Pair]:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    yield (
        lambda: transport.connect(f"exec:cat > '{fifo}'", idle_timeout=20),
        lambda: transport.listen(f"exec:cat '{fifo}'", idle_timeout=20).accept(),
    )


CONNECTED: dict[str, Callable[[Path], contextlib.AbstractContextManager[Pair]]] = {
    "tcp": lambda tmp: listening("tcp:127.0.0.1:0"),
    "tcp without a host": lambda tmp: listening("tcp::0"),
    "tcp, IPv6": lambda tmp: listening("tcp:[::1]:0"),
    "tcp, TLS": lambda tmp: listening("tcp:127.0.0.1:0", tls=True),
    "unix": lambda tmp: listening(f"unix:{tmp}/socket"),
    "exec": command_out,
    "fd: pipe": lambda tmp: descriptors(os.pipe()),
    "fd: socketpair": lambda tmp: descriptors(socketpair()),
    "fd: terminal": lambda tmp: descriptors(terminal()),
}


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def skip_unless_possible(name: str) -> None:
    if "IPv6" in name and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")


@pytest.mark.parametrize("name", CONNECTED)
def test_the_same_bytes(name: str, tmp_path: Path) -> None:
    skip_unless_possible(name)
    with CONNECTED[name](tmp_path) as (sending, receiving):
        thread = threading.Thread(target=lambda: put(sending()))
        thread.start()
        assert get(receiving()) == SENT
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("offset", [0, 1000])
def test_the_same_bytes_through_a_file(offset: int, tmp_path: Path) -> None:
    path = tmp_path / "a, b"
    path.write_bytes(b"x" * 2_000_000)
    uri = f"file:{path}" + (f",offset={offset:#x}" if offset else "")
    put(transport.connect(uri))
    assert path.read_bytes() == b"x" * offset + SENT
    assert get(transport.listen(uri).accept()) == SENT


def test_the_same_bytes_through_a_file_as_fd(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    put(transport.connect(f"fd:{os.dup(fd)}"))
    os.lseek(fd, 0, os.SEEK_SET)
    assert get(transport.listen(f"fd:{fd}").accept()) == SENT


@pytest.mark.parametrize("name", ["tcp", "tcp, IPv6", "tcp, TLS", "unix", "fd: socketpair"])
def test_the_other_way_on_the_same_connection(name: str, tmp_path: Path) -> None:
    """Who connected gets, who accepted puts; and both at once."""
    skip_unless_possible(name)
    with CONNECTED[name](tmp_path) as (connecting, accepting):

        def both(file: File) -> bytes:
            def send() -> None:
                file.put_buffer(SENT)
                file.flush()

            thread = threading.Thread(target=send)
            thread.start()
            found = file.get_buffer(len(SENT))
            thread.join(20)
            return found

        found: list[bytes] = []

        def connect() -> None:
            with connecting() as file:
                found.append(both(file))

        thread = threading.Thread(target=connect)
        thread.start()
        with accepting() as file:
            found.append(both(file))
            assert file.at_end()
        thread.join(20)
        assert found == [SENT, SENT]


@pytest.mark.parametrize("name", ["tcp", "tcp, TLS", "unix", "exec", "fd: pipe", "fd: socketpair"])
def test_a_sender_that_breaks_off(name: str, tmp_path: Path) -> None:
    """What came before is there; then the stream ends, or the connection says that it broke."""
    with CONNECTED[name](tmp_path) as (sending, receiving):

        def send() -> None:
            file = sending()
            file.put_be64(1)
            file.flush()
            file.put_be64(2)
            file.abort()  # what is buffered is not sent

        thread = threading.Thread(target=send)
        thread.start()
        file = receiving()
        assert file.get_be64() == 1
        with pytest.raises((TruncatedError, ChannelError)) as caught:
            file.get_be64()
        thread.join(20)
        assert caught.value.offset == 8 and isinstance(caught.value, ChannelError) == (name == "tcp, TLS")
        file.abort()
