"""The get side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmstate._buffers import looked_at
from vmstate._stream import ffi, lib
from vmstate.errors import FramingError, TruncatedError
from vmstate.file.channel import Channel
from vmstate.file.operations import GETTING, PIECE

if TYPE_CHECKING:
    from typing_extensions import Buffer

_byte, _be16, _be32, _be64 = (
    lib.vms_file_get_byte, lib.vms_file_get_be16, lib.vms_file_get_be32, lib.vms_file_get_be64
)  # fmt: skip
_buffer = lib.vms_file_get_buffer


class Getting(Channel):
    """Gets what was asked for, or raises: TruncatedError if the stream ends before, with the offset where it began.

    After an error nothing more is got.
    """

    def get_byte(self) -> int:
        return self._number(_byte, "uint8_t *")

    def get_be16(self) -> int:
        return self._number(_be16, "uint16_t *")

    def get_be32(self) -> int:
        return self._number(_be32, "uint32_t *")

    def get_be64(self) -> int:
        return self._number(_be64, "uint64_t *")

    def _number(self, get: Any, kind: str) -> int:
        value = ffi.new(kind)
        with self._get_lock:
            error = get(self._native, value)
            if error:
                self._failed(GETTING, error)
        return int(value[0])

    def get_buffer(self, count: int) -> bytes:
        """Exactly `count` bytes. Memory is taken as they come: a count out of a stream is no danger."""
        if count < 0:
            raise ValueError(f"a count is at least 0, not {count}")
        with self._get_lock:
            start = self.get_position
            parts: list[bytes] = []
            for done in range(0, count, PIECE):
                room = ffi.new("uint8_t[]", min(PIECE, count - done))
                error = _buffer(self._native, room, len(room))
                if error:
                    raised = self._exception(GETTING, error)
                    if isinstance(raised, TruncatedError):
                        raise _ends(start, count, done + (raised.found or 0))
                    raise raised
                parts.append(bytes(ffi.buffer(room)))
            return parts[0] if len(parts) == 1 else b"".join(parts)

    def get_into(self, buffer: Buffer) -> None:
        """Fills all of `buffer`, which must be writable and contiguous. On an error its content is undefined."""
        with looked_at(buffer, writable=True) as memory, self._get_lock:
            error = _buffer(self._native, memory, len(memory))
            if error:
                self._failed(GETTING, error)

    def get_some(self, limit: int = PIECE) -> bytes:
        """What there is, at least a byte and at most `limit`; empty at the end."""
        room = ffi.new("uint8_t[]", max(1, min(limit, PIECE)))
        with self._get_lock:
            count = lib.vms_file_get_some(self._native, room, len(room))
            if count < 0:
                self._failed(GETTING, count)
        return bytes(ffi.buffer(room, count))

    def get_counted_string(self) -> str:
        """A byte of length, then so many bytes of UTF-8; other bytes are a FramingError."""
        room, length = ffi.new("char[256]"), ffi.new("size_t *")
        with self._get_lock:
            start = self.get_position
            error = lib.vms_file_get_counted_string(self._native, room, length)
            if error:
                self._failed(GETTING, error)
        raw = bytes(ffi.buffer(room, length[0]))
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise FramingError(
                f"a name at offset {start} is not UTF-8: {raw[:32]!r}", offset=start, code="stream-name"
            ) from None

    def at_end(self) -> bool:
        """Is there nothing more? Waits for a byte."""
        with self._get_lock:
            answer = lib.vms_file_at_end(self._native)
            if answer < 0:
                self._failed(GETTING, answer)
        return bool(answer)

    def ready(self) -> bool:
        """Would a get find something at once, be it the end or an error? Of channels of your own: not known, False."""
        with self._get_lock:
            if lib.vms_file_ready(self._native):
                return True
            ready = self._operations.ready
            return ready is not None and ready()

    @property
    def get_position(self) -> int:
        """Bytes got so far. Of a thread that is getting just now: about."""
        return int(lib.vms_file_get_position(self._native))


def _ends(offset: int, needed: int, found: int) -> TruncatedError:
    return TruncatedError(
        f"the stream ends: {needed} bytes needed at offset {offset}, {found} are there",
        offset=offset,
        found=found,
        allowed=needed,
        code="stream-truncated",
    )
