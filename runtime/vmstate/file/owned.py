"""Descriptors that have an owner from their first moment on."""

from __future__ import annotations

import errno
import os
from typing import Self

from vmstate._stream import ffi, lib


class Owned:
    """C stores the descriptor here when it opens it: between an opening and a store in Python a signal's handler may
    raise, and it would stay open. Closed at the end of a block, when another is opened, or when it is dropped.
    """

    def __init__(self) -> None:
        self._native = ffi.gc(ffi.new("int *", -1), lib.vms_owned_close)

    def open(self, path: str, flags: int) -> None:
        """Made, if the flags say so, for its user alone. Raises OSError; a ValueError if the path has a NUL."""
        name = os.fsencode(path)
        if b"\0" in name:
            raise ValueError(f"{path!r}: a NUL cannot be part of a path")
        # A signal's handler runs before the next try, and may raise: an open that hangs can be interrupted.
        while (error := lib.vms_owned_open(self._native, name, flags)) == -errno.EINTR:
            pass
        _check(error)

    def event(self) -> None:
        """An eventfd that does not block. Raises OSError."""
        _check(lib.vms_owned_event(self._native))

    def fileno(self) -> int:
        """-1 if it is closed, or not open yet."""
        return int(self._native[0])

    def close(self) -> None:
        lib.vms_owned_close(self._native)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check(error: int) -> None:
    if error:
        raise OSError(-error, os.strerror(-error))
