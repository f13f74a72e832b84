"""The configuration element: which machine a stream is of. Written, and compared with the machine's own."""

from __future__ import annotations

import json
from dataclasses import replace

from vmstate.machine.differences import Difference
from vmstate.machine.wire import Element, be32, counted
from vmstate.stream.model import Configuration

_BITS, _CAPABILITIES, _UUID = "configuration/target-page-bits", "configuration/capabilities", "configuration/uuid"
_VERSION = 1
MAPPED_RAM = "mapped-ram"
"""The one capability that need not be on here, too: it says how the stream is to be read."""


def encode(configuration: Configuration) -> bytes:
    """From its type byte to its last byte. It has no footer."""
    name = configuration.machine.encode()
    parts = [bytes([Element.CONFIGURATION]), be32(len(name)), name]
    if configuration.page_bits is not None:
        parts += [_subsection(_BITS), be32(configuration.page_bits)]
    if configuration.capabilities:
        parts += [_subsection(_CAPABILITIES), be32(len(configuration.capabilities))]
        parts += [counted(name) for name in configuration.capabilities]
    if configuration.uuid is not None:
        parts += [_subsection(_UUID), configuration.uuid]
    return b"".join(parts)


def describe(configuration: Configuration) -> bytes:
    """What a description says of it, by QEMU from 8.2 on: who goes by that would else not find what comes behind it."""
    subsections = []
    if configuration.page_bits is not None:
        subsections.append(_described(_BITS, _field("target_page_bits", "uint32", 4)))
    if configuration.capabilities:
        first, count = len(counted(configuration.capabilities[0])), len(configuration.capabilities)
        names = _field("capabilities", "capability", first, count)
        subsections.append(_described(_CAPABILITIES, _field("caps_count", "uint32", 4), names))
    if configuration.uuid is not None:
        subsections.append(_described(_UUID, _field("uuid.data", "uint8", 1, len(configuration.uuid))))
    name = _field("name", "buffer", len(configuration.machine.encode()))
    whole = _described("configuration", _field("len", "uint32", 4), name)
    return json.dumps({**whole, "subsections": subsections} if subsections else whole).encode()


def _described(name: str, *fields: dict[str, object]) -> dict[str, object]:
    return {"vmsd_name": name, "version": _VERSION, "fields": fields}


def _field(name: str, type_: str, size: int, count: int = 1) -> dict[str, object]:
    """`size` is that of the first element."""
    return {"name": name, **({"array_len": count} if count > 1 else {}), "type": type_, "size": size}


def with_mapped_ram(configuration: Configuration) -> Configuration:
    """Of a stream whose pages have places in its file."""
    return replace(configuration, capabilities=(*(configuration.capabilities or ()), MAPPED_RAM))


def compare(here: Configuration, there: Configuration, minimum_page_bits: int) -> list[Difference]:
    """All that differs. A sender whose page is the smallest of its processor does not say how large that is.

    A uuid is compared where both have one.
    """
    found = []
    if here.machine != there.machine:
        found.append(Difference("machine", "machine", here.machine, there.machine))
    mine = minimum_page_bits if here.page_bits is None else here.page_bits
    theirs = minimum_page_bits if there.page_bits is None else there.page_bits
    if mine != theirs:
        found.append(Difference("page-bits", "bits of a page", mine, theirs))
    for name in sorted({*(here.capabilities or ())} ^ {*(there.capabilities or ())} - {MAPPED_RAM}):
        on = name in (here.capabilities or ())
        found.append(Difference("capabilities", f"capability {name}", *(("on", "off") if on else ("off", "on"))))
    if here.uuid is not None and there.uuid is not None and here.uuid != there.uuid:
        found.append(Difference("uuid", "uuid", here.uuid.hex(), there.uuid.hex()))
    return found


def _subsection(name: str) -> bytes:
    return bytes([Element.SUBSECTION]) + counted(name) + be32(_VERSION)
