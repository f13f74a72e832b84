"""Connections that wait at a listening socket."""

from __future__ import annotations

import socket

MOST = 272
"""So many are kept at once, further ones wait at the socket. A sender's connections for pages, up to 255, may all be
here, silent until the last of them is made; and others with them.
"""


class Arrivals:
    """Those that nobody has taken yet. They can be looked at: what they have sent stays for whoever takes them.

    One thread at a time, which is never held up.
    """

    def __init__(self, sock: socket.socket) -> None:
        """`sock` listens, and does not block."""
        self._socket = sock
        self.kept: list[socket.socket] = []

    def look(self, count: int) -> list[bytes]:
        """What each has sent so far, `count` bytes at most. Who has hung up without a word is forgotten."""
        while len(self.kept) < MOST and (connection := self._next()) is not None:
            self.kept.append(connection)
        said = [(each, _said(each, count)) for each in self.kept]
        for each, data in said:
            if data is None:
                each.close()
        self.kept = [each for each, data in said if data is not None]
        return [data for _, data in said if data is not None]

    def take(self, begins: bytes) -> socket.socket | None:
        """The first that begins with these bytes, or any; None if there is none as yet.

        If no more are kept, and none of them begins so, the oldest is sent away for the next: whoever says nothing
        would keep others out for ever.
        """
        if not begins:
            if self.kept:
                self.look(1)
            return self.kept.pop(0) if self.kept else self._next()
        for number, data in enumerate(self.look(len(begins))):
            if data == begins:
                return self.kept.pop(number)
        if len(self.kept) >= MOST and (connection := self._next()) is not None:
            if _said(connection, len(begins)) == begins:
                return connection
            self.kept.append(connection)
            self.kept.pop(0).close()
        return None

    def _next(self) -> socket.socket | None:
        try:
            return self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None  # gone again before we came

    def close(self) -> None:
        while self.kept:
            self.kept.pop().close()


def _said(connection: socket.socket, count: int) -> bytes | None:
    """None of one that will never say anything."""
    try:
        return connection.recv(count, socket.MSG_PEEK | socket.MSG_DONTWAIT) or None
    except BlockingIOError:
        return b""
    except OSError:
        return None
