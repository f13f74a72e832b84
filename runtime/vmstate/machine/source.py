"""A stream that is being read: the calls of `vmstate.stream`'s Cursor, on a file; and states that load from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmstate.errors import FramingError, TruncatedError

if TYPE_CHECKING:
    from vmstate._types import Sections
    from vmstate.file import File


class Source:
    """Reads `file`, whose errors say where. One byte may be looked at before it is taken."""

    def __init__(self, file: File) -> None:
        self.file = file
        self._next: int | None = None

    @property
    def offset(self) -> int:
        """Bytes from the start of the stream."""
        return self.file.get_position - (self._next is not None)

    def peek(self) -> int | None:
        """The next byte, None at the end. It stays for `u8`, which must come next."""
        if self._next is None and not self.file.at_end():
            self._next = self.file.get_byte()
        return self._next

    def at_end(self) -> bool:
        return self.file.at_end()

    def ready(self) -> bool:
        """Would `at_end` not wait?"""
        return self.file.ready()

    def u8(self, what: str) -> int:
        byte, self._next = self._next, None
        return self.file.get_byte() if byte is None else byte

    def be16(self, what: str) -> int:
        return self.file.get_be16()

    def be32(self, what: str) -> int:
        return self.file.get_be32()

    def take(self, count: int, what: str) -> bytes:
        return self.file.get_buffer(count)

    def text(self, count: int, what: str) -> str:
        """`count` bytes of UTF-8; other bytes are a FramingError."""
        start = self.offset
        raw = self.take(count, what)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            message = f"{what} at offset {start} is not UTF-8: {raw[:32]!r}"
            raise FramingError(message, offset=start, code="stream-name") from None

    def counted(self, what: str) -> str:
        """A name: one byte of length, then that many bytes."""
        return self.text(self.u8(what), what)

    def load(self, sections: Sections, number: int, version: int) -> None:
        """Loads one body from here on. It ends where the state says so: bodies carry no length."""
        from vmstate._stream import ffi, lib

        with self.file.native(getting=True) as native:
            reader = int(ffi.cast("uintptr_t", lib.vms_file_reader(native)))
            try:
                sections.pull(number, reader, version)
            except TruncatedError as error:
                self._tell(error)
                raise

    def _tell(self, error: TruncatedError) -> None:
        """A state sees that the bytes end; if the channel failed, that is why."""
        try:
            self.file.check()
        except TruncatedError:
            return
        except Exception as reason:
            raise reason from error
