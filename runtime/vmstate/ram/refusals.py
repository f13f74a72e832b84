"""From the error of a cursor to the exception."""

from __future__ import annotations

from typing import Any, NoReturn

from vmstate._stream import ffi, lib
from vmstate.errors import BufferTooSmallError, FramingError, TruncatedError, VMStateError


def refuse(error: Any, doing: str) -> NoReturn:
    """Raises what a `vms_error` says. `doing` is load or save; only a load has an offset."""
    raise _exception(error, doing)


def _exception(error: Any, doing: str) -> BaseException:
    code = ffi.string(lib.vms_code_name(error.code)).decode()
    path, text = (ffi.string(part).decode(errors="replace") for part in (error.path, error.text))
    found, high = int(error.found.bits), int(error.high.bits)
    place = f"ram: {path}" if path else "ram"
    offset = int(error.offset) if doing == "load" else None
    if offset is not None:
        place += f" at offset {offset}"
    if code == "memory":
        return MemoryError(f"{place}: no memory for {text}")
    if code == "range":
        return ValueError(f"{place}: {found} is not in 0..{high}")
    kind: type[VMStateError] = FramingError
    if code == "truncated":
        kind, text = TruncatedError, f"the data ends, {found} of {int(error.low.bits)} bytes are there"
    elif code == "full":
        kind, text = BufferTooSmallError, f"no room: {found} bytes left, {int(error.low.bits)} needed"
    elif code == "framing":
        code = "ram-record"
    return kind(f"{place}: {text}", device="ram", path=path, offset=offset, found=found, allowed=high, code=code)
