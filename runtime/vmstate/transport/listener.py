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
from vmstate.transport.waiting import Deadline, Wake, failed


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
    ) -> None:
        """`opened` makes a file of a connection, which is its own from then on, until the deadline or one of the wakes
        ends that; `closed` clears up at the end.
        """
        self.uri = uri
        self._socket = sock
        self._opened = opened
        self._at_close: Callable[[], None] | None = closed
        self._wake = Wake()
        self._accepting = threading.Lock()
        sock.setblocking(False)

    def accept(self, timeout: float | None = None, wake: Wake | None = None) -> File:
        """The next connection; waits for ever if `timeout` is None. `wake.set()` ends this wait, and no later one.

        With TLS its handshake is part of it, and ended like it.
        """
        deadline = Deadline(timeout)
        with self._accepting:
            connection = self._accept(deadline, wake)
        return self._opened(connection, deadline, [self._wake] if wake is None else [self._wake, wake])

    def waiting(self) -> bool:
        """Would `accept` have a connection at once?"""
        poll = select.poll()
        poll.register(self._socket.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _accept(self, deadline: Deadline, wake: Wake | None) -> socket.socket:
        doing = f"waiting at {self.uri}"
        while True:
            if self._at_close is None:
                raise ChannelError(f"{self.uri}: the listener is closed", number=errno.EBADF, code="closed")
            self._wake.wait(self._socket.fileno(), select.POLLIN, deadline, doing, wake)
            try:
                return self._socket.accept()[0]
            except (BlockingIOError, ConnectionAbortedError):
                continue  # gone again before we came
            except OSError as error:
                raise failed(doing, error) from error

    def cancel(self) -> None:
        """From any thread: an accept that waits fails, and every later one."""
        self._wake.set()

    def close(self) -> None:
        """No more connections; those that were accepted live on. An accept that waits is cancelled."""
        self._wake.set()
        with self._accepting:
            at_close, self._at_close = self._at_close, None
            if at_close is not None:
                with contextlib.closing(self._socket):
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
