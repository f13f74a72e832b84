"""Compression by zstd, from Python's own library since 3.14, or from the package `backports.zstd`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from vmstate.errors import FramingError, VMStateError
from vmstate.ram.compression import zstd_window

MAGIC = b"\x28\xb5\x2f\xfd"
WINDOW_LOG = 25
"""Of the bytes that are kept in memory to be referred back to, at most: 32 MiB, as level 20 has it. More is neither
written nor read, for a file may ask for any number.
"""
_HEAD = 18
"""Bytes that a frame's beginning has, at most."""


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
    module = library()
    if level is None or level <= 20:
        return module.ZstdFile(file, "wb", level=level)
    parameter = module.CompressionParameter
    options = {parameter.compression_level: level, parameter.window_log: WINDOW_LOG}
    return module.ZstdFile(file, "wb", options=options)


def reading(path: Path) -> Any:
    return _Reading(library(), path)


class _Reading:
    """Reads a compressed file; damage to it is a FramingError, and so is one that takes too much memory."""

    def __init__(self, module: Any, path: Path) -> None:
        _refuse_large(path)
        self._error = (module.ZstdError, EOFError)
        self._file = module.ZstdFile(path, "rb", options={module.DecompressionParameter.window_log_max: WINDOW_LOG})

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


def _refuse_large(path: Path) -> None:
    """By its first frame. If that is damaged, or a later one is large, whoever decompresses it says so."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        window = zstd_window(head)
    except ValueError:
        return
    if window > 1 << WINDOW_LOG:
        what = f"{path}: what it is compressed with keeps {window} bytes in memory, {1 << WINDOW_LOG} at most are given"
        raise FramingError(what, offset=0, found=window, allowed=(0, 1 << WINDOW_LOG), code="zstd-window")
