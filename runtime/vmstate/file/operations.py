"""The six operations written in Python, and how C calls them."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from vmstate._stream import ffi, lib

PIECE = 256 * 1024
"""Bytes that one put_buffer is given at most, and that a get_buffer is asked for."""

PUTTING, GETTING = int(lib.VMS_FILE_PUTTING), int(lib.VMS_FILE_GETTING)

PutBuffer = Callable[[bytes, int], int]
GetBuffer = Callable[[memoryview, int], int]

_Function = TypeVar("_Function", bound=Callable[..., int])


@dataclass
class Operations:
    """What a channel can do; None is what it cannot.

    They get copies, and may keep what they were given. `raised` holds what an operation raised, by side (0: neither),
    until it reaches the caller. `lies_still`: what is put stays where it is, and may be got again. `ready`: would
    get_buffer not wait? Asked where there is no descriptor, and never while get_buffer is at work. `piece`: bytes that
    a get_buffer is asked for at most; so many are kept for it.
    """

    put_buffer: PutBuffer | None = None
    get_buffer: GetBuffer | None = None
    close: Callable[[], int | None] | None = None
    rate_limit: Callable[[], bool | int] | None = None
    set_rate_limit: Callable[[int], int] | None = None
    get_rate_limit: Callable[[], int] | None = None
    set_idle: Callable[[float | None], None] | None = None
    ready: Callable[[], bool] | None = None
    lies_still: bool = False
    piece: int = PIECE

    def __post_init__(self) -> None:
        self.raised: dict[int, BaseException] = {}
        self._room: memoryview | None = None

    def table(self) -> Any:
        """The vms_file_ops that call these."""
        table = ffi.new("vms_file_ops *")
        for name in ("put_buffer", "get_buffer", "close", "rate_limit", "set_rate_limit", "get_rate_limit"):
            if getattr(self, name) is not None:
                setattr(table, name, getattr(lib, f"vms_python_{name}"))
        return table

    def got(self, size: int, pos: int) -> tuple[memoryview, int]:
        """Asks for `size` bytes, or a piece; returns the memory that they are in, and the count."""
        assert self.get_buffer is not None
        size = min(size, self.piece)
        if self._room is None or len(self._room) < size:
            self._room = memoryview(bytearray(size))
        room = self._room[:size]
        return room, _count(self.get_buffer(room, pos), "get_buffer", size)


def _count(answer: object, name: str, most: int) -> int:
    """An operation's answer: a count, or a negative errno."""
    if not isinstance(answer, int):
        raise TypeError(f"{name} must return a count, not {type(answer).__name__}")
    if answer > most:
        raise ValueError(f"{name} returned {answer}, more than the {most} bytes that it was given")
    return max(answer, -4095)


def _number(answer: object, name: str) -> int:
    if not isinstance(answer, int):
        raise TypeError(f"{name} must return a number, not {type(answer).__name__}")
    return max(min(int(answer), 2**63 - 1), -(2**63))


def _keeper(side: int) -> Callable[[Any, BaseException, Any], None]:
    """What is called in C's place when an operation raises: keeps the exception, and C sees a failed operation.

    An exception of a signal's handler may come before the first line of a callback, so nothing inside could catch it.
    """

    def keep(kind: Any, raised: BaseException, traceback: Any) -> None:
        if traceback is not None:
            ffi.from_handle(traceback.tb_frame.f_locals["opaque"]).raised.setdefault(side, raised)

    return keep


def _called_from_c(side: int, error: int) -> Callable[[_Function], _Function]:
    """Makes the function the C one of its name; C gets `error` if it raises."""

    def define(function: _Function) -> _Function:
        ffi.def_extern(error=error, onerror=_keeper(side))(function)
        return function

    return define


@_called_from_c(PUTTING, error=-errno.EIO)
def vms_python_put_buffer(opaque: Any, buf: Any, pos: int, size: int) -> int:
    return _count(ffi.from_handle(opaque).put_buffer(ffi.buffer(buf, size)[:], pos), "put_buffer", size)


@_called_from_c(GETTING, error=-errno.EIO)
def vms_python_get_buffer(opaque: Any, buf: Any, pos: int, size: int) -> int:
    room, count = ffi.from_handle(opaque).got(size, pos)
    if count > 0:
        ffi.memmove(buf, room, count)
    return int(count)


@_called_from_c(0, error=-errno.EIO)
def vms_python_close(opaque: Any) -> int:
    answer = ffi.from_handle(opaque).close()
    return 0 if answer is None else _count(answer, "close", 0)


@_called_from_c(0, error=0)
def vms_python_rate_limit(opaque: Any) -> int:
    return int(bool(ffi.from_handle(opaque).rate_limit()))


@_called_from_c(0, error=0)
def vms_python_set_rate_limit(opaque: Any, rate: int) -> int:
    return _number(ffi.from_handle(opaque).set_rate_limit(rate), "set_rate_limit")


@_called_from_c(0, error=0)
def vms_python_get_rate_limit(opaque: Any) -> int:
    return _number(ffi.from_handle(opaque).get_rate_limit(), "get_rate_limit")


@_called_from_c(0, error=1)
def vms_python_interrupted(opaque: Any) -> int:
    """Being called is enough: Python runs the handlers of signals, and what one raises ends the wait."""
    return 0
