"""The values every subject holds, as plain Python data: integers, bools, lists and bytes keyed by schema name.

They are fixed arithmetic, not random, so that every run and every machine saves the same bytes.
"""

from __future__ import annotations

from typing import Any

Values = dict[str, Any]

BUSY = 0x10
PAYLOAD_MAX = 128
RINGS = 8
TABLE = 64
WORDS = 0x8000
BLOCK = 0x10000
JOBS = 1000
URGENT = 0x80

TINY_FIELDS = ("command", "status", "mode", "pending")

# struct's letters for the sixty scalars of mixed.vms, in wire order
MIXED_SCALARS: dict[str, str] = {
    "revision": "B", "enabled": "?", "vendor": "H", "product": "H", "control": "I", "status": "I", "cause": "I",
    "cause_mask": "I", "irq_level": "B", "irq_mask": "B", "irq_raised": "?", "prescaler": "B", "divider": "H",
    "deadline": "q", "period": "q", "drift": "q", "mode": "B", "phase": "B", "lane": "B", "link_up": "?",
    "rx_base": "Q", "rx_head": "I", "rx_tail": "I", "rx_budget": "H", "tx_base": "Q", "tx_head": "I", "tx_tail": "I",
    "tx_budget": "H", "ring_size": "I", "doorbell": "I", "promiscuous": "?", "loopback": "?", "mtu": "H", "vlan": "H",
    "credits": "H", "window": "H", "rx_octets": "Q", "tx_octets": "Q", "rx_dropped": "I", "tx_dropped": "I",
    "retries": "B", "parity": "B", "stop_bits": "B", "gain": "b", "bias": "b", "temperature": "h", "trim_x": "h",
    "trim_y": "h", "trim_z": "h", "position": "i", "velocity": "i", "cylinder": "i", "sector": "i", "last_error": "i",
    "queued": "i", "dma_channel": "B", "slot": "B", "reset_done": "?", "sequence": "H", "started": "Q",
}  # fmt: skip
RING_FIELDS: dict[str, str] = {"length": "I", "addr": "Q", "flags": "H"}
JOB_FIELDS: dict[str, str] = {"kind": "B", "length": "H", "address": "I"}
TRANSFER_FIELDS: dict[str, str] = {"remaining": "I", "address": "Q", "direction": "B", "attempts": "H"}

# VMState's frame of a subsection: marker 5, length of the name, the name, its version as u32
TRANSFER_NAME = b"mixed/transfer"
TRANSFER_HEADER = bytes([5, len(TRANSFER_NAME)]) + TRANSFER_NAME + b"\0\0\0\1"

_BITS = {"B": 8, "b": 8, "H": 16, "h": 16, "I": 32, "i": 32, "Q": 64, "q": 64}


def _spread(letter: str, index: int) -> int | bool:
    """A value of struct type `letter` that fills its width; odd indexes of signed types are negative."""
    if letter == "?":
        return index % 2 == 0
    bits = _BITS[letter]
    value = (0x9E3779B97F4A7C15 * (index + 1) & 0xFFFF_FFFF_FFFF_FFFF) >> (64 - bits)
    if letter.isupper():
        return value
    value >>= 1
    return -value if index % 2 else value


def _tiny() -> Values:
    return {"command": 0x60, "status": 0x18, "mode": 0x03, "pending": 0xFF}


def _mixed() -> Values:
    values: Values = {name: _spread(letter, i) for i, (name, letter) in enumerate(MIXED_SCALARS.items())}
    values |= {"status": 0x8000_0010 | BUSY, "prescaler": 9, "ring_size": 256, "mtu": 1500}
    values["rings"] = [
        {name: _spread(letter, 100 + 3 * i + k) for k, (name, letter) in enumerate(RING_FIELDS.items())}
        for i in range(RINGS)
    ]
    values["table"] = [_spread("I", 200 + i) for i in range(TABLE)]
    values["payload"] = bytes(i * 37 & 0xFF for i in range(100))
    values |= {name: _spread(letter, 300 + i) for i, (name, letter) in enumerate(TRANSFER_FIELDS.items())}
    return values


def _large() -> Values:
    return {
        "words": [_spread("I", i) for i in range(WORDS)],
        "block": bytes((i * 31 + (i >> 8)) & 0xFF for i in range(BLOCK)),
    }


def _queue() -> Values:
    jobs = [
        {name: _spread(letter, 3 * i + k) for k, (name, letter) in enumerate(JOB_FIELDS.items())} for i in range(JOBS)
    ]
    return {"jobs": jobs}


def _varied() -> Values:
    """Kinds below URGENT have a deadline, others 0: that is what is left after a restore."""
    requests = _queue()["jobs"]
    for i, request in enumerate(requests):
        request["deadline"] = _spread("I", i) if request["kind"] < URGENT else 0
    return {"requests": requests}


def _nested() -> Values:
    """Tags have a value where they are odd, and 0 elsewhere."""
    tags = [_spread("B", i) for i in range(JOBS)]
    return {"items": [{"box": {"core": {"tag": tag, "value": tag & 1 and tag >> 1}}} for tag in tags]}


def _blank_mixed() -> Values:
    values: Values = {name: False if letter == "?" else 0 for name, letter in MIXED_SCALARS.items()}
    values["mtu"] = 68
    values["rings"] = [dict.fromkeys(RING_FIELDS, 0) for _ in range(RINGS)]
    values["table"] = [0] * TABLE
    values["payload"] = b""
    return values | dict.fromkeys(TRANSFER_FIELDS, 0)


def reference(state: str) -> Values:
    """The values that are saved and restored, for state T, M, L, Q, V or N."""
    return {"T": _tiny, "M": _mixed, "L": _large, "Q": _queue, "V": _varied, "N": _nested}[state]()


def blank(state: str) -> Values:
    """Other values than `reference`'s: what an object holds before it is restored."""
    if state == "T":
        return dict.fromkeys(TINY_FIELDS, 0)
    if state == "M":
        return _blank_mixed()
    if state == "Q":
        return {"jobs": [dict.fromkeys(JOB_FIELDS, 0) for _ in range(JOBS)]}
    if state == "V":
        return {"requests": [dict.fromkeys((*JOB_FIELDS, "deadline"), 0) for _ in range(JOBS)]}
    if state == "N":
        return {"items": [{"box": {"core": {"tag": 0, "value": 0}}} for _ in range(JOBS)]}
    return {"words": [0] * WORDS, "block": bytes(BLOCK)}
