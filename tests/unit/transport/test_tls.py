"""TLS on `tcp:`: who it talks to, how it waits, and how it ends."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit.transport.test_same_bytes import contexts
from vmstate import AddressError, ChannelError, ChannelTimeoutError, File, Machine, TruncatedError, transport
from vmstate.transport import tls
from vmstate.transport.waiting import Deadline, Wake


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


def secured(one: socket.socket, other: socket.socket) -> tuple[File, File]:
    """A server's, a client's. Over a socketpair what one does has reached the other at once."""
    server, client = contexts()
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(tls.server, one, server, Deadline(10), [], 10, "a test")
        ours = tls.client(other, client, "vm.test", Deadline(10), Wake(), 10, "a test")
        return theirs.result(), ours


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


def woken_at(
    address: str, monkeypatch: pytest.MonkeyPatch, wake: Callable[[], None], call: Callable[[], object]
) -> None:
    """`call` is at its handshake with somebody who says nothing, and has no time-out, when `wake` is called."""
    retry = tls._Connection.retry

    def at_the_handshake(self: Any, action: Any, deadline: Any, doing: str) -> object:
        thread = threading.Thread(target=wake)
        thread.start()
        try:
            return retry(self, action, deadline, doing)
        finally:
            thread.join()
            assert self.sock.fileno() >= 0

    monkeypatch.setattr(tls._Connection, "retry", at_the_handshake)
    with pytest.raises(ChannelError, match=f"{address}: cancelled") as caught:
        call()
    assert (caught.value.code, caught.value.errno) == ("cancelled", errno.ECANCELED)


@pytest.mark.parametrize("way", ["accept", "incoming", "cancel", "close"])
def test_a_handshake_that_nobody_answers_is_woken(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the wake of this accept, which ends no other, and by the listener's end."""
    server, client = contexts()
    with (
        contextlib.closing(Wake()) as wake,
        transport.listen("tcp::0", tls=server, idle_timeout=None) as listener,
        transport.connect(listener.uri) as silent,
    ):
        assert isinstance(listener, transport.Listener)
        ways: dict[str, tuple[Callable[[], None], Callable[[], object]]] = {
            "accept": (wake.set, lambda: listener.accept(wake=wake)),
            "incoming": (wake.set, lambda: Machine("m").incoming(listener, wake=wake)),
            "cancel": (listener.cancel, listener.accept),
            "close": (listener.close, listener.accept),
        }
        woken_at("TLS at tcp:127.0.0.1:[0-9]+", monkeypatch, *ways[way])
        with pytest.raises(TruncatedError):
            silent.get_byte()  # it has been hung up on
        silent.abort()
        monkeypatch.undo()
        if way in ("accept", "incoming"):
            with ThreadPoolExecutor(1) as pool:
                ours = pool.submit(transport.connect, listener.uri, tls=client, server_name="vm.test")
                listener.accept(10).abort()
                ours.result().abort()


def test_a_handshake_of_ours_that_nobody_answers_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    _, client = contexts()
    with contextlib.closing(Wake()) as wake, transport.listen("tcp::0") as listener:
        connect = lambda: transport.connect(listener.uri, tls=client, connect_timeout=None, wake=wake)  # noqa: E731
        woken_at("connecting to tcp:127.0.0.1:[0-9]+", monkeypatch, wake.set, connect)


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


def test_tls_knows_whether_there_is_something_to_get(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, ours = secured(*socket.socketpair())
    assert not theirs.ready()
    assert not ours.ready()  # its socket has something: a ticket, which is TLS's own
    ours.put_buffer(b"ab")
    ours.flush()
    assert theirs.ready() and theirs.ready() and theirs.get_position == 0
    assert theirs.get_buffer(2) == b"ab" and theirs.get_position == 2
    assert not theirs.ready()
    monkeypatch.setattr(tls, "LINGER", 0)
    ours.close()
    assert theirs.ready() and theirs.at_end() and theirs.ready()
    theirs.abort()


def test_tls_that_is_cut_off_is_ready_to_say_so() -> None:
    theirs, ours = secured(*socket.socketpair())
    assert not ours.ready()
    ours.abort()
    assert theirs.ready() and theirs.ready()
    with pytest.raises(ChannelError, match="not as TLS ends it") as caught:
        theirs.at_end()
    assert (caught.value.code, caught.value.offset) == ("tls", 0)
    theirs.abort()


def test_a_context_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though our connections are stricter than it: others may be made of it, too."""
    server, client = contexts()
    before = []
    for context in (server, client):
        context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
        before.append(context.options)
    monkeypatch.setattr("tests.unit.transport.test_tls.contexts", lambda: (server, client))
    theirs, ours = secured(*socket.socketpair())
    assert [server.options, client.options] == before
    ours.abort()
    with pytest.raises(ChannelError, match="not as TLS ends it"):
        theirs.at_end()
    theirs.abort()
