"""URIs: what each one is, and what each mistake is told."""

from __future__ import annotations

import pytest

from vmstate import AddressError, VMStateError
from vmstate.transport import Command, Descriptor, Path, Tcp, Unix, connect, listen, parse

ALLOWED = "allowed is tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NUMBER or file:PATH[,offset=BYTES]"


@pytest.mark.parametrize(
    ("uri", "address", "again"),
    [
        ("tcp:otherhost:4444", Tcp("otherhost", 4444), None),
        ("tcp:127.0.0.1:1", Tcp("127.0.0.1", 1), None),
        ("tcp:[::1]:65535", Tcp("::1", 65535), None),
        ("tcp:[fe80::1%eth0]:4444", Tcp("fe80::1%eth0", 4444), None),
        ("tcp::4444", Tcp("", 4444), None),
        ("unix:/run/a:b,c", Unix("/run/a:b,c"), None),
        ("exec:cat > 'a b'", Command("cat > 'a b'"), None),
        ("fd:7", Descriptor(7), None),
        ("file:/a, b", Path("/a, b"), None),
        ("file:a,offset=4096", Path("a", 4096), None),
        ("file:a,offset=0x1000", Path("a", 4096), "file:a,offset=4096"),
        ("file:a,offset=1,offset=010", Path("a,offset=1", 10), "file:a,offset=1,offset=10"),
        ("file:a,offset=0", Path("a"), "file:a"),
    ],
)
def test_what_a_uri_is(uri: str, address: object, again: str | None) -> None:
    assert parse(uri) == address and str(parse(uri)) == (again or uri)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("", ALLOWED),
        ("/path", ALLOWED),
        ("http://host/", ALLOWED),
        ("TCP:host:1", ALLOWED),
        ("rdma:host:1", f"RDMA is not supported; {ALLOWED}"),
        ("vsock:3:1", f"vsock is not supported; {ALLOWED}"),
        ("tcp:host", "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6"),
        ("tcp:host:http", "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6"),
        ("tcp:::1:4444", "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6"),
        ("tcp:[::1]", "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6"),
        ("tcp:host:1,ipv4=on", "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6"),
        ("tcp:host:-1", "allowed is tcp:HOST:PORT, and tcp:[ADDRESS]:PORT for IPv6"),
        ("tcp:host:0", "the port is 0, allowed is 1..65535"),
        ("tcp:host:65536", "the port is 65536, allowed is 1..65535"),
        ("unix:", "allowed is unix:PATH"),
        ("unix:" + "p" * 108, "the path has 108 bytes, a socket's path at most 107"),
        ("exec: ", "allowed is exec:COMMAND, for /bin/sh"),
        ("exec:a\0b", "a NUL cannot be part of it"),
        ("fd:", "allowed is fd:NUMBER"),
        ("fd:name", "allowed is fd:NUMBER"),
        ("fd:-1", "allowed is fd:NUMBER"),
        ("file:", "allowed is file:PATH[,offset=BYTES]"),
        ("file:,offset=1", "allowed is file:PATH[,offset=BYTES]"),
        ("file:a,offset=", "the offset is '', allowed is a number of bytes, 0..2**63-1"),
        ("file:a,offset=1M", "the offset is '1M', allowed is a number of bytes, 0..2**63-1"),
        ("file:a,offset=-1", "the offset is '-1', allowed is a number of bytes, 0..2**63-1"),
        (f"file:a,offset={1 << 63}", f"the offset is '{1 << 63}', allowed is a number of bytes, 0..2**63-1"),
    ],
)
def test_what_a_mistake_is_told(uri: str, message: str) -> None:
    for use in (parse, connect):
        with pytest.raises(AddressError) as caught:
            use(uri)
        assert str(caught.value) == f"{uri!r}: {message}"
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, VMStateError)
    if ":0" not in uri:
        with pytest.raises(AddressError):
            listen(uri)


def test_port_0_is_for_listening() -> None:
    assert parse("tcp:host:0", listening=True) == Tcp("host", 0)
