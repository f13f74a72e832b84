"""vmstate: what generated device modules stand on, and streams of device states.

Errors and streams are plain Python. Device, Struct and `fields` need the runtime's extension, and are loaded with it
when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmstate.errors import (
    BufferTooSmallError,
    FramingError,
    HookError,
    TrailingError,
    TruncatedError,
    UnknownNameError,
    UnknownSectionError,
    UnknownSubsectionError,
    ValidationError,
    VersionError,
    VMStateError,
)
from vmstate.locations import get_include, get_sources

if TYPE_CHECKING:
    from vmstate import fields
    from vmstate._types import Elements
    from vmstate.state import Device, Struct

__all__ = [
    "BufferTooSmallError",
    "Device",
    "Elements",
    "FramingError",
    "HookError",
    "Struct",
    "TrailingError",
    "TruncatedError",
    "UnknownNameError",
    "UnknownSectionError",
    "UnknownSubsectionError",
    "VMStateError",
    "ValidationError",
    "VersionError",
    "fields",
    "get_include",
    "get_sources",
]


def __getattr__(name: str) -> Any:
    if name in ("Device", "Struct"):
        from vmstate import state

        return getattr(state, name)
    if name == "Elements":
        from vmstate._types import Elements

        return Elements
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
