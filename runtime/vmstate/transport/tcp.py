"""`tcp:`, over IPv4 and IPv6, with TLS if there is a context."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Any

from vmstate.errors import ChannelError, ChannelTimeoutError
from vmstate.file import File
from vmstate.transport import tls as secure
from vmstate.transport.address import Tcp
from vmstate.transport.arrivals import MOST
from vmstate.transport.listener import Listener
from vmstate.transport.waiting import Deadline, Wake, failed, timed_out

LOOPBACK = "127.0.0.1"


def connect(
    address: Tcp,
    connect_timeout: float | None,
    idle_timeout: float | None,
    context: ssl.SSLContext | None,
    server_name: str | None,
    wake: Wake,
) -> File:
    """Tries all addresses of the host in order, each for its share of the time; the last error is told."""
    doing, deadline = f"connecting to {address}", Deadline(connect_timeout)
    last: OSError | None = None
    places = _resolve(address, deadline, wake, passive=False)
    for number, (family, kind, protocol, _, where) in enumerate(places):
        sock = socket.socket(family, kind, protocol)
        try:
            _connect(sock, where, deadline.share(len(places) - number), wake, doing)
        except OSError as error:
            sock.close()
            if isinstance(error, ChannelError) and error.code == "cancelled":
                raise
            last = error
            continue
        if context is None:
            return _file(sock, idle_timeout)
        return secure.client(
            sock, context, server_name or address.host or LOOPBACK, deadline, wake, idle_timeout, doing
        )
    assert last is not None
    if isinstance(last, ChannelTimeoutError):
        raise timed_out(doing, deadline)
    raise failed(doing, last) from last


def _connect(sock: socket.socket, where: Any, deadline: Deadline, wake: Wake, doing: str) -> None:
    sock.setblocking(False)
    error = sock.connect_ex(where)
    if error == errno.EINPROGRESS:
        wake.wait(sock.fileno(), select.POLLOUT, deadline, doing)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def listen(address: Tcp, idle_timeout: float | None, context: ssl.SSLContext | None) -> Listener:
    """On the first address of the host; on loopback if none is named."""
    doing = f"listening at {address}"
    with Wake.lent(None) as wake:
        family, kind, protocol, _, where = _resolve(address, Deadline(10), wake, passive=True)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(where[0] != "::"))
        sock.bind(where)
        sock.listen(MOST)
    except OSError as error:
        sock.close()
        raise failed(doing, error) from error
    host, port = sock.getsockname()[:2]
    uri = str(Tcp(host, port))

    def opened(connection: socket.socket, deadline: Deadline, wakes: Sequence[Wake]) -> File:
        if context is None:
            return _file(connection, idle_timeout)
        # A peer that says nothing must not hold the door for ever.
        limit = deadline if deadline.seconds is not None else Deadline(idle_timeout)
        return secure.server(connection, context, limit, wakes, idle_timeout, f"TLS at {uri}")

    return Listener(uri, sock, opened, plain=context is None)


def _file(sock: socket.socket, idle_timeout: float | None) -> File:
    with sock:
        no_delay(sock)
        return File._copying(sock.fileno(), "rw", idle_timeout)


def no_delay(sock: socket.socket) -> None:
    """What is flushed goes: the file gathers small puts already."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _resolve(address: Tcp, deadline: Deadline, wake: Wake, *, passive: bool) -> list[Any]:
    """getaddrinfo, which knows no time-out: a name is looked up in a thread that may be left behind."""
    host, doing = address.host or LOOPBACK, f"looking up {address.host!r}"
    common = (address.port, 0, socket.SOCK_STREAM, 0)
    flags = socket.AI_PASSIVE if passive else 0
    with contextlib.suppress(socket.gaierror):
        return socket.getaddrinfo(host, *common, flags | socket.AI_NUMERICHOST)
    answer: list[Any] = []
    done = Wake()

    def look_up() -> None:
        try:
            answer.append(socket.getaddrinfo(host, *common, flags))
        except Exception as error:
            answer.append(error)
        finally:
            done.set()

    with contextlib.closing(done):
        threading.Thread(target=look_up, daemon=True, name=doing).start()
        wake.wait(done.fileno(), select.POLLIN, deadline, doing)
    if isinstance(answer[0], Exception):
        raise ChannelError(f"{doing}: {answer[0]}", number=errno.EHOSTUNREACH) from answer[0]
    found: list[Any] = answer[0]
    return found
