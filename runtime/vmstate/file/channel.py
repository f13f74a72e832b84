"""What putting and getting have in common: the native file, who may use it, its errors and its end."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, NoReturn, Self

from vmstate._stream import ffi, lib
from vmstate.errors import ChannelError, ChannelTimeoutError, TruncatedError
from vmstate.file.operations import GETTING, PUTTING, Operations

AfterClose = Callable[[bool], None]
"""Called when the channel is closed, told whether in haste (abort); may raise."""

_CODES = {errno.ETIMEDOUT: "timeout", errno.ECANCELED: "cancelled", errno.EBADF: "closed"}


def milliseconds(seconds: float | None) -> int:
    """A time-out as C takes it; None is none."""
    if seconds is None:
        return -1
    if not 0 <= seconds < 10**12:
        raise ValueError(f"a time-out is None or at least 0 seconds, not {seconds}")
    return round(seconds * 1000)


class Channel:
    """A native file, with a lock a side: one thread may put while another gets."""

    def __init__(self, operations: Operations, *held: Any) -> None:
        """`held` stays alive as long as the native file: C stores that in `_owner`, so that it is never without one."""
        self._operations = operations
        # The destructor keeps all that C may touch until it is done; whatever order things die in.
        self._owner = ffi.gc(ffi.new("vms_file **"), partial(_free, operations, held))
        self._native = ffi.NULL
        self._writer = 0  # the address of its cursor
        self._put_lock = threading.RLock()
        self._get_lock = threading.RLock()
        self._closed = True
        self._idle: float | None = None
        self._seen: BaseException | None = None  # what an operation raised, once it has reached the caller
        self._after_close: list[AfterClose] = []
        self._on_cancel: list[Callable[[], None]] = []

    def _made(self) -> Self:
        """It has its native file."""
        self._native = self._owner[0]
        if self._native == ffi.NULL:
            raise MemoryError("no memory for a file")
        self._writer = int(ffi.cast("uintptr_t", lib.vms_file_writer(self._native)))
        self._closed = False
        return self

    # Errors -------------------------------------------------------------------------------------------------------

    def _failed(self, side: int, error: int) -> NoReturn:
        """Raises what the negative `error` of a call on `side` stands for."""
        raise self._exception(side, error)

    def _exception(self, side: int, error: int) -> BaseException:
        raised = self._operations.raised.pop(side, None) or self._operations.raised.pop(0, None)
        if raised is not None:
            self._seen = raised
            return raised
        offset = ffi.new("uint64_t *")
        known = lib.vms_file_error(self._native, side, offset)
        at = int(offset[0]) if known == error else None
        if error == -errno.ENODATA and side == GETTING:
            refusal = lib.vms_file_reader(self._native).error
            found, needed = int(refusal.found.bits), int(refusal.low.bits)
            return TruncatedError(
                f"the stream ends: {needed} bytes needed at offset {at}, {found} are there",
                offset=at,
                found=found,
                allowed=needed,
                code="stream-truncated",
            )
        return self._channel_error(side, -error, at)

    def _channel_error(self, side: int, number: int, at: int | None) -> BaseException:
        doing = "put" if side == PUTTING else "got" if side == GETTING else "closed"
        where = "" if at is None else f" at offset {at}"
        if number == errno.EBADF:
            message = "the channel is closed" if self._closed else f"nothing can be {doing} on this channel"
        elif number == errno.EDEADLK:
            message = "an operation of a channel must not use that channel"
        elif number == errno.ETIMEDOUT:
            message = f"the channel was idle for too long{where}"
        elif number == errno.ECANCELED:
            message = f"cancelled{where}"
        else:
            message = f"the channel failed{where}: {os.strerror(number)}"
        kind = ChannelTimeoutError if number == errno.ETIMEDOUT else ChannelError
        error = kind(message, number=number, offset=at, code=_CODES.get(number, "channel"))
        error.__cause__ = self._seen
        return error

    def check(self) -> None:
        """Raises the first error that there was, if there was one."""
        for side in (PUTTING, GETTING):
            error = lib.vms_file_error(self._native, side, ffi.NULL)
            if error:
                self._failed(side, error)

    def _fail_if_raised(self) -> None:
        raised = self._operations.raised.pop(0, None)
        if raised is not None:
            raise raised

    # For the other pieces of the runtime ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def native(self, *, putting: bool = False, getting: bool = False) -> Iterator[Any]:
        """The `vms_file *`, with nobody else on the sides asked for; what an operation raised is raised at the end."""
        with contextlib.ExitStack() as stack:
            if putting:
                stack.enter_context(self._put_lock)
            if getting:
                stack.enter_context(self._get_lock)
            if self._closed:
                raise self._channel_error(0, errno.EBADF, None)
            yield self._native
            self.check()

    # The end --------------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        return self._closed

    def cancel(self) -> None:
        """From any thread: a put or get that waits fails, and so does every later one, with code `cancelled`.

        A channel over descriptors wakes at once, one over Python operations when its operation returns.
        """
        lib.vms_file_cancel(self._native)
        for wake in self._on_cancel:
            wake()

    def close(self) -> None:
        """Writes what is buffered and closes; raises the first error that there was. Again: does nothing.

        Another thread in the middle of a put or get is cancelled first.
        """
        self._close(False)

    def abort(self) -> None:
        """Closes without writing what is buffered, and without complaint."""
        self._abort()

    def _abort(self) -> Exception | None:
        """What close would have complained of."""
        if not self._closed:
            self.cancel()
            try:
                self._close(True)
            except Exception as error:
                return error.with_traceback(None)  # whose frames lead to who is told, and would keep the file
        return None

    def _close(self, hastily: bool) -> None:
        with contextlib.ExitStack() as stack:
            for lock in (self._put_lock, self._get_lock):
                if not lock.acquire(blocking=False):
                    self.cancel()
                    lock.acquire()
                stack.callback(lock.release)
            if self._closed:
                return
            error = lib.vms_file_close(self._native)
            if error == -errno.EDEADLK:
                raise self._channel_error(0, errno.EDEADLK, None)
            first = self._first(error) if error or self._operations.raised else None
            self._closed = True
        for after in self._after_close:
            try:
                after(hastily)
            except BaseException as raised:
                raised.__context__ = first
                first = raised
        if first is not None:
            try:
                raise first
            finally:
                del first  # its traceback has this frame: a circle that would keep the file

    def _first(self, error: int) -> BaseException:
        """What close answers: the error of the side that failed first."""
        for side in (PUTTING, GETTING):
            if side in self._operations.raised or lib.vms_file_error(self._native, side, ffi.NULL) == error:
                return self._exception(side, error)
        return self._exception(0, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Closes; aborts if the block has raised."""
        if raised is None:
            self.close()
            return
        complaint = self._abort()
        if isinstance(complaint, ChannelError) and complaint.code == "exit-status":
            raised.add_note(str(complaint))

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and self._owner[0] != ffi.NULL:
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            finally:
                self.abort()


def _free(operations: Operations, held: tuple[Any, ...], owner: Any) -> None:
    native, owner[0] = owner[0], ffi.NULL
    lib.vms_file_free(native)
