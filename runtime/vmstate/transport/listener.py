"""What waits for the other side."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Self

from vmstate.errors import ChannelError
from vmstate.file import File
from vmstate.transport.arrivals import Arrivals
from vmstate.transport.waiting import Deadline, Wake, failed, timed_out

_SOON = 0.01
"""Seconds between two looks at connections that may say something."""


class _Closing:
    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Listener(_Closing):
    """A listening socket. `uri` is where it can be reached."""

    def __init__(
        self,
        uri: str,
        sock: socket.socket,
        opened: Callable[[socket.socket, Deadline, Sequence[Wake]], File],
        closed: Callable[[], None] = lambda: None,
        *,
        plain: bool = True,
    ) -> None:
        """`opened` makes a file of a connection, which is its own from then on, until the deadline or one of the wakes
        ends that; `closed` clears up at the end.

        `plain`: a connection begins with the file's first bytes.
        """
        self.uri = uri
        self._socket = sock
        self._arrivals, self._plain = Arrivals(sock), plain
        self._opened = opened
        self._at_close: Callable[[], None] | None = closed
        self._wake = Wake()
        self._accepting = threading.Lock()
        sock.setblocking(False)

    def accept(self, timeout: float | None = None, wake: Wake | None = None, begins: bytes = b"") -> File:
        """The next connection; waits for ever if `timeout` is None. `wake.set()` ends this wait, and no later one.

        With TLS its handshake is part of it, and ended like it. `begins`: the next that sends these bytes first; others
        stay, for later accepts. Over TLS it is simply the next.
        """
        deadline = Deadline(timeout)
        with self._accepting:
            connection = self._accept(deadline, wake, begins if self._plain else b"")
        return self._opened(connection, deadline, [self._wake] if wake is None else [self._wake, wake])

    def look(self, count: int) -> list[bytes]:
        """What those who wait have sent so far, `count` bytes of each at most; all of it stays for who accepts them.

        Over TLS that is nobody's to see, and while another thread waits to accept them they are that one's: none then.
        """
        if not self._plain or not self._accepting.acquire(blocking=False):
            return []
        try:
            return [] if self._at_close is None else self._arrivals.look(count)
        except OSError as error:
            raise failed(f"looking who waits at {self.uri}", error) from error
        finally:
            self._accepting.release()

    def _accept(self, deadline: Deadline, wake: Wake | None, begins: bytes) -> socket.socket:
        doing = f"waiting at {self.uri}"
        while True:
            if self._at_close is None:
                raise ChannelError(f"{self.uri}: the listener is closed", number=errno.EBADF, code="closed")
            self._wake.check(doing, wake)
            try:
                connection = self._arrivals.take(begins)
            except OSError as error:
                raise failed(doing, error) from error
            if connection is not None:
                return connection
            if begins and self._arrivals.kept:  # they may say something yet, which nothing tells
                if deadline.left == 0:
                    raise timed_out(doing, deadline)
                self._wake.sleep(_SOON, doing, wake)
            else:
                self._wake.wait(self._socket.fileno(), select.POLLIN, deadline, doing, wake)

    def cancel(self) -> None:
        """From any thread: an accept that waits fails, and every later one."""
        self._wake.set()

    def close(self) -> None:
        """No more connections; those that were accepted live on, who waits is sent away. An accept is cancelled."""
        self._wake.set()
        with self._accepting:
            at_close, self._at_close = self._at_close, None
            if at_close is not None:
                with contextlib.closing(self._socket), contextlib.closing(self._arrivals):
                    at_close()
                self._wake.close()

    def __del__(self) -> None:
        if hasattr(self, "_wake"):
            self._wake.close()


class Once(_Closing):
    """Where there is nothing to wait for: one file, made when it is accepted."""

    def __init__(self, uri: str, make: Callable[[], File]) -> None:
        self.uri = uri
        self._make: Callable[[], File] | None = make

    def accept(self, timeout: float | None = None, wake: Wake | None = None) -> File:
        if wake is not None:
            wake.check(f"opening {self.uri}")
        make, self._make = self._make, None
        if make is None:
            raise ChannelError(
                f"{self.uri}: there is one file, and it was given out", number=errno.EBADF, code="closed"
            )
        return make()

    def cancel(self) -> None:
        self._make = None

    def close(self) -> None:
        self._make = None
