"""How much may be sent by now, over connections that share one rate."""

from __future__ import annotations

WINDOW = 0.1
"""Seconds that a part of the rate is for."""


class Allocation:
    """A tenth of the rate for each tenth of a second, as a File's own: what was sent too much is paid back later, what
    was not sent is lost.
    """

    def __init__(self, rate: int, now: float, sent: int) -> None:
        """`rate`: bytes a second, 0 for as many as there can be. `sent` bytes were sent before, at the time `now`."""
        self._share = max(1, rate // 10) if rate else 0
        self._from = now
        self._paid = sent

    def wait(self, now: float, sent: int) -> float:
        """Seconds until more may be sent, after `sent` bytes; 0 if it may be now."""
        if not self._share:
            return 0.0
        windows = int((now - self._from) / WINDOW)
        self._from += windows * WINDOW
        self._paid = min(sent, self._paid + windows * self._share)
        return self._from + used * WINDOW - now if (used := (sent - self._paid) // self._share) else 0.0
