"""msgspec's MessagePack over its own Struct types, declared as tightly as it allows. Its bytes are its own."""

from __future__ import annotations

from typing import Any

import msgspec

from benchmarks.subject import Subject
from benchmarks.values import MIXED_SCALARS, RING_FIELDS, TINY_FIELDS, TRANSFER_FIELDS, Values

FAMILY = "msgspec"


class Held:
    """Where the Struct lives between two restores: msgspec decodes to a new one."""

    __slots__ = ("state",)

    def __init__(self, state: Any) -> None:
        self.state = state


def _define(name: str, fields: list[tuple[str, Any]]) -> Any:
    return msgspec.defstruct(name, fields, array_like=True, gc=False)


def _scalars(fields: dict[str, str]) -> list[tuple[str, Any]]:
    return [(name, bool if letter == "?" else int) for name, letter in fields.items()]


_Tiny = _define("Tiny", [(name, int) for name in TINY_FIELDS])
_Ring = _define("Ring", _scalars(RING_FIELDS))
_Transfer = _define("Transfer", _scalars(TRANSFER_FIELDS))
_Mixed = _define(
    "Mixed",
    [
        *_scalars(MIXED_SCALARS),
        ("rings", list[_Ring]),  # type: ignore[valid-type]
        ("table", list[int]),
        ("payload", bytes),
        ("transfer", _Transfer | None),
    ],
)
_Large = _define("Large", [("words", list[int]), ("block", bytes)])


def _make_tiny(values: Values) -> Held:
    return Held(_Tiny(**values))


def _tiny_values(held: Held) -> Values:
    return {name: getattr(held.state, name) for name in TINY_FIELDS}


def _make_mixed(values: Values) -> Held:
    plain = {name: values[name] for name in (*MIXED_SCALARS, "table", "payload")}
    rings = [_Ring(**ring) for ring in values["rings"]]
    return Held(_Mixed(**plain, rings=rings, transfer=_Transfer(**{name: values[name] for name in TRANSFER_FIELDS})))


def _mixed_values(held: Held) -> Values:
    state = held.state
    values = {name: getattr(state, name) for name in (*MIXED_SCALARS, "table", "payload")}
    values |= {name: getattr(state.transfer, name) for name in TRANSFER_FIELDS}
    return values | {"rings": [{name: getattr(ring, name) for name in RING_FIELDS} for ring in state.rings]}


def _make_large(values: Values) -> Held:
    return Held(_Large(**values))


def _large_values(held: Held) -> Values:
    return {"words": held.state.words, "block": held.state.block}


def _subject(state: str, kind: Any, make: Any, values: Any) -> Subject:
    names = {"encode": msgspec.msgpack.Encoder().encode, "decode": msgspec.msgpack.Decoder(kind).decode}
    return Subject(FAMILY, state, make, values, "encode(o.state)", "o.state = decode(d)", names, vmstate_bytes=False)


SUBJECTS = [
    _subject("T", _Tiny, _make_tiny, _tiny_values),
    _subject("M", _Mixed, _make_mixed, _mixed_values),
    _subject("L", _Large, _make_large, _large_values),
]
