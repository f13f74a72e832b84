"""vmstate: what generated device modules stand on, and streams of device states.

Errors and streams are plain Python. Device, Struct and `fields` need the runtime's extension, and are loaded with it
when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vmstate.errors import (
    AddressError,
    BufferTooSmallError,
    ChannelError,
    ChannelTimeoutError,
    DiskError,
    FramingError,
    FunctionError,
    HookError,
    InexpressibleError,
    ShadowError,
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
    from vmstate._bitmap import Bitmap
    from vmstate._containers import Entries, List, Map, OptionalElements
    from vmstate._types import Elements, Reader, Writer
    from vmstate.file import File
    from vmstate.machine import (
        Difference,
        DifferentMachineError,
        IncompleteError,
        Live,
        LiveHandler,
        Machine,
        SnapshotError,
        Switches,
        register_savevm,
        vmstate_register,
    )
    from vmstate.rewind import Checkpoint, CheckpointError
    from vmstate.state import Device, Struct

__all__ = [
    "AddressError",
    "Bitmap",
    "BufferTooSmallError",
    "ChannelError",
    "ChannelTimeoutError",
    "Checkpoint",
    "CheckpointError",
    "Device",
    "Difference",
    "DifferentMachineError",
    "DiskError",
    "Elements",
    "Entries",
    "File",
    "FramingError",
    "FunctionError",
    "HookError",
    "IncompleteError",
    "InexpressibleError",
    "List",
    "Live",
    "LiveHandler",
    "Machine",
    "Map",
    "OptionalElements",
    "Reader",
    "ShadowError",
    "SnapshotError",
    "Struct",
    "Switches",
    "TrailingError",
    "TruncatedError",
    "UnknownNameError",
    "UnknownSectionError",
    "UnknownSubsectionError",
    "VMStateError",
    "ValidationError",
    "VersionError",
    "Writer",
    "fields",
    "get_include",
    "get_sources",
    "register_savevm",
    "vmstate_register",
]


_NATIVE = {
    "Device": "state",
    "Struct": "state",
    "Bitmap": "_bitmap",
    "Entries": "_containers",
    "List": "_containers",
    "Map": "_containers",
    "OptionalElements": "_containers",
    "Elements": "_types",
    "File": "file",
    "Reader": "_types",
    "Writer": "_types",
    "Checkpoint": "rewind",
    "CheckpointError": "rewind",
    "Difference": "machine",
    "DifferentMachineError": "machine",
    "IncompleteError": "machine",
    "Live": "machine",
    "LiveHandler": "machine",
    "Machine": "machine",
    "SnapshotError": "machine",
    "Switches": "machine",
    "register_savevm": "machine",
    "vmstate_register": "machine",
}
"""What needs the runtime's extension: name -> module."""


def __getattr__(name: str) -> Any:
    if name in _NATIVE:
        return getattr(importlib.import_module(f"vmstate.{_NATIVE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
