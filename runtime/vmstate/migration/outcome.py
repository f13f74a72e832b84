"""A result that comes later: waited for by threads and by coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Generator
from typing import Generic, TypeVar

T = TypeVar("T")


class Outcome(Generic[T]):
    """A value or an exception, set once."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def settle(self, value: T | None, error: BaseException | None) -> None:
        with self._lock:
            self._value, self._error = value, error
            self._done.set()
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits there any more
                loop.call_soon_threadsafe(_wake, future)

    def wait(self, timeout: float | None) -> bool:
        return self._done.wait(timeout)

    def get(self) -> T:
        """The value of one that is done; raises its exception."""
        if self._error is not None:
            raise self._error
        assert self._value is not None
        return self._value

    def __await__(self) -> Generator[object, None, T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._done.is_set():
                future.set_result(None)
            else:
                self._waiting.append((loop, future))
        try:
            yield from future.__await__()
        finally:
            with self._lock:
                self._waiting = [each for each in self._waiting if each[1] is not future]
        return self.get()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
