"""Compression by zstd, from Python's own library since 3.14, or from the package `backports.zstd`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from vmstate.errors import FramingError, VMStateError

MAGIC = b"\x28\xb5\x2f\xfd"


def is_compressed(start: bytes) -> bool:
    """Are these the first bytes of something compressed?"""
    return start == MAGIC


def library() -> Any:
    """The module. Raises VMStateError, code no-zstd, where there is none."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise VMStateError(
        "zstd is not there: it comes with Python 3.14, and for older ones with `pip install backports.zstd`",
        code="no-zstd",
    )


def writing(file: Any, level: int | None) -> Any:
    """What compresses into the binary file object `file`. Closing it ends the frame, and leaves `file` open."""
    return library().ZstdFile(file, "wb", level=level)


def reading(path: Path) -> Any:
    return _Reading(library(), path)


class _Reading:
    """Reads a compressed file; damage to it is a FramingError."""

    def __init__(self, module: Any, path: Path) -> None:
        self._error = (module.ZstdError, EOFError)
        self._file = module.ZstdFile(path, "rb")

    def read1(self, size: int) -> bytes:
        at = self._file.tell()
        try:
            return bytes(self._file.read1(size))
        except self._error as error:
            raise FramingError(
                f"behind offset {at}: the compressed data is damaged: {error}", offset=at, code="zstd"
            ) from error

    read = read1

    def close(self) -> None:
        self._file.close()
