"""Options that do nothing where they are given are refused at once, before a thread or a channel is there."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from vmstate import Machine, transport
from vmstate.errors import AddressError, ChannelError, VMStateError
from vmstate.file import File

SERVER, CLIENT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def refused(call: Callable[[], object], kind: type[Exception], match: str) -> None:
    before = threading.active_count()
    with pytest.raises(kind, match=match):
        call()
    assert threading.active_count() == before


@pytest.mark.parametrize(("to", "how", "kind", "match"), [
    ("unix:/nowhere", {"nonsense": 1}, TypeError, "called nonsense; for 'unix:/nowhere' there are connect_time"),
    ("unix:/nowhere", {"tls": CLIENT}, AddressError, "TLS is for tcp: alone"),
    ("exec:false", {"tls": CLIENT}, AddressError, "TLS is for tcp: alone"),
    ("file:/nowhere/x", {"tls": CLIENT}, AddressError, "TLS is for tcp: alone"),
    ("tcp:localhost:1", {"server_name": "there"}, AddressError, "it needs tls"),
    ("tcp:localhost:1", {"accept_timeout": 1}, TypeError, "accept_timeout"),
])  # fmt: skip
def test_of_a_uri_to_go_to(to: str, how: dict[str, Any], kind: type[Exception], match: str) -> None:
    refused(lambda: Machine("m").migrate(to, **how), kind, match)


def test_of_a_file_to_go_to() -> None:
    with File.to_bytes() as file:
        refused(lambda: Machine("m").migrate(file, tls=CLIENT), ValueError, "is open already, so tls would do nothing")
        refused(lambda: Machine("m").migrate(file, nonsense=1), ValueError, "nonsense would do nothing")
        assert file.getvalue() == b""


@pytest.mark.parametrize(("source", "how", "kind", "match"), [
    ("file:/nowhere", {"tls": SERVER}, AddressError, "TLS is for tcp: alone"),
    ("file:/nowhere", {"nonsense": 1}, TypeError, "nonsense"),
    ("unix:/nowhere/x", {"connect_timeout": 1}, TypeError, "there are idle_timeout, tls"),
])  # fmt: skip
def test_of_a_uri_to_come_from(source: str, how: dict[str, Any], kind: type[Exception], match: str) -> None:
    refused(lambda: Machine("m").incoming(source, **how), kind, match)


def test_of_a_listener_or_file_to_come_from() -> None:
    with transport.listen("tcp::0") as listener, File.from_bytes(b"") as file:
        for source in (listener, file):
            refused(
                lambda source=source: Machine("m").incoming(source, accept_timeout=1, tls=SERVER),
                ValueError,
                "tls would do nothing",
            )  # type: ignore[misc]


def test_whose_a_descriptor_is() -> None:
    """The caller's until a channel is made of it; then it is closed, whatever happens."""
    vm = Machine("m")
    reading, writing = os.pipe()
    with pytest.raises(ValueError, match="need tcp: or unix:"):
        vm.migrate(f"fd:{writing}", channels=2)
    with pytest.raises(TypeError, match="nonsense"):
        vm.incoming(f"fd:{reading}", nonsense=1)
    with vm.migrated(), pytest.raises(VMStateError, match="cannot migrate"):
        vm.migrate(f"fd:{writing}").result(10)
    with vm.migrated(), pytest.raises(VMStateError, match="cannot load"):
        vm.incoming(f"fd:{reading}")
    os.close(reading)  # both are still ours
    with pytest.raises(ChannelError):
        vm.migrate(f"fd:{writing}").result(10)  # nobody reads
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(writing)


def test_time_outs_fit_every_uri() -> None:
    """Where nothing is waited for they hold, so a program need not know the scheme."""
    Machine("m").migrate("exec:cat > /dev/null", connect_timeout=5, idle_timeout=5).result(10)
