"""The numbers of a stream's frame."""

from __future__ import annotations

from enum import IntEnum

MAGIC = 0x5145_564D
"""`QEVM`"""
VERSION = 3
ANY_INSTANCE = -1
"""The registry picks the instance: the smallest number above all that the name has."""
MAX_NAME = 255
"""Bytes of a section's name."""
MAX_DESCRIPTION = 10 << 20
"""Bytes of the description at a stream's end."""


class Element(IntEnum):
    """The byte that every element of a stream begins with."""

    EOF = 0x00
    START = 0x01
    PART = 0x02
    END = 0x03
    FULL = 0x04
    SUBSECTION = 0x05
    DESCRIPTION = 0x06
    CONFIGURATION = 0x07
    COMMAND = 0x08
    FOOTER = 0x7E


class Command(IntEnum):
    """What a command element tells the receiver."""

    OPEN_RETURN_PATH = 1
    PING = 2
    POSTCOPY_ADVISE = 3
    POSTCOPY_LISTEN = 4
    POSTCOPY_RUN = 5
    POSTCOPY_RAM_DISCARD = 6
    PACKAGED = 7
    ENABLE_COLO = 8
    POSTCOPY_RESUME = 9
    RECV_BITMAP = 10
    SWITCHOVER_START = 11


COMMAND_LENGTHS = {Command.OPEN_RETURN_PATH: 0, Command.PING: 4, Command.SWITCHOVER_START: 0}
"""Bytes of payload of the commands that a precopy stream may hold. All others announce another kind of migration."""

PRIORITIES = {"default": 0, "iommu": 1, "pci_bus": 2, "virtio_mem": 3, "apic": 4, "gicv3_its": 5, "gicv3": 6}
"""Names of priorities: higher ones come earlier in a stream."""


def be32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def header() -> bytes:
    """The eight bytes that a stream begins with."""
    return be32(MAGIC) + be32(VERSION)


def counted(text: str) -> bytes:
    """A length byte and the name."""
    raw = text.encode()
    return bytes([len(raw)]) + raw


def section_header(kind: Element, section_id: int, idstr: str, instance_id: int, version: int) -> bytes:
    """Of START and FULL, from the type byte to the first byte of the body."""
    return bytes([kind]) + be32(section_id) + counted(idstr) + be32(instance_id) + be32(version)


def part_header(kind: Element, section_id: int) -> bytes:
    """Of PART and END."""
    return bytes([kind]) + be32(section_id)


def footer(section_id: int) -> bytes:
    """What ends a section."""
    return bytes([Element.FOOTER]) + be32(section_id)
