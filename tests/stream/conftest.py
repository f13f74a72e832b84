"""Streams put together by hand, piece by piece."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest


def be16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def be32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def be64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def name(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


HEADER = b"QEVM" + be32(3)
CONFIGURATION = b"\x07" + be32(4) + b"none"
EOS = be64(0x10)

# A device with every shape the description knows: a number, an array, a struct with a subsection, an array of structs.
BODY = bytes.fromhex(
    "01"  # mode
    "0002 0003"  # levels
    "000000aa"  # inner.count
    "05 0b 696e6e65722f6578747261 00000007 ff"  # subsection inner/extra, version 7
    "11 22 33"  # cells[3].v
)
DEVICE: dict[str, Any] = {
    "name": "board/dev",
    "instance_id": 2,
    "vmsd_name": "dev",
    "version": 9,
    "fields": [
        {"name": "mode", "type": "uint8", "size": 1},
        {"name": "levels", "array_len": 2, "type": "uint16", "size": 2},
        {
            "name": "inner",
            "type": "struct",
            "struct": {
                "vmsd_name": "inner",
                "version": 1,
                "fields": [{"name": "count", "type": "uint32", "size": 4}],
                "subsections": [
                    {"vmsd_name": "inner/extra", "version": 7, "fields": [{"name": "x", "type": "uint8", "size": 1}]}
                ],
            },
            "size": 22,
        },
        {
            "name": "cells",
            "array_len": 3,
            "type": "struct",
            "struct": {"vmsd_name": "cell", "version": 1, "fields": [{"name": "v", "type": "uint8", "size": 1}]},
            "size": 1,
        },
    ],
}


def ram_start(footer: bytes = b"\x7e" + be32(2)) -> bytes:
    blocks = be64(0x3000 | 0x04) + name("pc.ram") + be64(0x2000) + name("pc.bios") + be64(0x1000)
    return b"\x01" + be32(2) + name("ram") + be32(0) + be32(4) + blocks + EOS + footer


def ram_end(records: bytes, footer: bytes = b"\x7e" + be32(2)) -> bytes:
    return b"\x03" + be32(2) + records + EOS + footer


def full(body: bytes, section_id: int = 5, instance: int = 2, version: int = 9, footer: bytes | None = None) -> bytes:
    head = b"\x04" + be32(section_id) + name("board/dev") + be32(instance) + be32(version)
    return head + body + (b"\x7e" + be32(section_id) if footer is None else footer)


@dataclass(frozen=True)
class Parts:
    """The parts of a stream; `with_(...)` exchanges some of them, `data` joins them."""

    header: bytes = HEADER
    configuration: bytes = CONFIGURATION
    ram: bytes = ram_start() + ram_end(b"")
    sections: bytes = full(BODY)
    end: bytes = b"\x00"
    devices: tuple[dict[str, Any], ...] = field(default=(DEVICE,))
    page_size: object = 4096
    json: bytes | None = None
    tail: bytes = b""

    def with_(self, **parts: Any) -> "Parts":
        return replace(self, **parts)

    @property
    def data(self) -> bytes:
        text = self.json
        if text is None:
            text = json.dumps({"page_size": self.page_size, "devices": list(self.devices)}).encode()
        closing = b"\x06" + be32(len(text)) + text
        return self.header + self.configuration + self.ram + self.sections + self.end + closing + self.tail


@pytest.fixture
def parts() -> Parts:
    return Parts()
