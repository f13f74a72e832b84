"""construct, with its declarations compiled to Python by `compile()`; it holds its own Container."""

from __future__ import annotations

from typing import Any

import construct as c  # type: ignore[import-untyped]

from benchmarks.subject import Subject
from benchmarks.values import (
    BLOCK,
    BUSY,
    JOB_FIELDS,
    JOBS,
    MIXED_SCALARS,
    PAYLOAD_MAX,
    RINGS,
    TABLE,
    TRANSFER_HEADER,
    WORDS,
    Values,
)

FAMILY = "construct compiled"


class Held:
    """Where the Container lives between two restores."""

    __slots__ = ("state",)

    def __init__(self, state: Any) -> None:
        self.state = state


_TYPES = {
    "B": c.Int8ub, "b": c.Int8sb, "?": c.Flag, "H": c.Int16ub, "h": c.Int16sb,
    "I": c.Int32ub, "i": c.Int32sb, "Q": c.Int64ub, "q": c.Int64sb,
}  # fmt: skip

_tiny = c.Struct("command" / c.Int8ub, "status" / c.Int8ub, "mode" / c.Int8ub, "pending" / c.Int8ub).compile()

_mixed = c.Struct(
    *[name / _TYPES[letter] for name, letter in MIXED_SCALARS.items()],
    "rings" / c.Array(RINGS, c.Struct("length" / c.Int32ub, "addr" / c.Int64ub, "flags" / c.Int16ub)),
    "table" / c.Array(TABLE, c.Int32ub),
    "payload_len" / c.Int16ub,
    "payload" / c.Bytes(c.this.payload_len),
    # Both directions can ask `status`, which is the cheaper of construct's ways to say "optional"
    "transfer"
    / c.If(
        c.this.status & BUSY,
        c.Struct(
            "header" / c.Bytes(len(TRANSFER_HEADER)),
            "remaining" / c.Int32ub,
            "address" / c.Int64ub,
            "direction" / c.Int8ub,
            "attempts" / c.Int16ub,
        ),
    ),
).compile()

_large = c.Struct("words" / c.Array(WORDS, c.Int32ub), "block" / c.Bytes(BLOCK)).compile()

# The number of elements is known to it beforehand: that is its fastest way to read as many
_queue = c.Struct(
    "jobs" / c.Array(JOBS, c.Struct("more" / c.Int8ub, "kind" / c.Int8ub, "length" / c.Int16ub, "address" / c.Int32ub)),
    "end" / c.Int8ub,
).compile()


def _make_plain(values: Values) -> Held:
    return Held(c.Container(values))


def _plain_values(held: Held) -> Values:
    values = {name: value for name, value in held.state.items() if name != "_io"}
    if "words" in values:
        values["words"] = list(values["words"])
    return values


def _make_mixed(values: Values) -> Held:
    fields = {name: values[name] for name in (*MIXED_SCALARS, "table", "payload")}
    transfer = {name: values[name] for name in ("remaining", "address", "direction", "attempts")}
    rings = c.ListContainer(c.Container(ring) for ring in values["rings"])
    return Held(
        c.Container(
            fields,
            rings=rings,
            payload_len=len(values["payload"]),
            transfer=c.Container(transfer, header=TRANSFER_HEADER),
        )
    )


def _mixed_values(held: Held) -> Values:
    state = held.state
    values = {name: state[name] for name in (*MIXED_SCALARS, "payload")}
    values["table"] = list(state["table"])
    values["rings"] = [{name: ring[name] for name in ("length", "addr", "flags")} for ring in state["rings"]]
    return values | {name: state["transfer"][name] for name in ("remaining", "address", "direction", "attempts")}


def _make_queue(values: Values) -> Held:
    return Held(c.Container(jobs=c.ListContainer(c.Container(job, more=1) for job in values["jobs"]), end=0))


def _queue_values(held: Held) -> Values:
    return {"jobs": [{name: job[name] for name in JOB_FIELDS} for job in held.state["jobs"]]}


def _parse_mixed(data: bytes) -> Any:
    state = _mixed.parse(data)
    if state["payload_len"] > PAYLOAD_MAX or (state["transfer"] and state["transfer"]["header"] != TRANSFER_HEADER):
        raise ValueError("payload_len or subsection")
    return state


_SAVE = "build(o.state)"
_RESTORE = "o.state = parse(d)"

SUBJECTS = [
    Subject(FAMILY, "T", _make_plain, _plain_values, _SAVE, _RESTORE, {"build": _tiny.build, "parse": _tiny.parse}),
    Subject(FAMILY, "M", _make_mixed, _mixed_values, _SAVE, _RESTORE, {"build": _mixed.build, "parse": _parse_mixed}),
    Subject(FAMILY, "L", _make_plain, _plain_values, _SAVE, _RESTORE, {"build": _large.build, "parse": _large.parse}),
    Subject(FAMILY, "Q", _make_queue, _queue_values, _SAVE, _RESTORE, {"build": _queue.build, "parse": _queue.parse}),
]
