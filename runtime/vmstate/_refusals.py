"""From what native code says of a refusal to the exception."""

from __future__ import annotations

from vmstate.errors import (
    Allowed,
    BufferTooSmallError,
    FramingError,
    HookError,
    TrailingError,
    TruncatedError,
    UnknownSubsectionError,
    ValidationError,
    VersionError,
    VMStateError,
)

# vms_code of vms.h, by number: the stable name and the class.
CODES: tuple[tuple[str, type[VMStateError]], ...] = (
    ("ok", VMStateError),
    ("truncated", TruncatedError),
    ("trailing", TrailingError),
    ("version", VersionError),
    ("unknown-subsection", UnknownSubsectionError),
    ("range", ValidationError),
    ("where", ValidationError),
    ("check", ValidationError),
    ("equal", ValidationError),
    ("count", ValidationError),
    ("arithmetic", ValidationError),
    ("index", ValidationError),
    ("hook", HookError),
    ("memory", VMStateError),
    ("full", BufferTooSmallError),
    ("marker", ValidationError),
    ("key", ValidationError),
    ("no-hook", HookError),
    ("repeated-subsection", ValidationError),
    ("framing", FramingError),
)

_FIXED = {
    "where": "its condition does not hold",
    "check": "a check does not hold",
    "arithmetic": "an expression divides by zero, shifts too far or leaves 64 bits",
    "index": "an index is outside its array",
}


def refusal(
    cls: type,
    device: str,
    doing: str,
    number: int,
    path: str,
    text: str,
    offset: int,
    found: int,
    low: int,
    high: int,
    hooks: list[str],
    method: str | None,
    raised: BaseException | None,
) -> BaseException:
    """The exception to raise. `doing` is load or save; `method` the Python hook that raised `raised`, if one did."""
    code, kind = CODES[number]
    if raised is not None:
        if method is not None:
            where = f" ({path})" if path else ""
            raised.add_note(f"raised by the hook {method} of {device}{where} during a {doing}")
        if code != "hook":
            # post_save raised after the save had failed already.
            raised.__context__ = _error(kind, device, doing, code, path, text, offset, found, low, high, hooks)
        return raised
    if code == "memory":
        return MemoryError(f"{device}: no memory for the copy that a {doing} keeps")
    return _error(kind, device, doing, code, path, text, offset, found, low, high, hooks)


def _error(
    kind: type[VMStateError],
    device: str,
    doing: str,
    code: str,
    path: str,
    text: str,
    offset: int,
    found: int,
    low: int,
    high: int,
    hooks: list[str],
) -> VMStateError:
    allowed: Allowed = None
    shown: int | None = found
    if code in ("range", "count", "version"):
        allowed = (low, high)
    elif code in ("equal", "full", "truncated", "marker"):
        allowed = low
    elif code in ("check", "arithmetic", "index", "unknown-subsection", "repeated-subsection", "no-hook"):
        shown = None
    at = offset if doing == "load" else None
    message = _where(device, path, at) + ": " + _what(code, text, found, low, high)
    if hooks:
        message += f" (hooks that had run: {', '.join(dict.fromkeys(hooks))})"
    return kind(message, device=device, path=path, offset=at, found=shown, allowed=allowed, code=code)


def _where(device: str, path: str, offset: int | None) -> str:
    place = f"{device}: {path}" if path else device
    return place if offset is None else f"{place} at offset {offset}"


def _what(code: str, text: str, found: int, low: int, high: int) -> str:
    if code in ("range", "count", "version"):
        allowed = str(low) if low == high else f"{low}..{high}"
        noun = "found version " if code == "version" else "found "
        return f"{noun}{found}, allowed {allowed}" + (f" ({text})" if text else "")
    if code == "equal":
        return f"found {found}, but the receiver has {low}" + (f": {text}" if text else "")
    if code == "truncated":
        return f"the data ends, {found} of {low} bytes are there"
    if code == "trailing":
        return f"bytes left over after the last field: {found}"
    if code == "unknown-subsection":
        return f"unknown subsection {text!r}"
    if code == "repeated-subsection":
        return f"the subsection {text!r} came already"
    if code == "marker":
        return f"found {found:#04x}, but the receiver has no such element: only {low:#04x} can stand for it"
    if code == "key":
        return f"the key {found} is there already" if found == low else f"the key {found} follows {low}"
    if code == "no-hook":
        return f"only the hook {text} can code it, and there is none"
    if code == "hook":
        return f"the hook {text or '?'} failed with {found}"
    if code == "full":
        return f"no room: {found} bytes left, {low} needed"
    if code == "where" and not text:
        return f"found {found}, and its condition does not hold"
    return text or _FIXED[code]
