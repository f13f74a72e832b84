"""What the channels of one load share while they inflate: many of them take no more memory than few."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Share:
    """So many bytes, for whoever comes first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._left = size
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Is there so much left? Then it is taken, for good."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True


class Inflating:
    """`states`: of the windows of zstd. A payload is read and inflated by one of `threads` threads, since it takes
    memory of its own meanwhile, and the C library keeps some of that for each thread.
    """

    def __init__(self, threads: int, states: int) -> None:
        self.states = Share(states)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inflating")

    def run(self, work: Callable[[], None]) -> None:
        """Does it in one of the threads, and waits; what it raises is raised here."""
        self._pool.submit(_done, work).result()

    def close(self) -> None:
        """Nobody is in `run` any more."""
        self._pool.shutdown()


def _done(work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException as error:
        traceback.clear_frames(error.__traceback__)  # or the payload would be there as long as the error
        raise
