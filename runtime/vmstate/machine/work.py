"""Who is at work on a machine, and why it stands still."""

from __future__ import annotations

import threading


class Work:
    """One save, load, migration, checkpoint or rewind, or whatever else a machine stands still for.

    Whoever begins one stores `over` at its end, whatever happens: the exception of a signal's handler comes between any
    two calls, but not within a store. So nothing stays locked behind it.
    """

    __slots__ = ("halts", "over", "runs_on")

    def __init__(self) -> None:
        self.over = False
        self.halts = False
        """Does the machine stand still for it? Then nobody starts it meanwhile."""
        self.runs_on = False
        """Does it go on afterwards? It ran before, and nobody has stopped it since."""


class AtWork:
    """What is done to a machine one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: Work | None = None

    def locked(self) -> bool:
        """Is somebody at work?"""
        work = self._work
        return work is not None and not work.over

    def take(self, work: Work) -> bool:
        """It is the one at work, until it is over; False if another one is."""
        with self._lock:
            if self.locked():
                return False
            self._work = work
            return True
