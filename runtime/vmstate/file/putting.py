"""The put side."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from vmstate._buffers import looked_at
from vmstate._stream import ffi, lib
from vmstate.file.channel import Channel
from vmstate.file.operations import PUTTING

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate._types import Sections, Texts

# Bound once: looking a function up in a cffi library costs as much as a short call.
_byte, _be16, _be32, _be64 = (
    lib.vms_file_put_byte, lib.vms_file_put_be16, lib.vms_file_put_be32, lib.vms_file_put_be64
)  # fmt: skip
_buffer, _parts, _string = lib.vms_file_put_buffer, lib.vms_file_put_parts, lib.vms_file_put_counted_string


class Putting(Channel):
    """Puts into a buffer; what is wrong with the channel may show only later, at the latest when it is closed.

    A number that does not fit is an OverflowError, and nothing is put.
    """

    def put_byte(self, value: int) -> None:
        with self._put_lock:
            error = _byte(self._native, value)
            if error:
                self._failed(PUTTING, error)

    def put_be16(self, value: int) -> None:
        with self._put_lock:
            error = _be16(self._native, value)
            if error:
                self._failed(PUTTING, error)

    def put_be32(self, value: int) -> None:
        with self._put_lock:
            error = _be32(self._native, value)
            if error:
                self._failed(PUTTING, error)

    def put_be64(self, value: int) -> None:
        with self._put_lock:
            error = _be64(self._native, value)
            if error:
                self._failed(PUTTING, error)

    def put_buffer(self, data: Buffer) -> None:
        """All bytes of `data`, which must be contiguous; large ones are handed on as they lie."""
        if type(data) is bytes:  # cffi looks at them by itself
            self._put(data)
        else:
            with looked_at(data) as memory:
                self._put(memory)

    def _put(self, memory: Any) -> None:
        with self._put_lock:
            error = _buffer(self._native, memory, len(memory))
            if error:
                self._failed(PUTTING, error)

    def _put_texts(self, texts: Texts) -> None:
        """All of them with what stands between; long ones are handed on as they lie."""
        with self._put_lock:
            parts = ffi.from_buffer("vms_file_part[]", texts.parts)
            error = _parts(self._native, parts, len(parts))
            if error:
                self._failed(PUTTING, error)

    def _put_sections(self, sections: Sections) -> None:
        """What `sections.save()` returns; if a state refuses, the sections before it have been put.

        For machines, as `_put_texts`: both take what is no type of the package's users.
        """
        with self._put_lock:
            error = _buffer(self._native, b"", 0)  # can it be put to at all? Room in its buffer does not say so
            if error:
                self._failed(PUTTING, error)
            if not sections.save_to(self.put_buffer, self._writer):
                error = lib.vms_file_error(self._native, PUTTING, ffi.NULL)
                self._failed(PUTTING, error or -errno.EBADF)  # to be closed is no error of the channel

    def put_counted_string(self, text: str | bytes) -> None:
        """A byte of length, then the text as UTF-8; more than 255 bytes are a ValueError."""
        data = text.encode() if isinstance(text, str) else text
        if len(data) > 255:
            raise ValueError(f"a counted string has at most 255 bytes, not {len(data)}: {text[:40]!r}...")
        with self._put_lock:
            error = _string(self._native, data, len(data))
            if error:
                self._failed(PUTTING, error)

    def flush(self) -> None:
        """Hands on what is buffered."""
        with self._put_lock:
            error = lib.vms_file_flush(self._native)
            if error:
                self._failed(PUTTING, error)

    @property
    def put_position(self) -> int:
        """Bytes put so far, buffered ones too. Of a thread that is putting just now: about."""
        return int(lib.vms_file_put_position(self._native))

    # Rate -----------------------------------------------------------------------------------------------------------

    def rate_limit(self) -> bool:
        """Has more been put than the rate allows as yet? Nothing is held back: to wait is the caller's."""
        with self._put_lock:
            answer = lib.vms_file_rate_limit(self._native)
            self._fail_if_raised()
            if answer < 0:
                self._failed(PUTTING, answer)
            return bool(answer)

    def set_rate_limit(self, rate: int) -> int:
        """In bytes a second, 0 for as much as there can be; returns the rate now in force, the old one if refused."""
        with self._put_lock:
            answer = int(lib.vms_file_set_rate_limit(self._native, rate))
            self._fail_if_raised()
            return answer

    def get_rate_limit(self) -> int:
        with self._put_lock:
            answer = int(lib.vms_file_get_rate_limit(self._native))
            self._fail_if_raised()
            return answer

    def rate_wait(self) -> float:
        """Seconds until the file's own allocation allows more; 0 where the channel has one itself."""
        with self._put_lock:
            return int(lib.vms_file_rate_wait(self._native)) / 1e9
