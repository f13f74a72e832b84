"""Devices whose bytes are written and read by a pair of functions, on a file of their own."""

from __future__ import annotations

from typing import Any

from vmstate.errors import FunctionError
from vmstate.file import File
from vmstate.machine.registry import Legacy


def saved(subject: Legacy) -> bytes:
    """What its `save` writes. An int below zero that it returns is a failure, as is an exception."""
    with File.to_bytes() as file:
        _answer(subject.save(file, subject.opaque), subject.save)
        return file.getvalue()


def load(subject: Legacy, file: Any, version: int) -> None:
    """Lets its `load` read from `file`."""
    start = file.get_position
    _answer(subject.load(file, subject.opaque, version), subject.load, start)


def put_back(subject: Legacy, body: bytes, version: int) -> None:
    """Lets it read what `saved` gave."""
    with File.from_bytes(body) as file:
        _answer(subject.load(file, subject.opaque, version), subject.load)


def _answer(result: object, function: object, offset: int | None = None) -> None:
    if isinstance(result, int) and not isinstance(result, bool) and result < 0:
        name = getattr(function, "__qualname__", repr(function))
        where = "" if offset is None else f" at offset {offset}"
        raise FunctionError(f"{name}(){where} returned {result}", offset=offset, found=result)
