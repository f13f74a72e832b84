"""The connections of one migration: opened, held to a rate, and cancelled together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vmstate.errors import VMStateError
from vmstate.migration.allocation import Allocation
from vmstate.transport.waiting import Wake

if TYPE_CHECKING:
    from vmstate.file import File

_SLICE = 0.05
"""Seconds between two looks at what the user wants."""


class CancelledError(VMStateError):
    """The migration was cancelled; the machine runs on here."""

    default_code = "cancelled"


class Connections:
    """The first is the main one, further ones carry pages."""

    def __init__(self, connect: Callable[[Wake], File], beside: Callable[[], int] | None = None) -> None:
        """`connect` opens one more; the Wake ends its waits. `beside`: bytes that it was given beside its position."""
        self._connect = connect
        self._beside = beside
        self._wake = Wake()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._files: list[File] = []
        self._rate = -1
        self._allocation = Allocation(0, 0, 0)

    def open(self) -> File:
        file = self._connect(self._wake)
        with self._lock:
            self._files.append(file)
            cancelled = self.cancelled
        if cancelled:
            file.abort()
            self.check()
        return file

    def cancel(self) -> None:
        """From any thread: whatever waits on them, or for one of them to be opened, is woken, and fails."""
        with self._lock:
            self._cancelled.set()
            self._wake.set()
            for file in self._files:
                file.cancel()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raises a CancelledError if they were cancelled."""
        if self.cancelled:
            raise CancelledError("the migration was cancelled")

    def end(self) -> None:
        """None is opened any more."""
        self._wake.close()

    @property
    def position(self) -> int:
        """Bytes put, to all of them."""
        return sum(file.put_position for file in self._files) + (self._beside() if self._beside is not None else 0)

    @property
    def _keeps_rate(self) -> bool:
        """A file that is alone keeps it itself, as it may have operations for that; but not of what it does not see."""
        return len(self._files) == 1 and self._beside is None

    def limit(self, rate: int) -> None:
        """Bytes a second, of all of them together; 0: as many as there can be.

        Only where it changes: a new rate begins with a new allocation.
        """
        if rate != self._rate:
            self._rate = rate
            self._files[0].set_rate_limit(rate if self._keeps_rate else 0)
            self._allocation = Allocation(rate, time.monotonic(), self.position)

    def wait(self, rate: Callable[[], int], look: Callable[[], None]) -> None:
        """Until the rate allows more; it may change meanwhile. `look` may raise what ends it before."""
        while (seconds := self._too_early()) and not self.cancelled:
            look()
            self._cancelled.wait(min(_SLICE, seconds))
            self.limit(rate())

    def _too_early(self) -> float:
        """Seconds until the rate allows more, about; 0 if it does now."""
        if not self._keeps_rate:
            return self._allocation.wait(time.monotonic(), self.position)
        file = self._files[0]
        return (file.rate_wait() or _SLICE) if file.rate_limit() else 0.0
