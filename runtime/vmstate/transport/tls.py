"""TLS around a connected socket, by Python's ssl.

Reading and writing may be in two threads: the connection itself is used under a lock, and waits are outside of it.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from vmstate.errors import ChannelError
from vmstate.file import File
from vmstate.file.operations import Operations
from vmstate.transport.waiting import Deadline, Wake, failed

_T = TypeVar("_T")

RECORD = 1 << 14
"""Bytes that a record of TLS has at most."""

LINGER = 2.0
"""Seconds that a close waits for the peer to say that it has seen the end."""

_settling = threading.Lock()
"""Held while options of a context are others for a moment."""


def client(
    sock: socket.socket,
    context: ssl.SSLContext,
    name: str,
    deadline: Deadline,
    wake: Wake,
    idle: float | None,
    doing: str,
) -> File:
    return _opened(sock, lambda: _wrapped(context, sock, server_hostname=name), deadline, [wake], idle, doing)


def server(
    sock: socket.socket,
    context: ssl.SSLContext,
    deadline: Deadline,
    wakes: Sequence[Wake],
    idle: float | None,
    doing: str,
) -> File:
    return _opened(sock, lambda: _wrapped(context, sock, server_side=True), deadline, wakes, idle, doing)


def _wrapped(context: ssl.SSLContext, sock: socket.socket, **how: Any) -> ssl.SSLSocket:
    """Contexts of Python before 3.11.4 take a connection that was cut off for one that ended (cpython gh-95494). What a
    connection does is settled when it is made; the context is somebody else's, and stays as it was.
    """
    with _settling:
        options = context.options
        context.options = options & ~ssl.OP_IGNORE_UNEXPECTED_EOF
        try:
            return context.wrap_socket(sock, do_handshake_on_connect=False, suppress_ragged_eofs=False, **how)
        finally:
            context.options = options


def _opened(
    plain: socket.socket,
    wrap: Callable[[], ssl.SSLSocket],
    deadline: Deadline,
    wakes: Sequence[Wake],
    idle: float | None,
    doing: str,
) -> File:
    """Each of `wakes` ends the handshake."""
    try:
        plain.setblocking(False)
        connection = _Connection(wrap(), idle)
    except (OSError, ValueError) as error:
        plain.close()
        raise _broken(doing, error) from error
    try:
        with contextlib.ExitStack() as stack:
            for wake in wakes:
                stack.enter_context(wake.also(connection.cancel))
            connection.retry(connection.sock.do_handshake, deadline, doing)
    except BaseException:
        connection.hang_up()
        raise
    file = File._of(
        Operations(
            connection.put_buffer,
            connection.get_buffer,
            connection.close,
            set_idle=connection.set_idle,
            ready=connection.ready,
        )
    )
    file._idle = idle
    file._on_cancel.append(connection.cancel)
    return file


def _broken(doing: str, error: Exception) -> ChannelError:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return failed(doing, error)
    if isinstance(error, ssl.SSLEOFError) or getattr(error, "reason", None) == "UNEXPECTED_EOF_WHILE_READING":
        return ChannelError(
            f"{doing}: the connection ended, and not as TLS ends it", number=errno.ECONNRESET, code="tls"
        )
    reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or error
    return ChannelError(f"{doing}: TLS: {reason}", number=errno.EPROTO, code="tls")


class _Connection:
    """The operations of a file over a TLS socket."""

    def __init__(self, sock: ssl.SSLSocket, idle: float | None) -> None:
        self.sock = sock
        self.wake = Wake()
        self._idle = idle
        self._lock = threading.Lock()
        self._whole = True  # nothing has failed: the end can be said properly
        self._found: bytes | OSError | None = None  # what `ready` came upon; the next get has it

    def set_idle(self, seconds: float | None) -> None:
        self._idle = seconds

    def retry(self, action: Callable[[], _T], deadline: Deadline, doing: str) -> _T:
        """The action's result, when the socket has come far enough for it."""
        while True:
            with self._lock:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    events = select.POLLIN
                except ssl.SSLWantWriteError:
                    events = select.POLLOUT
                except OSError as error:
                    self._whole = False
                    raise _broken(doing, error) from error
            self.wake.wait(self.sock.fileno(), events, deadline, doing)

    def put_buffer(self, buf: bytes, pos: int) -> int:
        # A record at a time: only a whole one counts as a byte that moved.
        done = 0
        while done < len(buf):
            done += self._at(pos + done, partial(self.sock.send, buf[done : done + RECORD]), "putting")
        return done

    def get_buffer(self, buf: memoryview, pos: int) -> int:
        return self._at(pos, lambda: self._receive(buf), "getting")

    def _receive(self, buf: memoryview) -> int:
        found, self._found = self._found, None
        if found is None:
            return self.sock.recv_into(buf)
        if isinstance(found, OSError):
            raise found
        buf[: len(found)] = found
        return len(found)

    def ready(self) -> bool:
        """Would a get not wait? Only reading tells: what the socket has may be TLS's own, and no byte of the stream."""
        if self._found is None:
            with self._lock:
                try:
                    self._found = self.sock.recv(1)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    return False
                except OSError as error:
                    self._whole = False
                    self._found = error
        return True

    def _at(self, pos: int, action: Callable[[], _T], doing: str) -> _T:
        try:
            return self.retry(action, Deadline(self._idle), f"{doing} at offset {pos}")
        except ChannelError as error:
            error.offset = pos
            self._whole = False
            raise

    def close(self) -> None:
        if self._whole:
            # The peer's end is waited for too: to close with something unread would cut off what is still on its way.
            with contextlib.suppress(OSError):
                self.retry(self.sock.unwrap, Deadline(LINGER), "ending TLS")
        self.hang_up()

    def cancel(self) -> None:
        self._whole = False  # the peer must not take this for an end
        self.wake.set()

    def hang_up(self) -> None:
        self.sock.close()
        self.wake.close()
