"""numpy: arrays in native order, as a device model computes with them, saved in every honest way we know.

The fastest of the ways for state L is "best numpy". State M is one structured array a part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.subject import Subject
from benchmarks.values import (
    BLOCK,
    BUSY,
    MIXED_SCALARS,
    PAYLOAD_MAX,
    RING_FIELDS,
    RINGS,
    TABLE,
    TRANSFER_FIELDS,
    TRANSFER_HEADER,
    WORDS,
    Values,
)

FAMILY = "numpy"
_SPLIT = 4 * WORDS
_SIZE = _SPLIT + BLOCK


class Large:
    """Two arrays, and a buffer of the wire's size with a view of each part for the ways that want one."""

    def __init__(self, values: Values) -> None:
        self.words = np.array(values["words"], dtype=np.uint32)
        self.block = np.frombuffer(values["block"], dtype=np.uint8).copy()
        self.wire = np.zeros(1, dtype=[("words", ">u4", WORDS), ("block", "u1", BLOCK)])
        self.wire_words = self.wire["words"][0]
        self.wire_block = self.wire["block"][0]
        self.swapped = self.wire_words.view(np.uint32)
        self.scratch = np.zeros(WORDS, dtype=np.uint32)

    def values(self) -> Values:
        return {"words": self.words.tolist(), "block": self.block.tobytes()}


_SAVES = {
    "byteswap, tobytes, +": "o.words.byteswap().tobytes() + o.block.tobytes()",
    "byteswap, join": "join((o.words.byteswap(), o.block))",
    "astype, join": "join((o.words.astype(BE), o.block))",
    "assign into wire record": "save_record(o)",
    "byteswap into wire record": "save_copied(o)",
    "byteswap held scratch, join": "save_scratch(o)",
}
_RESTORES = {
    "frombuffer, assign": "restore_assign(o, d)",
    "frombuffer, byteswap in place": "restore_swapped(o, d)",
    "frombuffer, astype to new": "restore_new(o, d)",
}


def _save_record(o: Large) -> bytes:
    o.wire_words[:] = o.words
    o.wire_block[:] = o.block
    return o.wire.tobytes()


def _save_copied(o: Large) -> bytes:
    o.swapped[:] = o.words
    o.swapped.byteswap(inplace=True)
    o.wire_block[:] = o.block
    return o.wire.tobytes()


def _save_scratch(o: Large) -> bytes:
    o.scratch[:] = o.words
    o.scratch.byteswap(inplace=True)
    return b"".join((o.scratch.data, o.block.data))


def _restore_assign(o: Large, d: bytes) -> None:
    o.words[:] = np.frombuffer(d, ">u4", WORDS)
    o.block[:] = np.frombuffer(d, "u1", BLOCK, _SPLIT)


def _restore_swapped(o: Large, d: bytes) -> None:
    o.words[:] = np.frombuffer(d, "u4", WORDS)
    o.words.byteswap(inplace=True)
    o.block[:] = np.frombuffer(d, "u1", BLOCK, _SPLIT)


def _restore_new(o: Large, d: bytes) -> None:
    o.words = np.frombuffer(d, ">u4", WORDS).astype(np.uint32)
    o.block = np.frombuffer(d, "u1", BLOCK, _SPLIT).copy()


_NAMES = {
    "join": b"".join,
    "BE": np.dtype(">u4"),
    "save_record": _save_record,
    "save_copied": _save_copied,
    "save_scratch": _save_scratch,
    "restore_assign": _restore_assign,
    "restore_swapped": _restore_swapped,
    "restore_new": _restore_new,
}


def _dtype(fields: dict[str, str], order: str) -> list[Any]:
    return [(name, order + letter if letter != "?" else "?") for name, letter in fields.items()]


def _fixed(order: str) -> np.dtype[Any]:
    rings = np.dtype(_dtype(RING_FIELDS, order))
    return np.dtype(
        [*_dtype(MIXED_SCALARS, order), ("rings", rings, RINGS), ("table", order + "I", TABLE), ("length", order + "H")]
    )


_FIXED_WIRE, _FIXED = _fixed(">"), _fixed("=")
_TRANSFER_WIRE, _TRANSFER = np.dtype(_dtype(TRANSFER_FIELDS, ">")), np.dtype(_dtype(TRANSFER_FIELDS, "="))
_PAYLOAD_AT = _FIXED_WIRE.itemsize


class Mixed:
    """A structured record of the fixed part, one of the subsection, and the payload as it came."""

    def __init__(self, values: Values) -> None:
        self.fixed = np.zeros((), _FIXED)
        self.transfer = np.zeros((), _TRANSFER)
        self.fixed_wire = np.zeros((), _FIXED_WIRE)
        self.transfer_wire = np.zeros((), _TRANSFER_WIRE)
        self.payload: bytes = values["payload"]
        for name in (*MIXED_SCALARS, "table"):
            self.fixed[name] = values[name]
        self.fixed["rings"] = [tuple(ring.values()) for ring in values["rings"]]
        self.fixed["length"] = len(self.payload)
        for name in TRANSFER_FIELDS:
            self.transfer[name] = values[name]
        self.status = self.fixed["status"]  # a 0-d view: stays live

    def values(self) -> Values:
        values = {name: self.fixed[name].item() for name in MIXED_SCALARS}
        values |= {name: self.transfer[name].item() for name in TRANSFER_FIELDS}
        values["rings"] = [dict(zip(RING_FIELDS, ring.item(), strict=True)) for ring in self.fixed["rings"]]
        return values | {"table": self.fixed["table"].tolist(), "payload": self.payload}

    def save(self) -> bytes:
        self.fixed_wire[...] = self.fixed
        data = self.fixed_wire.tobytes() + self.payload
        if self.status[()] & BUSY:
            self.transfer_wire[...] = self.transfer
            data += TRANSFER_HEADER + self.transfer_wire.tobytes()
        return data

    def restore(self, data: bytes) -> None:
        self.fixed[...] = np.frombuffer(data, _FIXED_WIRE, 1)[0]
        count = int(self.fixed["length"])
        if count > PAYLOAD_MAX:
            raise ValueError("payload_len")
        at = _PAYLOAD_AT + count
        self.payload = data[_PAYLOAD_AT:at]
        if at == len(data):
            self.transfer[...] = np.zeros((), _TRANSFER)
            return
        end = at + len(TRANSFER_HEADER)
        if data[at:end] != TRANSFER_HEADER:
            raise ValueError("subsection")
        self.transfer[...] = np.frombuffer(data, _TRANSFER_WIRE, 1, end)[0]


SUBJECTS = [
    Subject(FAMILY, "M", Mixed, Mixed.values, variant="structured"),
    *[
        Subject(FAMILY, "L", Large, Large.values, save=save, restore="", names=_NAMES, variant=variant)
        for variant, save in _SAVES.items()
    ],
    *[
        Subject(FAMILY, "L", Large, Large.values, save="", restore=restore, names=_NAMES, variant=variant)
        for variant, restore in _RESTORES.items()
    ],
]
