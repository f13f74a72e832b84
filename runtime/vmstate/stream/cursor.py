"""A bounded place in a byte string: every read says what it wanted and fails with an offset."""

from __future__ import annotations

from vmstate.errors import FramingError, TruncatedError

__all__ = ["Cursor"]


class Cursor:
    """Reads big-endian numbers and counted strings from `data`, never past its end.

    `offset` is in bytes from the start of the stream. Every reader raises `TruncatedError` when fewer bytes
    are left than it needs; the offset in the error is where the item began, and the cursor stays there.
    """

    __slots__ = ("data", "end", "offset")

    def __init__(self, data: memoryview, offset: int = 0, end: int | None = None) -> None:
        self.data = data
        self.offset = offset
        self.end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return self.end - self.offset

    def take(self, count: int, what: str) -> memoryview:
        """The next `count` bytes, not copied."""
        start = self.offset
        if count > self.end - start:
            raise TruncatedError(
                f"the stream ends inside {what}: {count} bytes needed at offset {start}, {self.end - start} left",
                offset=start,
                found=self.end - start,
                allowed=count,
                code="stream-truncated",
            )
        self.offset = start + count
        return self.data[start : start + count]

    def peek(self) -> int | None:
        """The next byte, or None at the end."""
        return self.data[self.offset] if self.offset < self.end else None

    def u8(self, what: str) -> int:
        return self.take(1, what)[0]

    def be16(self, what: str) -> int:
        return int.from_bytes(self.take(2, what), "big")

    def be32(self, what: str) -> int:
        return int.from_bytes(self.take(4, what), "big")

    def be64(self, what: str) -> int:
        return int.from_bytes(self.take(8, what), "big")

    def text(self, count: int, what: str) -> str:
        """`count` bytes of UTF-8; other bytes are a `FramingError`."""
        start = self.offset
        raw = bytes(self.take(count, what))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.offset = start
            raise FramingError(
                f"{what} at offset {start} is not UTF-8: {raw[:32]!r}", offset=start, code="stream-name"
            ) from None

    def counted(self, what: str) -> str:
        """A name: one byte of length, then that many bytes."""
        return self.text(self.u8(what), what)
