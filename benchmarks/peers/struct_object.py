"""The standard library's struct, by hand, into objects with slots: one precompiled Struct a run of fields."""

from __future__ import annotations

import struct

from benchmarks.peers.struct_lists import Nested, Queue, Varied
from benchmarks.subject import Subject
from benchmarks.values import (
    BUSY,
    MIXED_SCALARS,
    PAYLOAD_MAX,
    RING_FIELDS,
    TABLE,
    TINY_FIELDS,
    TRANSFER_FIELDS,
    TRANSFER_HEADER,
    WORDS,
    Values,
)

FAMILY = "struct object"

_TINY = struct.Struct(">4B")
_pack_tiny = _TINY.pack
_unpack_tiny = _TINY.unpack


class Tiny:
    __slots__ = TINY_FIELDS

    def __init__(self, values: Values) -> None:
        for name in TINY_FIELDS:
            setattr(self, name, values[name])

    def values(self) -> Values:
        return {name: getattr(self, name) for name in TINY_FIELDS}

    def save(self) -> bytes:
        return _pack_tiny(self.command, self.status, self.mode, self.pending)

    def restore(self, data: bytes) -> None:
        self.command, self.status, self.mode, self.pending = _unpack_tiny(data)


_SCALARS = struct.Struct(">" + "".join(MIXED_SCALARS.values()))
_RING = struct.Struct(">" + "".join(RING_FIELDS.values()))
_TABLE = struct.Struct(f">{TABLE}I")
_COUNT = struct.Struct(">H")
_TRANSFER = struct.Struct(">" + "".join(TRANSFER_FIELDS.values()))
_pack_scalars, _unpack_scalars = _SCALARS.pack, _SCALARS.unpack_from
_pack_ring, _unpack_ring = _RING.pack, _RING.unpack_from
_pack_table, _unpack_table = _TABLE.pack, _TABLE.unpack_from
_pack_count, _unpack_count = _COUNT.pack, _COUNT.unpack_from
_pack_transfer, _unpack_transfer = _TRANSFER.pack, _TRANSFER.unpack_from
_RINGS_AT = _SCALARS.size
_RING_SIZE = _RING.size
_TABLE_AT = _RINGS_AT + 8 * _RING_SIZE
_COUNT_AT = _TABLE_AT + _TABLE.size
_PAYLOAD_AT = _COUNT_AT + _COUNT.size
_HEADER_SIZE = len(TRANSFER_HEADER)


class Ring:
    __slots__ = ("length", "addr", "flags")

    def __init__(self, length: int, addr: int, flags: int) -> None:
        self.length = length
        self.addr = addr
        self.flags = flags


class Mixed:
    __slots__ = (
        "revision", "enabled", "vendor", "product", "control", "status", "cause", "cause_mask", "irq_level",
        "irq_mask", "irq_raised", "prescaler", "divider", "deadline", "period", "drift", "mode", "phase", "lane",
        "link_up", "rx_base", "rx_head", "rx_tail", "rx_budget", "tx_base", "tx_head", "tx_tail", "tx_budget",
        "ring_size", "doorbell", "promiscuous", "loopback", "mtu", "vlan", "credits", "window", "rx_octets",
        "tx_octets", "rx_dropped", "tx_dropped", "retries", "parity", "stop_bits", "gain", "bias", "temperature",
        "trim_x", "trim_y", "trim_z", "position", "velocity", "cylinder", "sector", "last_error", "queued",
        "dma_channel", "slot", "reset_done", "sequence", "started",
        "rings", "table", "payload",
        "remaining", "address", "direction", "attempts",
    )  # fmt: skip

    def __init__(self, values: Values) -> None:
        for name in (*MIXED_SCALARS, *TRANSFER_FIELDS, "payload"):
            setattr(self, name, values[name])
        self.rings = [Ring(**ring) for ring in values["rings"]]
        self.table = list(values["table"])

    def values(self) -> Values:
        values = {name: getattr(self, name) for name in (*MIXED_SCALARS, *TRANSFER_FIELDS, "payload", "table")}
        return values | {"rings": [{name: getattr(ring, name) for name in RING_FIELDS} for ring in self.rings]}

    def save(self) -> bytes:
        payload = self.payload
        parts = [
            _pack_scalars(
                self.revision,
                self.enabled,
                self.vendor,
                self.product,
                self.control,
                self.status,
                self.cause,
                self.cause_mask,
                self.irq_level,
                self.irq_mask,
                self.irq_raised,
                self.prescaler,
                self.divider,
                self.deadline,
                self.period,
                self.drift,
                self.mode,
                self.phase,
                self.lane,
                self.link_up,
                self.rx_base,
                self.rx_head,
                self.rx_tail,
                self.rx_budget,
                self.tx_base,
                self.tx_head,
                self.tx_tail,
                self.tx_budget,
                self.ring_size,
                self.doorbell,
                self.promiscuous,
                self.loopback,
                self.mtu,
                self.vlan,
                self.credits,
                self.window,
                self.rx_octets,
                self.tx_octets,
                self.rx_dropped,
                self.tx_dropped,
                self.retries,
                self.parity,
                self.stop_bits,
                self.gain,
                self.bias,
                self.temperature,
                self.trim_x,
                self.trim_y,
                self.trim_z,
                self.position,
                self.velocity,
                self.cylinder,
                self.sector,
                self.last_error,
                self.queued,
                self.dma_channel,
                self.slot,
                self.reset_done,
                self.sequence,
                self.started,
            ),
            *[_pack_ring(ring.length, ring.addr, ring.flags) for ring in self.rings],
            _pack_table(*self.table),
            _pack_count(len(payload)),
            payload,
        ]
        if self.status & BUSY:
            parts += TRANSFER_HEADER, _pack_transfer(self.remaining, self.address, self.direction, self.attempts)
        return b"".join(parts)

    def restore(self, data: bytes) -> None:
        (
            self.revision,
            self.enabled,
            self.vendor,
            self.product,
            self.control,
            self.status,
            self.cause,
            self.cause_mask,
            self.irq_level,
            self.irq_mask,
            self.irq_raised,
            self.prescaler,
            self.divider,
            self.deadline,
            self.period,
            self.drift,
            self.mode,
            self.phase,
            self.lane,
            self.link_up,
            self.rx_base,
            self.rx_head,
            self.rx_tail,
            self.rx_budget,
            self.tx_base,
            self.tx_head,
            self.tx_tail,
            self.tx_budget,
            self.ring_size,
            self.doorbell,
            self.promiscuous,
            self.loopback,
            self.mtu,
            self.vlan,
            self.credits,
            self.window,
            self.rx_octets,
            self.tx_octets,
            self.rx_dropped,
            self.tx_dropped,
            self.retries,
            self.parity,
            self.stop_bits,
            self.gain,
            self.bias,
            self.temperature,
            self.trim_x,
            self.trim_y,
            self.trim_z,
            self.position,
            self.velocity,
            self.cylinder,
            self.sector,
            self.last_error,
            self.queued,
            self.dma_channel,
            self.slot,
            self.reset_done,
            self.sequence,
            self.started,
        ) = _unpack_scalars(data)
        at = _RINGS_AT
        for ring in self.rings:
            ring.length, ring.addr, ring.flags = _unpack_ring(data, at)
            at += _RING_SIZE
        self.table[:] = _unpack_table(data, at)
        (count,) = _unpack_count(data, _COUNT_AT)
        if count > PAYLOAD_MAX:
            raise ValueError("payload_len")
        at = _PAYLOAD_AT + count
        self.payload = data[_PAYLOAD_AT:at]
        if at == len(data):
            self.remaining = self.address = self.direction = self.attempts = 0
            return
        end = at + _HEADER_SIZE
        if data[at:end] != TRANSFER_HEADER:
            raise ValueError("subsection")
        self.remaining, self.address, self.direction, self.attempts = _unpack_transfer(data, end)


_WORDS = struct.Struct(f">{WORDS}I")
_pack_words, _unpack_words = _WORDS.pack, _WORDS.unpack_from
_BLOCK_AT = _WORDS.size


class Large:
    __slots__ = ("words", "block")

    def __init__(self, values: Values) -> None:
        self.words = list(values["words"])
        self.block = bytearray(values["block"])

    def values(self) -> Values:
        return {"words": self.words, "block": bytes(self.block)}

    def save(self) -> bytes:
        return _pack_words(*self.words) + self.block

    def restore(self, data: bytes) -> None:
        self.words[:] = _unpack_words(data)
        self.block[:] = memoryview(data)[_BLOCK_AT:]


SUBJECTS = [
    Subject(FAMILY, "T", Tiny, Tiny.values),
    Subject(FAMILY, "M", Mixed, Mixed.values),
    Subject(FAMILY, "L", Large, Large.values),
    Subject(FAMILY, "Q", Queue, Queue.values),
    Subject(FAMILY, "V", Varied, Varied.values),
    Subject(FAMILY, "N", Nested, Nested.values),
]
