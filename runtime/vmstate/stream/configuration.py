"""The configuration element that follows the file header of streams of machine types since 2.4."""

from __future__ import annotations

from typing import Protocol

from vmstate.errors import FramingError
from vmstate.stream.model import Configuration

__all__ = ["read_configuration"]

_SUBSECTION = 0x05
_MAX_MACHINE = 1024
_MAX_CAPABILITIES = 64
_BITS, _CAPABILITIES, _UUID = "configuration/target-page-bits", "configuration/capabilities", "configuration/uuid"


class Reads(Protocol):
    """What it needs of a Cursor."""

    @property
    def offset(self) -> int: ...
    def peek(self) -> int | None: ...
    def u8(self, what: str) -> int: ...
    def be32(self, what: str) -> int: ...
    def take(self, count: int, what: str) -> bytes | memoryview: ...
    def text(self, count: int, what: str) -> str: ...
    def counted(self, what: str) -> str: ...


def read_configuration(cursor: Reads) -> Configuration:
    """Read it, from behind its type byte to its last byte. It has no footer: the next byte is an element's type."""
    start = cursor.offset
    length = cursor.be32("the length of the machine's name")
    if length > _MAX_MACHINE:
        raise _refused(start, f"a machine's name of {length} bytes", length, _MAX_MACHINE)
    machine = cursor.text(length, "the machine's name")
    bits: int | None = None
    capabilities: tuple[str, ...] | None = None
    uuid: bytes | None = None
    seen: set[str] = set()
    while cursor.peek() == _SUBSECTION:
        start = cursor.offset
        cursor.u8("a subsection")
        name = cursor.counted("a subsection's name")
        version = cursor.be32("a subsection's version")
        if name not in (_BITS, _CAPABILITIES, _UUID) or name in seen or version != 1:
            raise _refused(start, f"the subsection {name!r}, version {version}")
        seen.add(name)
        if name == _BITS:
            bits = cursor.be32("the page bits")
        elif name == _UUID:
            uuid = bytes(cursor.take(16, "the uuid"))
        else:
            count = cursor.be32("the number of capabilities")
            if count > _MAX_CAPABILITIES:
                raise _refused(start, f"{count} capabilities", count, _MAX_CAPABILITIES)
            capabilities = tuple(cursor.counted("a capability's name") for _ in range(count))
    return Configuration(machine, bits, capabilities, uuid)


def _refused(offset: int, what: str, found: int | None = None, allowed: int | None = None) -> FramingError:
    return FramingError(
        f"the configuration has {what} at offset {offset}"
        + ("" if allowed is None else f"; at most {allowed} allowed"),
        offset=offset,
        found=found,
        allowed=allowed,
        code="stream-configuration",
    )
