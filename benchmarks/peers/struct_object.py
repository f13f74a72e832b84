"""The standard library's struct, by hand, into objects with slots: one precompiled Struct a run of fields."""

from __future__ import annotations

import struct

from benchmarks.subject import Subject
from benchmarks.values import (
    BUSY,
    JOB_FIELDS,
    MIXED_SCALARS,
    PAYLOAD_MAX,
    RING_FIELDS,
    TABLE,
    TINY_FIELDS,
    TRANSFER_FIELDS,
    TRANSFER_HEADER,
    URGENT,
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


_JOB = struct.Struct(">BBHI")


class Job:
    __slots__ = tuple(JOB_FIELDS)

    def __init__(self, kind: int, length: int, address: int) -> None:
        self.kind, self.length, self.address = kind, length, address


class Queue:
    """A list of objects: 01 before each on the wire, 00 behind the last."""

    __slots__ = ("jobs",)

    def __init__(self, values: Values) -> None:
        self.jobs = [Job(**job) for job in values["jobs"]]

    def values(self) -> Values:
        return {"jobs": [{name: getattr(job, name) for name in JOB_FIELDS} for job in self.jobs]}

    def save(self) -> bytes:
        pack = _JOB.pack
        return b"".join([pack(1, job.kind, job.length, job.address) for job in self.jobs]) + b"\0"

    def restore(self, data: bytes) -> None:
        if data[-1] or len(data) % _JOB.size != 1:
            raise ValueError("jobs")
        jobs = []
        for more, kind, length, address in _JOB.iter_unpack(data[:-1]):
            if not more:
                raise ValueError("jobs")
            jobs.append(Job(kind, length, address))
        self.jobs = jobs


_REQUEST_DEADLINE = struct.Struct(">I")


class Request(Job):
    __slots__ = ("deadline",)

    def __init__(self, kind: int, length: int, address: int, deadline: int) -> None:
        super().__init__(kind, length, address)
        self.deadline = deadline


class Varied:
    """As Queue, but those that are not urgent have a deadline at their end."""

    __slots__ = ("requests",)

    def __init__(self, values: Values) -> None:
        self.requests = [Request(**request) for request in values["requests"]]

    def values(self) -> Values:
        names = (*JOB_FIELDS, "deadline")
        return {"requests": [{name: getattr(request, name) for name in names} for request in self.requests]}

    def save(self) -> bytes:
        pack, pack_deadline = _JOB.pack, _REQUEST_DEADLINE.pack
        parts = []
        for request in self.requests:
            parts.append(pack(1, request.kind, request.length, request.address))
            if request.kind < URGENT:
                parts.append(pack_deadline(request.deadline))
        return b"".join(parts) + b"\0"

    def restore(self, data: bytes) -> None:
        requests, at = [], 0
        while data[at]:
            _, kind, length, address = _JOB.unpack_from(data, at)
            at += _JOB.size
            deadline = 0
            if kind < URGENT:
                (deadline,) = _REQUEST_DEADLINE.unpack_from(data, at)
                at += _REQUEST_DEADLINE.size
            requests.append(Request(kind, length, address, deadline))
        if at != len(data) - 1:
            raise ValueError("requests")
        self.requests = requests


class Core:
    __slots__ = ("tag", "value")

    def __init__(self, tag: int, value: int) -> None:
        self.tag = tag
        self.value = value


class Box:
    __slots__ = ("core",)

    def __init__(self, core: Core) -> None:
        self.core = core


class Item:
    __slots__ = ("box",)

    def __init__(self, box: Box) -> None:
        self.box = box


class Nested:
    """A byte before each item, and one or two in it."""

    __slots__ = ("items",)

    def __init__(self, values: Values) -> None:
        self.items = [Item(Box(Core(**item["box"]["core"]))) for item in values["items"]]

    def values(self) -> Values:
        cores = [item.box.core for item in self.items]
        return {"items": [{"box": {"core": {"tag": core.tag, "value": core.value}}} for core in cores]}

    def save(self) -> bytes:
        data = bytearray()
        for item in self.items:
            core = item.box.core
            data += bytes((1, core.tag, core.value)) if core.tag & 1 else bytes((1, core.tag))
        return bytes(data) + b"\0"

    def restore(self, data: bytes) -> None:
        items, at = [], 0
        while data[at]:
            tag = data[at + 1]
            value = data[at + 2] if tag & 1 else 0
            at += 3 if tag & 1 else 2
            items.append(Item(Box(Core(tag, value))))
        if at != len(data) - 1:
            raise ValueError("items")
        self.items = items


SUBJECTS = [
    Subject(FAMILY, "T", Tiny, Tiny.values),
    Subject(FAMILY, "M", Mixed, Mixed.values),
    Subject(FAMILY, "L", Large, Large.values),
    Subject(FAMILY, "Q", Queue, Queue.values),
    Subject(FAMILY, "V", Varied, Varied.values),
    Subject(FAMILY, "N", Nested, Nested.values),
]
