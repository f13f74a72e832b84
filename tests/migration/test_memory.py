"""The memory of a receiver, at a sender that fills whatever there is to fill, and then stops."""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.transport.test_same_bytes import HERE, contexts
from vmstate.machine import Machine

CHANNELS, PAGES, PAGE = 255, 128, 4096
MOST = 64 << 10
"""KiB of memory, beside the guest's."""
FLAGS = {"none": 0, "zlib": 2, "zstd": 4}

RECEIVER = """
import ssl, sys
import vmstate.migration.outgoing, vmstate.machine.channels
from vmstate import Machine, VMStateError, transport

def kib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

vm = Machine("x")
vm.add_ram("main", bytearray(b"x" * (128 * 4096)))
tls = None
if sys.argv[3:]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*sys.argv[3:])
before = kib("VmRSS")
with transport.listen(sys.argv[1], tls=tls) as listener:
    print(listener.uri, flush=True)
    try:
        vm.incoming(listener, channels=255, compression=sys.argv[2])
    except VMStateError as error:
        print(kib("VmHWM") - before, type(error).__name__, vm.incomplete)
"""


def packets(compression: str) -> bytes:
    """Enough of them to fill a window, and one that lacks its last byte."""
    pages = os.urandom(PAGES * PAGE // 2) + bytes(PAGES * PAGE // 2)
    compress: Callable[[bytes], bytes] = lambda data: data  # noqa: E731
    if compression == "zlib":
        deflate = zlib.compressobj(1)
        compress = lambda data: deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)  # noqa: E731
    elif compression == "zstd":
        zstd = pytest.importorskip("backports.zstd", reason="zstd needs Python 3.14, or the package backports.zstd")
        frame = zstd.ZstdCompressor(level=1)
        compress = lambda data: frame.compress(data, frame.FLUSH_BLOCK)  # noqa: E731
    payloads = [compress(pages) for _ in range(3)]
    last = os.urandom((1 if compression == "none" else 2) * PAGES * PAGE)
    sent = b"".join(header(len(payload), compression) + payload for payload in [*payloads, last])
    return sent[:-1]


def header(payload: int, compression: str) -> bytes:
    numbers = (0x11223344, 1, FLAGS[compression], PAGES, PAGES, payload)
    start = b"".join(number.to_bytes(4, "big") for number in numbers)
    places = b"".join((page * PAGE).to_bytes(8, "big") for page in range(PAGES))
    return start + bytes(40) + b"main".ljust(256, b"\0") + places


def fill(channels: list[socket.socket], data: bytes) -> None:
    """Sends it on all of them side by side, and closes each behind it."""
    with selectors.DefaultSelector() as waiting:
        for each in channels:
            each.setblocking(False)
            waiting.register(each, selectors.EVENT_WRITE, memoryview(data))
        while waiting.get_map():
            for key, _ in waiting.select():
                each, left = key.fileobj, key.data
                assert isinstance(each, socket.socket)
                try:
                    sent = each.send(left[: 1 << 18])
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    continue
                except OSError:
                    sent = len(left)  # refused: nobody reads it any more
                waiting.modify(each, selectors.EVENT_WRITE, left[sent:])
                if sent == len(left):
                    waiting.unregister(each)
                    each.close()


def connected(uri: str) -> socket.socket:
    """`tcp:` is with TLS."""
    kind, _, where = uri.partition(":")
    if kind == "unix":
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(where)
        return sock
    host, _, port = where.partition(":")
    return contexts()[1].wrap_socket(socket.create_connection((host, int(port))), server_hostname="vm.test")


@pytest.mark.skipif("VMS_SANITIZE" in os.environ, reason="AddressSanitizer keeps freed memory for a while")
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("compression", ["none", "zlib", "zstd"])
def test_channels_of_a_stranger(tmp_path: Path, compression: str, secure: bool) -> None:
    data, uri = packets(compression), "tcp:127.0.0.1:0" if secure else f"unix:{tmp_path}/x"
    vm = Machine("x")
    vm.add_ram("main", bytearray(PAGES * PAGE))
    stream = vm.dumps()
    setup = stream.index(bytes.fromhex("0000000000000010")) + 8 + 5
    files = [str(HERE / "tls" / name) for name in ("certificate.pem", "key.pem")] if secure else []
    command = [sys.executable, "-c", RECEIVER, uri, compression, *files]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout is not None
        uri = receiver.stdout.readline().strip()
        connections = []
        for number in range(-1, CHANNELS):
            each = connected(uri)
            each.sendall(
                stream[:setup]
                if number < 0
                else bytes.fromhex("1122334400000001") + bytes(16) + bytes([number, *[0] * 39])
            )
            connections.append(each)
        fill(connections[1:], data)
        connections[0].close()
        grown, error, incomplete = receiver.stdout.read().split()
    # Those that were refused for their windows were so after others had stored pages; TLS has an end of its own.
    cut = "ChannelError" if secure else "TruncatedError"
    assert (error, incomplete) in [(cut, "True"), ("FramingError", "True")]
    assert int(grown) < MOST, f"{grown} KiB"
