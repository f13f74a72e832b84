"""Descriptors that have an owner from their first moment on."""

from __future__ import annotations

import os
from typing import Self

from vmstate._stream import ffi, lib


class Owned:
    """C stores the descriptor here when it opens it: between an opening and a store in Python a signal's handler may
    raise, and it would stay open. Closed at the end of a block, or when it is dropped.
    """

    def __init__(self) -> None:
        self._native = ffi.gc(ffi.new("int *", -1), lib.vms_owned_close)

    def open(self, path: str, flags: int) -> None:
        """Made, if the flags say so, for its user alone. Raises OSError. `path` is an address's, which has no NUL."""
        _check(lib.vms_owned_open(self._native, os.fsencode(path), flags))

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
