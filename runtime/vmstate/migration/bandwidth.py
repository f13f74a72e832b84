"""How fast a channel is, and what that means for the switch-over."""

from __future__ import annotations

WINDOW = 0.1
"""Seconds that a measurement takes at least."""
_MARGIN = 0.7
"""Of the downtime that is allowed, for live state; the rest is for devices, the peer's load and the way back."""


class Bandwidth:
    """Measured over windows of time. Before the first is over nothing is known: what the sockets' buffers took in the
    first milliseconds says nothing about the way to the receiver, and the machine would be halted for it.
    """

    def __init__(self, now: float) -> None:
        self._from = now
        self._bytes = 0
        self._known: float | None = None

    def note(self, now: float, sent: int) -> None:
        """`sent` bytes were sent since the start, at the time `now`."""
        took = now - self._from
        if took >= WINDOW:
            if sent > self._bytes:
                self._known = (sent - self._bytes) / took
            self._from, self._bytes = now, sent

    @property
    def value(self) -> float | None:
        """Bytes a second; None as long as nothing is known."""
        return self._known

    def expected(self, pending: int) -> float | None:
        """Seconds that `pending` bytes take."""
        return None if not self._known else pending / self._known

    def allowed(self, downtime: float) -> int:
        """Bytes of live state that may be left for a switch-over of at most `downtime` seconds."""
        return int((self._known or 0) * downtime * _MARGIN)
