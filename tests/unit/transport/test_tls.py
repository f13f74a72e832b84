"""TLS on `tcp:`: who it talks to, how it waits, and how it ends."""

from __future__ import annotations

import ssl
import threading
import time
from typing import Any

import pytest

from tests.unit.transport.test_same_bytes import contexts
from vmstate import AddressError, ChannelError, ChannelTimeoutError, File, TruncatedError, transport


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
