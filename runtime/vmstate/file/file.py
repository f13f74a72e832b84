"""`File`: the channels there are, and how one is made."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from vmstate._buffers import held
from vmstate._stream import ffi, lib
from vmstate.errors import ChannelError
from vmstate.file.channel import milliseconds
from vmstate.file.getting import Getting
from vmstate.file.objects import operations_of
from vmstate.file.operations import PIECE, GetBuffer, Operations, PutBuffer
from vmstate.file.putting import Putting

if TYPE_CHECKING:
    from typing_extensions import Buffer


class File(Putting, Getting):
    """A byte channel, with a buffer, a position and an error that stays for each direction.

    One thread may put while another gets. A context manager: closes at the end, aborts if the block raises.
    """

    def __init__(self) -> None:
        raise TypeError("a File is made by from_ops, from_fd, from_file, from_bytes, to_bytes, or by vmstate.transport")

    @classmethod
    def _over(cls, operations: Operations, *held: Any) -> Self:
        """Without a native file as yet."""
        self = cls.__new__(cls)
        super().__init__(self, operations, *held)
        return self

    @classmethod
    def from_ops(
        cls,
        put_buffer: PutBuffer | None = None,
        get_buffer: GetBuffer | None = None,
        close: Callable[[], int | None] | None = None,
        rate_limit: Callable[[], bool | int] | None = None,
        set_rate_limit: Callable[[int], int] | None = None,
        get_rate_limit: Callable[[], int] | None = None,
    ) -> Self:
        """A channel of your own. What an operation raises reaches the caller as it is.

        `put_buffer(buf, pos)` writes all it can of `buf` and returns the count; with the rest it is called again.
        `get_buffer(buf, pos)` fills the writable `buf` as far as there is something, returns the count; 0 at the end.
        `pos`, the position in the stream, may be ignored. `close()` returns 0 or None, or the first error there was,
        as a negative errno. `rate_limit()`: over the allocation? `set_rate_limit(rate)` returns the rate now in
        force, the old one if it refuses. Where there is none of the three, the file keeps an allocation itself.
        """
        operations = Operations(put_buffer, get_buffer, close, rate_limit, set_rate_limit, get_rate_limit)
        return cls._of(operations)

    @classmethod
    def _of(cls, operations: Operations) -> Self:
        handle, table = ffi.new_handle(operations), operations.table()
        self = cls._over(operations, handle)
        self._owner[0] = lib.vms_file_new(table, handle)
        return self._made()

    @classmethod
    def from_fd(cls, fd: int, mode: str = "r", *, close: bool = True, idle_timeout: float | None = None) -> Self:
        """A native channel over a descriptor: pipe, socket, terminal or file. `mode` is "r", "w" or "rw".

        The descriptor becomes the file's: it is non-blocking from now on, and closed at the end; `close=False` leaves
        it open, as it was. A terminal is made raw, and left so. Nothing is taken over if this raises.
        `idle_timeout`: seconds without a byte moving after which a put or get fails; None waits for ever.
        """
        return cls._on(fd, mode, idle_timeout, keep=not close)

    @classmethod
    def _copying(cls, fd: int, mode: str, idle_timeout: float | None) -> Self:
        """The same over a copy of a descriptor, whose number stays its owner's, who closes it: nothing is without an
        owner in between, where a signal's handler may raise.
        """
        return cls._on(fd, mode, idle_timeout, copy=True)

    @classmethod
    def _on(cls, fd: int, mode: str, idle_timeout: float | None, *, keep: bool = False, copy: bool = False) -> Self:
        if mode not in ("r", "w", "rw"):
            raise ValueError(f"a mode is 'r', 'w' or 'rw', not {mode!r}")
        operations = Operations()
        handle = ffi.new_handle(operations)
        ends = ffi.new("vms_descriptors *")
        ends[0] = {
            "in": fd if "r" in mode else -1,
            "out": fd if "w" in mode else -1,
            "keep": keep,
            "copy": copy,
            "idle_ms": milliseconds(idle_timeout),
            "interrupted": lib.vms_python_interrupted,
            "opaque": handle,
        }
        self = cls._over(operations, handle)
        error = lib.vms_file_on_descriptors(self._owner, ends)
        if error:
            why = f"cannot be used as {mode!r}" if error == -errno.EBADF else os.strerror(-error)
            raise ChannelError(f"descriptor {fd}: {why}", number=-error)
        self._idle = idle_timeout
        return self._made()

    @classmethod
    def from_file(cls, obj: Any, *, close: bool = True) -> Self:
        """A channel over a Python file object, binary, for whatever it can do. Closed at the end, or only flushed."""
        return cls._of(operations_of(obj, close))

    @classmethod
    def from_bytes(cls, data: Buffer) -> Self:
        """Gets from memory, which is not copied; the file keeps it alive, and must not see it change."""
        memory = held(data)
        self = cls._over(Operations(), memory)
        self._owner[0] = lib.vms_file_from_memory(memory, len(memory))
        return self._made()

    @classmethod
    def to_bytes(cls) -> Self:
        """Puts into memory that grows; `getvalue` has it."""
        self = cls._over(Operations(lies_still=True))
        self._owner[0] = lib.vms_file_to_memory()
        return self._made()

    def getvalue(self) -> bytes:
        """What was put so far, of a file made by `to_bytes`; of others nothing."""
        size = ffi.new("size_t *")
        with self._put_lock:
            memory = lib.vms_file_memory(self._native, size)
            return bytes(ffi.buffer(memory, size[0])) if size[0] else b""

    # Descriptors ----------------------------------------------------------------------------------------------------

    def fileno(self, *, writing: bool = False) -> int:
        """The descriptor that is read, or written; -1 if there is none."""
        return int(lib.vms_file_descriptor(self._native, writing))

    @property
    def two_way(self) -> bool:
        """Can who sent what is got be answered? Not in memory or on a disk: what is put would lie among the rest."""
        if self._closed or self._operations.lies_still or not lib.vms_file_can_put(self._native):
            return False
        descriptor = self.fileno()
        return descriptor < 0 or not stat.S_ISREG(os.fstat(descriptor).st_mode)

    @property
    def can_time_out(self) -> bool:
        """Does `set_idle_timeout` change anything?"""
        return self.fileno() >= 0 or self.fileno(writing=True) >= 0 or self._operations.set_idle is not None

    @property
    def idle_timeout(self) -> float | None:
        """Seconds without a byte moving after which a put or get fails; None is never."""
        return self._idle

    def set_idle_timeout(self, seconds: float | None) -> None:
        """For puts and gets from now on; of files on descriptors and connections, others have none."""
        self._idle = seconds if self.can_time_out else None
        lib.vms_file_set_idle(self._native, milliseconds(seconds))
        if self._operations.set_idle:
            self._operations.set_idle(seconds)

    def set_room(self, size: int) -> None:
        """Bytes of the buffers that are made from now on, 256 KiB unless told; they grow for what does not fit.

        Each is made when something is first put or got. For whoever has many files at once.
        """
        lib.vms_file_set_room(self._native, size)
        self._operations.piece = max(4096, min(size, PIECE))

    def seek(self, position: int) -> None:
        """To a position of both sides, 0 being where the descriptor stood at first. Of files on disk alone."""
        with self._put_lock, self._get_lock:
            error = lib.vms_file_seek(self._native, position)
            if error:
                raise self._channel_error(0, -error, None)

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"put {self.put_position}, got {self.get_position}"
        return f"<vmstate.File {state}>"
