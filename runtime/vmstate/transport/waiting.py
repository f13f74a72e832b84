"""Waiting for sockets: no longer than allowed, and until somebody wakes us."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import time
from collections.abc import Callable, Iterator

from vmstate.errors import ChannelError, ChannelTimeoutError
from vmstate.file.owned import Owned


class Deadline:
    """A moment `seconds` from now; None is never."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def left(self) -> float | None:
        """Seconds until then, at least 0."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def share(self, count: int) -> Deadline:
        """The first of `count` equal parts of what is left."""
        left = self.left
        return Deadline(None if left is None else left / count)


class Wake:
    """Ends a wait from another thread, and all later ones."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may set it wherever its thread is
        self._event = Owned()
        self._event.event()
        self._set = self._acting = False
        self._also: list[Callable[[], None]] = []

    @staticmethod
    @contextlib.contextmanager
    def lent(wake: Wake | None) -> Iterator[Wake]:
        """The one that there is, or one for the block."""
        if wake is not None:
            yield wake
        else:
            with contextlib.closing(Wake()) as own:
                yield own

    def set(self) -> None:
        """From any thread, and from a signal's handler."""
        with self._lock:
            self._set = True
            if self.fileno() >= 0:
                os.eventfd_write(self.fileno(), 1)
            if not self._acting:
                self._acting = True
                try:
                    for action in tuple(self._also):
                        action()
                finally:
                    self._acting = False

    @contextlib.contextmanager
    def also(self, action: Callable[[], None]) -> Iterator[None]:
        """What is done when it is set within the block; at once if it was. Nothing of it is left after the block."""
        with self._lock:
            self._also.append(action)
            if self._set:
                action()
        try:
            yield
        finally:
            with self._lock:
                self._also.remove(action)

    def fileno(self) -> int:
        """It can be read from once it was set."""
        return self._event.fileno()

    def close(self) -> None:
        """Not while somebody waits."""
        with self._lock:
            self._event.close()

    def wait(self, fd: int, events: int, deadline: Deadline, doing: str, other: Wake | None = None) -> None:
        """Until `fd` is ready for `events` (of select.poll). `other` ends it, too."""
        if not self._poll(fd, events, deadline.left, doing, other):
            raise timed_out(doing, deadline)

    def check(self, doing: str, other: Wake | None = None) -> None:
        """Raises if it was set, or `other` was."""
        self._poll(-1, 0, 0, doing, other)

    def sleep(self, seconds: float, doing: str, other: Wake | None = None) -> None:
        self._poll(-1, 0, seconds, doing, other)

    def _poll(self, fd: int, events: int, seconds: float | None, doing: str, other: Wake | None = None) -> bool:
        """Did it become ready? Raises if somebody wakes us."""
        poll = select.poll()
        wakes = {wake.fileno() for wake in (self, other) if wake is not None}
        for each in wakes:
            poll.register(each, select.POLLIN)
        if fd >= 0:
            poll.register(fd, events)
        ready = dict(poll.poll(None if seconds is None else seconds * 1000))
        if wakes & ready.keys():
            raise ChannelError(f"{doing}: cancelled", number=errno.ECANCELED, code="cancelled")
        return bool(ready)


def timed_out(doing: str, deadline: Deadline) -> ChannelTimeoutError:
    return ChannelTimeoutError(f"{doing}: not within {deadline.seconds:g} seconds", number=errno.ETIMEDOUT)


def failed(doing: str, error: OSError) -> ChannelError:
    """The error of the operating system as a channel's."""
    return ChannelError(f"{doing}: {error.strerror or error}", number=error.errno or errno.EIO)
