"""Connecting and listening: nobody there, nobody comes, what is left behind; and descriptors that are taken over."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import ssl
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vmstate import ChannelError, ChannelTimeoutError, transport


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def test_nobody_there(tmp_path: Path) -> None:
    for uri, number in [
        (f"tcp:127.0.0.1:{free_port()}", errno.ECONNREFUSED),
        (f"unix:{tmp_path}/nothing", errno.ENOENT),
        (f"file:{tmp_path}/no/folder", errno.ENOENT),
        (f"file:{tmp_path}", errno.EISDIR),
        ("fd:9999", errno.EBADF),
    ]:
        with pytest.raises(ChannelError) as caught:
            transport.connect(uri)
        assert caught.value.errno == number and uri in str(caught.value)
    with pytest.raises(ChannelError, match="No such file or directory"):
        transport.listen(f"file:{tmp_path}/nothing").accept()
    with pytest.raises(ChannelError, match="not a file"):
        transport.listen(f"file:{tmp_path}").accept()
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ChannelError, match="a FIFO can be had by exec: or fd:"):
        transport.listen(f"file:{tmp_path}/fifo").accept()


def test_a_connection_that_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    # A queue of one that is full: the kernel drops what else comes.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as sock:
        address, waiting = sock.getsockname(), []
        for _ in range(4):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(address)
            waiting.append(other)
        with pytest.raises(ChannelTimeoutError, match=r"connecting to tcp:.*: not within 0\.1 seconds") as caught:
            transport.connect(f"tcp:127.0.0.1:{address[1]}", connect_timeout=0.1)
        assert caught.value.code == "timeout"
        for other in waiting:
            other.close()


def test_a_unix_listener_whose_queue_is_full(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock, contextlib.ExitStack() as stack:
        sock.bind(f"{tmp_path}/s")
        sock.listen(0)
        stack.enter_context(transport.connect(f"unix:{tmp_path}/s"))
        with pytest.raises(ChannelTimeoutError):
            transport.connect(f"unix:{tmp_path}/s", connect_timeout=0.05)


def test_a_name_that_is_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, family: int, kind: int, protocol: int, flags: int) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            assert never.wait(20)
        return real(host, port, family, kind, protocol, flags)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(ChannelTimeoutError, match=r"looking up 'slow\.test': not within 0\.05 seconds"):
        transport.connect("tcp:slow.test:1", connect_timeout=0.05)
    never.set()


def test_a_wait_for_a_connection_can_be_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue, a name that is not found, a handshake that nobody answers; none of them has a time-out."""
    never = threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *more: Any) -> Any:
        if not more[-1] & socket.AI_NUMERICHOST:
            assert never.wait(20)
        return real(host, *more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket(socket.AF_UNIX))
        full.bind(f"{tmp_path}/s")
        full.listen(0)
        stack.enter_context(transport.connect(f"unix:{tmp_path}/s"))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = silent.getsockname()[1]
        cases: list[tuple[str, dict[str, Any], str]] = [
            (f"unix:{tmp_path}/s", {}, f"connecting to unix:{tmp_path}/s"),
            ("tcp:slow.test:1", {}, "looking up 'slow.test'"),
            (f"tcp:127.0.0.1:{port}", {"tls": ssl.create_default_context()}, f"connecting to tcp:127.0.0.1:{port}"),
        ]
        for uri, how, doing in cases:
            wake = transport.Wake()
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(transport.connect, uri, connect_timeout=None, wake=wake, **how)
                if how:
                    stack.enter_context(silent.accept()[0])  # it is connected, and waits for an answer
                wake.set()
                with pytest.raises(ChannelError, match=f"^{re.escape(doing)}: cancelled$") as caught:
                    waiting.result(20)
            wake.close()
            assert caught.value.code == "cancelled"
    never.set()


def test_all_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *more: Any) -> Any:
        if host != "vm.test":
            return real(host, *more)
        if more[-1] & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        return [*real("127.0.0.2", *more), *real("127.0.0.3", *more), *real("127.0.0.1", *more)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with transport.listen("tcp:127.0.0.1:0") as listener:
        port = listener.uri.rpartition(":")[2]
        with transport.connect(f"tcp:vm.test:{port}") as ours, listener.accept(10) as theirs:
            ours.put_byte(1)
            ours.flush()
            assert theirs.get_byte() == 1
    with pytest.raises(ChannelError, match=f"connecting to tcp:vm.test:{port}: Connection refused"):
        transport.connect(f"tcp:vm.test:{port}")


def test_a_name_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(ChannelError, match=r"looking up 'nowhere\.test': .*Name or service not known"):
        transport.connect("tcp:nowhere.test:1")


def test_listening_is_on_loopback_unless_told_otherwise() -> None:
    with transport.listen("tcp::0") as listener:
        assert listener.uri.startswith("tcp:127.0.0.1:")
    with transport.listen("tcp:0.0.0.0:0") as listener:
        assert listener.uri.startswith("tcp:0.0.0.0:")


def test_two_listeners_at_one_place(tmp_path: Path) -> None:
    with transport.listen("tcp::0") as listener, pytest.raises(ChannelError, match="Address already in use"):
        transport.listen(listener.uri)
    with transport.listen(f"unix:{tmp_path}/s"), pytest.raises(ChannelError, match="Address already in use"):
        transport.listen(f"unix:{tmp_path}/s")
    (tmp_path / "f").write_text("kept")
    with pytest.raises(ChannelError, match="Address already in use"):
        transport.listen(f"unix:{tmp_path}/f")
    assert (tmp_path / "f").read_text() == "kept"


def test_the_path_of_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with transport.listen(f"unix:{path}"):  # what nobody listens at is replaced
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()
    with transport.listen(f"unix:{path}"):
        path.unlink()
        path.write_text("another's")
    assert path.read_text() == "another's"


def test_an_accept_ends_in_time_when_cancelled_and_when_closed(tmp_path: Path) -> None:
    for uri in ("tcp::0", f"unix:{tmp_path}/s"):
        for end in (transport.Listener.cancel, transport.Listener.close):
            listener = transport.listen(uri)
            assert isinstance(listener, transport.Listener)
            with pytest.raises(ChannelTimeoutError, match=r"waiting at .*: not within 0\.02 seconds"):
                listener.accept(0.02)
            codes: list[str] = []

            def accept(listener: transport.Listener = listener, codes: list[str] = codes) -> None:
                try:
                    listener.accept()
                except ChannelError as error:
                    codes.append(error.code)

            thread = threading.Thread(target=accept)
            thread.start()
            time.sleep(0.05)
            end(listener)
            thread.join(10)
            assert codes == ["cancelled"]
            listener.close()
            with pytest.raises(ChannelError, match="the listener is closed"):
                listener.accept()


def test_what_has_one_file_gives_it_once(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    with transport.listen(f"file:{tmp_path}/f") as once:
        once.accept().close()
        with pytest.raises(ChannelError, match="there is one file, and it was given out"):
            once.accept()


@pytest.mark.parametrize("uri", ["tcp::0", "unix:s"])
def test_idle_time_outs_of_connections(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        transport.listen(uri, idle_timeout=0.03) as listener,
        transport.connect(listener.uri, idle_timeout=0.03) as ours,
    ):
        theirs = listener.accept()
        for file in (theirs, ours):
            with pytest.raises(ChannelTimeoutError, match="idle for too long"):
                file.get_byte()
        for file in (theirs, ours):
            with pytest.raises(ChannelTimeoutError, match="idle for too long"):
                file.put_buffer(bytes(1 << 25))
        theirs.abort()
        ours.abort()


def test_fd_takes_over() -> None:
    reading, writing = os.pipe()
    with pytest.raises(ChannelError, match=f"descriptor {reading}: cannot be used as 'w'"):
        transport.connect(f"fd:{reading}")
    os.fstat(reading)  # refused: still the caller's
    with transport.connect(f"fd:{writing}") as file:
        file.put_byte(1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(writing)
    assert os.read(reading, 2) == b"\x01"
    os.close(reading)


@pytest.mark.parametrize("uri", ["tcp:127.0.0.1:0", "unix:{folder}/many"])
def test_many_connect_before_one_is_accepted(uri: str, tmp_path: Path) -> None:
    """As a sender does that has a connection for each of its threads."""
    with transport.listen(uri.format(folder=tmp_path)) as listener, contextlib.ExitStack() as open_ones:
        for _ in range(255):
            open_ones.enter_context(transport.connect(listener.uri, connect_timeout=0.5))
        for _ in range(255):
            listener.accept(0.5).close()
