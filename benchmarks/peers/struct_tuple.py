"""struct over one flat tuple: as fast as struct goes, for those who can live with state[17] for a register's name."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from benchmarks.subject import Subject
from benchmarks.values import (
    BLOCK,
    BUSY,
    MIXED_SCALARS,
    PAYLOAD_MAX,
    RING_FIELDS,
    RINGS,
    TABLE,
    TINY_FIELDS,
    TRANSFER_FIELDS,
    TRANSFER_HEADER,
    WORDS,
    Values,
)

FAMILY = "struct tuple"


class Held:
    """Where the tuple lives between two restores."""

    __slots__ = ("flat",)

    def __init__(self, flat: tuple[Any, ...]) -> None:
        self.flat = flat


_TINY = struct.Struct(">4B")


def _make_tiny(values: Values) -> Held:
    return Held(tuple(values[name] for name in TINY_FIELDS))


def _tiny_values(held: Held) -> Values:
    return dict(zip(TINY_FIELDS, held.flat, strict=True))


# The flat tuple of state M: scalars, rings, table, payload_len, then the transfer's four fields, then the payload.
_FIXED = struct.Struct(
    ">" + "".join(MIXED_SCALARS.values()) + "".join(RING_FIELDS.values()) * RINGS + f"{TABLE}I" + "H"
)
_TRANSFER = struct.Struct(f">{len(TRANSFER_HEADER)}s" + "".join(TRANSFER_FIELDS.values()))
_pack_fixed, _unpack_fixed = _FIXED.pack, _FIXED.unpack_from
_pack_transfer, _unpack_transfer = _TRANSFER.pack, _TRANSFER.unpack_from
_PAYLOAD_AT = _FIXED.size
_STATUS = list(MIXED_SCALARS).index("status")
_IDLE = (0, 0, 0, 0)


def _save_mixed(held: Held) -> bytes:
    flat = held.flat
    data: bytes = _pack_fixed(*flat[:-5]) + flat[-1]
    if flat[_STATUS] & BUSY:
        data += _pack_transfer(TRANSFER_HEADER, *flat[-5:-1])
    return data


def _restore_mixed(held: Held, data: bytes) -> None:
    fixed = _unpack_fixed(data)
    if fixed[-1] > PAYLOAD_MAX:
        raise ValueError("payload_len")
    at = _PAYLOAD_AT + fixed[-1]
    transfer: Sequence[int] = _IDLE
    if at != len(data):
        header, *transfer = _unpack_transfer(data, at)
        if header != TRANSFER_HEADER:
            raise ValueError("subsection")
    held.flat = (*fixed, *transfer, data[_PAYLOAD_AT:at])


def _make_mixed(values: Values) -> Held:
    scalars = [values[name] for name in MIXED_SCALARS]
    rings = [ring[name] for ring in values["rings"] for name in RING_FIELDS]
    transfer = [values[name] for name in TRANSFER_FIELDS]
    payload = values["payload"]
    return Held((*scalars, *rings, *values["table"], len(payload), *transfer, payload))


def _mixed_values(held: Held) -> Values:
    flat = iter(held.flat)
    values: Values = {name: next(flat) for name in MIXED_SCALARS}
    values["rings"] = [{name: next(flat) for name in RING_FIELDS} for _ in range(RINGS)]
    values["table"] = [next(flat) for _ in range(TABLE)]
    next(flat)  # payload_len
    values |= {name: next(flat) for name in TRANSFER_FIELDS}
    return values | {"payload": next(flat)}


_LARGE = struct.Struct(f">{WORDS}I{BLOCK}s")


def _make_large(values: Values) -> Held:
    return Held((*values["words"], values["block"]))


def _large_values(held: Held) -> Values:
    return {"words": list(held.flat[:-1]), "block": held.flat[-1]}


_PLAIN_SAVE = "pack(*o.flat)"
_PLAIN_RESTORE = "o.flat = unpack(d)"

SUBJECTS = [
    Subject(
        FAMILY, "T", _make_tiny, _tiny_values, _PLAIN_SAVE, _PLAIN_RESTORE,
        {"pack": _TINY.pack, "unpack": _TINY.unpack},
    ),
    Subject(
        FAMILY, "M", _make_mixed, _mixed_values, "save(o)", "restore(o, d)",
        {"save": _save_mixed, "restore": _restore_mixed},
    ),
    Subject(
        FAMILY, "L", _make_large, _large_values, _PLAIN_SAVE, _PLAIN_RESTORE,
        {"pack": _LARGE.pack, "unpack": _LARGE.unpack},
    ),
]  # fmt: skip
