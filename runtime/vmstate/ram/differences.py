"""How the blocks of a stream and of a machine differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmstate._stream import ffi

_KINDS = {
    1: ("unknown", "the machine has no block {name!r} ({found:#x} bytes in the stream)"),
    2: ("missing", "the stream has no block {name!r} ({held:#x} bytes in the machine)"),
    3: ("length", "block {name!r} has {found:#x} bytes in the stream, {held:#x} in the machine"),
    4: ("page-size", "block {name!r} has pages of {found:#x} bytes in the stream, {held:#x} in the machine"),
    5: ("address", "block {name!r} is at {found:#x} in the stream, at {held:#x} in the machine"),
}


@dataclass(frozen=True)
class RamDifference:
    """One difference; `kind` is unknown, missing, length, page-size or address. `offset` is in the stream."""

    kind: str
    name: str
    found: int
    held: int
    offset: int

    def __str__(self) -> str:
        text = next(text for kind, text in _KINDS.values() if kind == self.kind)
        return text.format(name=self.name, found=self.found, held=self.held)


def difference(native: Any) -> RamDifference:
    """From a `vms_ram_difference`."""
    name = ffi.string(native.name).decode(errors="replace")
    kind = _KINDS[int(native.kind)][0]
    return RamDifference(kind, name, int(native.found), int(native.held), int(native.offset))
