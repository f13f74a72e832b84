"""Where streams go and come from, by URI: `tcp:`, `unix:`, `exec:`, `fd:` and `file:`.

`connect(uri)` is the sending side of a migration, `listen(uri).accept()` the receiving one. A tcp or unix connection
goes both ways, whoever made it.

>>> from vmstate import transport
>>> with transport.connect("exec:cat > snapshot") as file:
...     file.put_be32(0x5145564D)
"""

from __future__ import annotations

import ssl

from vmstate.file import File
from vmstate.transport import command, descriptor, options, path, tcp, unix
from vmstate.transport.address import Address, Command, Descriptor, Path, Tcp, Unix, parse
from vmstate.transport.listener import Listener, Once
from vmstate.transport.waiting import Wake

__all__ = [
    "Address",
    "Command",
    "Descriptor",
    "File",
    "Listener",
    "Path",
    "Tcp",
    "Unix",
    "Wake",
    "connect",
    "listen",
    "parse",
]

CONNECT_TIMEOUT = 10.0
IDLE_TIMEOUT = 60.0
"""Seconds; None in their place is no limit."""


def connect(
    uri: str,
    *,
    connect_timeout: float | None = CONNECT_TIMEOUT,
    idle_timeout: float | None = IDLE_TIMEOUT,
    tls: ssl.SSLContext | None = None,
    server_name: str | None = None,
    wake: Wake | None = None,
) -> File:
    """A file to put to. `connect_timeout` is for all of it: names, connection, TLS; `idle_timeout` for a byte to move.

    `tls`, on `tcp:` alone, is a client's context; `server_name` is what the certificate must say, the host if None.
    `wake.set()`, from another thread, ends the wait for a connection: a ChannelError with code `cancelled`.
    """
    address = parse(uri)
    options.check(address, {"tls": tls, "server_name": server_name}, connect)
    match address:
        case Tcp():
            with Wake.lent(wake) as waking:
                return tcp.connect(address, connect_timeout, idle_timeout, tls, server_name, waking)
        case Unix():
            with Wake.lent(wake) as waking:
                return unix.connect(address, connect_timeout, idle_timeout, waking)
        case Command():
            return command.start(address, idle_timeout, writing=True)
        case Descriptor():
            return descriptor.take(address, idle_timeout, writing=True)
        case Path():
            return path.create(address)


def listen(
    uri: str, *, idle_timeout: float | None = IDLE_TIMEOUT, tls: ssl.SSLContext | None = None
) -> Listener | Once:
    """Something with `accept(timeout)`, which gives a file to get from; close it when no more are expected.

    `tcp:` without a host binds 127.0.0.1; another host must be named, all of them are `0.0.0.0` or `[::]`. Port 0 is a
    free one; the listener's `uri` says which. `tls`, on `tcp:` alone, is a server's context. `exec:`, `fd:` and `file:`
    have one file to give.
    """
    address = parse(uri, listening=True)
    options.check(address, {"tls": tls}, listen)
    match address:
        case Tcp():
            return tcp.listen(address, idle_timeout, tls)
        case Unix():
            return unix.listen(address, idle_timeout)
        case Command():
            return Once(uri, lambda: command.start(address, idle_timeout, writing=False))
        case Descriptor():
            return Once(uri, lambda: descriptor.take(address, idle_timeout, writing=False))
        case Path():
            return Once(uri, lambda: path.open_there(address))
