"""How transports begin and end: nobody there, nobody comes, commands that fail, what is left behind."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import ssl
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.transport.test_same_bytes import contexts
from vmstate import AddressError, ChannelError, ChannelTimeoutError, File, TruncatedError, transport

MANY = bytes(1 << 22)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


# Connecting and listening ------------------------------------------------------------------------------------------


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


# exec: ------------------------------------------------------------------------------------------------------------


def children() -> set[str]:
    """Command lines of the processes whose parent we are, zombies (empty) too; not those of multiprocessing's own."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_text().replace("\0", " ")
            if int(parent) == os.getpid() and "multiprocessing" not in command:
                found.add(f"{folder.name} {command}")
    return found


def test_the_exit_status_is_the_error_of_close() -> None:
    file = transport.connect("exec:cat > /dev/null; exit 3")
    file.put_be32(1)
    with pytest.raises(ChannelError) as caught:
        file.close()
    assert str(caught.value) == "exec:cat > /dev/null; exit 3: exit status 3"
    assert (caught.value.code, caught.value.found) == ("exit-status", 3)
    file = transport.listen("exec:printf ab; exit 4").accept()
    assert file.get_be16() == 0x6162 and file.at_end()
    with pytest.raises(ChannelError, match="exit status 4"):
        file.close()
    with pytest.raises(ChannelError, match="exit status 127"):
        transport.connect("exec:/no/such/program 2> /dev/null").close()
    file = transport.listen("exec:kill -9 $$").accept()
    assert file.at_end()
    with pytest.raises(ChannelError, match="ended by SIGKILL") as caught:
        file.close()
    assert caught.value.found == -signal.SIGKILL and not children()


def test_a_command_that_breaks_is_reaped_and_says_why() -> None:
    before = children()
    file = transport.connect("exec:exit 5", idle_timeout=10)
    with pytest.raises(ChannelError, match="Broken pipe"):
        file.put_buffer(MANY)
    with pytest.raises(ChannelError, match="exit status 5") as caught:
        file.close()
    assert isinstance(caught.value.__context__, ChannelError) and "Broken pipe" in str(caught.value.__context__)

    def block() -> None:
        with transport.connect("exec:exit 6") as file:
            file.put_buffer(MANY)

    with pytest.raises(ChannelError, match="Broken pipe") as caught:
        block()
    assert caught.value.__notes__ == ["exec:exit 6: exit status 6"] and children() == before


def test_a_command_that_we_stop_listening_to_is_no_error() -> None:
    for command in ("yes", "yes | cat"):
        with transport.listen(f"exec:{command}").accept() as file:
            assert file.get_buffer(4) == b"y\ny\n"
    assert not children()


def test_a_command_that_does_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    file = transport.connect(f"exec:sleep 100 & echo $! > '{pids}'; echo $$ >> '{pids}'; wait", idle_timeout=0.2)
    with pytest.raises(ChannelTimeoutError, match=r"still running 0\.2 seconds after its pipe was closed; killed"):
        file.close()
    for pid in pids.read_text().split():
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    file = transport.connect("exec:sleep 100")
    start = time.monotonic()
    file.abort()
    assert time.monotonic() - start < 10 and not children()


def test_a_command_that_does_not_read_is_waited_for_no_longer_than_allowed() -> None:
    file = transport.connect("exec:sleep 100", idle_timeout=0.05)
    with pytest.raises(ChannelTimeoutError, match="idle for too long"):
        file.put_buffer(MANY)
    file.abort()
    assert not children()


# fd: --------------------------------------------------------------------------------------------------------------


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


# TLS --------------------------------------------------------------------------------------------------------------


def secure_pair(server: ssl.SSLContext, client: ssl.SSLContext, **more: Any) -> tuple[Any, Any]:
    """What each side got: a File, or the error."""
    got: list[Any] = [None, None]

    def note(at: int, make: Any) -> None:
        try:
            got[at] = make()
        except ChannelError as error:
            got[at] = error

    with transport.listen("tcp::0", tls=server, idle_timeout=10) as listener:
        connect = lambda: transport.connect(listener.uri, tls=client, connect_timeout=10, **more)  # noqa: E731
        thread = threading.Thread(target=note, args=(1, connect))
        thread.start()
        note(0, lambda: listener.accept(10))
        thread.join(20)
    return got[0], got[1]


def test_a_certificate_of_another_name_or_of_nobody_we_know() -> None:
    server, client = contexts()
    theirs, ours = secure_pair(server, client, server_name="vm.test")
    assert isinstance(theirs, File) and isinstance(ours, File)
    ours.put_byte(1)
    ours.flush()
    assert theirs.get_byte() == 1
    ours.abort(), theirs.abort()
    _, ours = secure_pair(server, client, server_name="other.test")
    assert isinstance(ours, ChannelError) and ours.code == "tls" and "other.test" in str(ours)
    theirs, ours = secure_pair(server, ssl.create_default_context())
    assert isinstance(ours, ChannelError) and "self-signed certificate" in str(ours)
    assert isinstance(theirs, ChannelError) and theirs.code == "tls"


def test_tls_with_somebody_who_does_not_speak_it() -> None:
    server, client = contexts()
    with transport.listen("tcp::0", tls=server, idle_timeout=0.1) as listener:
        plain = transport.connect(listener.uri)
        with pytest.raises(ChannelTimeoutError, match="TLS at tcp"):
            listener.accept()  # it says nothing
        plain.abort()
        with transport.connect(listener.uri) as plain:
            plain.put_buffer(b"QEVM\0\0\0\3")
            plain.flush()
            with pytest.raises(ChannelError, match="TLS") as caught:
                listener.accept()
            assert caught.value.code == "tls"
            plain.abort()
    with transport.listen("tcp::0") as listener, pytest.raises(ChannelTimeoutError):
        transport.connect(listener.uri, tls=client, connect_timeout=0.1)
    for use in (transport.connect, transport.listen):
        with pytest.raises(AddressError, match="TLS is for tcp: alone"):
            use("unix:/s", tls=client)  # type: ignore[operator]


def test_tls_idles_and_is_cancelled_like_any_other() -> None:
    theirs, ours = secure_pair(*contexts(), idle_timeout=0.05)
    with pytest.raises(ChannelTimeoutError) as caught:
        ours.get_byte()
    assert caught.value.offset == 0
    theirs.set_idle_timeout(None)
    codes: list[str] = []

    def wait() -> None:
        try:
            theirs.get_byte()
        except ChannelError as error:
            codes.append(error.code)

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    theirs.cancel()
    thread.join(10)
    assert codes == ["cancelled"]
    ours.abort(), theirs.abort()


def test_tls_that_is_cut_off_is_no_end() -> None:
    theirs, ours = secure_pair(*contexts())
    ours.put_byte(1)
    ours.flush()
    ours.abort()
    assert theirs.get_byte() == 1
    with pytest.raises(ChannelError, match="not as TLS ends it") as caught:
        theirs.get_byte()
    assert caught.value.offset == 1
    theirs.abort()
    theirs, ours = secure_pair(*contexts())
    thread = threading.Thread(target=ours.close)  # it waits until the other side has seen it
    thread.start()
    with pytest.raises(TruncatedError):
        theirs.get_byte()
    theirs.abort()
    thread.join(10)
