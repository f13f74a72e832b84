"""Any Python file object as a channel."""

from __future__ import annotations

from typing import Any

from vmstate.file.operations import Operations


def operations_of(obj: Any, close: bool) -> Operations:
    """The operations over what `obj` has: write; readinto1, readinto, read1 or read; flush; close."""
    put = _put(obj) if hasattr(obj, "write") and _is(obj, "writable") else None
    get = _get(obj) if hasattr(obj, "read") and _is(obj, "readable") else None
    if put is None and get is None:
        raise TypeError(f"{type(obj).__name__} can be neither read nor written")

    def finish() -> None:
        try:
            if put and hasattr(obj, "flush"):
                obj.flush()
        finally:
            if close:
                obj.close()

    seekable = hasattr(obj, "seekable") and bool(obj.seekable())
    return Operations(put, get, finish, lies_still=seekable)


def _is(obj: Any, ability: str) -> bool:
    return not hasattr(obj, ability) or bool(getattr(obj, ability)())


def _put(obj: Any) -> Any:
    def put_buffer(buf: bytes, pos: int) -> int:
        count = obj.write(buf)
        if count is None:
            raise BlockingIOError(f"{type(obj).__name__} is non-blocking, and would block")
        return int(count)

    return put_buffer


def _get(obj: Any) -> Any:
    # What waits for as much as was asked for would hang on a pipe or socket that has some.
    readinto = getattr(obj, "readinto1", None) or getattr(obj, "readinto", None)
    if readinto:

        def get_buffer(buf: memoryview, pos: int) -> int:
            count = readinto(buf)
            if count is None:
                raise BlockingIOError(f"{type(obj).__name__} is non-blocking, and would block")
            return int(count)

    else:
        read = getattr(obj, "read1", None) or obj.read

        def get_buffer(buf: memoryview, pos: int) -> int:
            data = read(len(buf))
            if data is None:
                raise BlockingIOError(f"{type(obj).__name__} is non-blocking, and would block")
            buf[: len(data)] = data
            return len(data)

    return get_buffer
