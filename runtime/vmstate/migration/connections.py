"""The connections of one migration: opened, held to a rate, and cancelled together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from vmstate.errors import VMStateError
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

    def __init__(self, connect: Callable[[Wake], File]) -> None:
        """`connect` opens one more; the Wake ends its waits."""
        self._connect = connect
        self._wake = Wake()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._files: list[File] = []
        self._rate = -1

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
        return sum(file.put_position for file in self._files)

    def limit(self, rate: int) -> None:
        """Bytes a second, of the main one or of all that carry pages together; 0: as many as there can be.

        Only where it changes: a new rate begins with a new allocation.
        """
        if rate != self._rate:
            self._rate = rate
            share = -(-rate // max(1, len(self._files) - 1))
            for file in self._files:
                file.set_rate_limit(share)

    def wait(self, rate: Callable[[], int]) -> None:
        """Until the rate allows more. It may change meanwhile."""
        while (over := [file for file in self._files if file.rate_limit()]) and not self.cancelled:
            self._cancelled.wait(min([_SLICE, *(file.rate_wait() or _SLICE for file in over)]))
            self.limit(rate())
