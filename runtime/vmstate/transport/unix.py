"""`unix:`, sockets with a path."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

from vmstate.errors import ChannelError
from vmstate.file import File
from vmstate.transport.address import Unix
from vmstate.transport.arrivals import MOST
from vmstate.transport.listener import Listener
from vmstate.transport.waiting import Deadline, Wake, failed, timed_out


def connect(address: Unix, connect_timeout: float | None, idle_timeout: float | None, wake: Wake) -> File:
    doing, deadline = f"connecting to {address}", Deadline(connect_timeout)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _connect(sock, address.path, deadline, wake, doing)
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError) and not isinstance(error, ChannelError):
            raise failed(doing, error) from error
        raise
    return _file(sock, idle_timeout)


def _connect(sock: socket.socket, path: str, deadline: Deadline, wake: Wake, doing: str) -> None:
    sock.setblocking(False)
    while error := sock.connect_ex(path):
        if error != errno.EAGAIN:
            raise OSError(error, os.strerror(error))
        # The listener's queue is full, and nothing tells when it is not any more: look again soon.
        if deadline.left == 0:
            raise timed_out(doing, deadline)
        wake.sleep(0.01, doing)


def listen(address: Unix, idle_timeout: float | None) -> Listener:
    """The socket is its user's alone (mode 0600), and removed at the end. One that nobody listens at is replaced."""
    doing, path = f"listening at {address}", Path(address.path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_if_dead(path)
        os.fchmod(sock.fileno(), 0o600)  # before bind: there is no moment when others could connect
        sock.bind(address.path)
        ours = path.stat()
        sock.listen(MOST)
    except OSError as error:
        sock.close()
        raise failed(doing, error) from error

    def closed() -> None:
        with contextlib.suppress(OSError):
            if os.path.samestat(path.lstat(), ours):
                path.unlink()

    return Listener(str(address), sock, lambda connection, *_: _file(connection, idle_timeout), closed)


def _remove_if_dead(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(str(path)) == errno.ECONNREFUSED:
            path.unlink()


def _file(sock: socket.socket, idle_timeout: float | None) -> File:
    with sock:
        return File._copying(sock.fileno(), "rw", idle_timeout)
