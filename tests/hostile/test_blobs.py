"""Blobs that are cut, bent or made to hurt, where `loads` reads more than a body: each is refused by name."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

import vmstate
from tests.unit.runtime.building import build

SCHEMA = """\
struct Part version 1 { local k : u8 = 3  v : u8 }
struct Fifo version 1 { local room : u16 in 0..9 = 4  data : u8[room max 9] }
device rt version 1 {
    local n : u8 = 2
    a       : u8[n max 8]
    local w : u8[4]
    local d : f64
    local raw : buffer[2]
    local all : Part
    fifo    : Fifo
    maybe   : Part?[2]
    queue   : list<Part max 3>
    table   : map<u64, Part max 3>
}
"""
VALUES: dict[str, Any] = {
    "n": 4, "a": [1, 2, 3, 4], "w": [7, 8, 9, 1], "d": -0.0, "raw": b"\xff\0", "all": {"k": 1, "v": 2},
    "fifo": {"room": 6, "data": [1, 2, 3, 4, 5, 6]}, "maybe": [None, {"k": 6, "v": 1}],
    "queue": [{"k": 7}, {"k": 8}], "table": {9: {"k": 10}, 300: {"k": 11}},
}  # fmt: skip


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"rt.vms": SCHEMA}, tmp_path_factory.mktemp("blobs"), "blob_devices")["rt"].Rt


def part(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (b"", "cut short"),
        (b"\x00\x00", "1 bytes are left over"),
        (b"\x00", "takes a mapping, not NoneType"),
        (b"\x07\0\0\0\0", "no kind 7"),
        (b"\x05\xff\xff\xff\xff", "cut short"),
        (b"\x05\0\0\0\x01\x00\x00", "a key is a text or an integer"),
        (b"\x05\0\0\0\x01\x06\0\0\0\x01\xff\x00", "utf-8"),
        (b"\x04\0\0\0\x01" * 100_000 + b"\x00", "too deep"),
        (b"\x05\0\0\0\x01\x06\0\0\0\x01n\x00", "local member n: "),
        (b"\x05\0\0\0\x01\x06\0\0\0\x01n\x01\0\0\0\x02\x01\0", "local member n: "),
        (b"\x05\0\0\0\x01\x06\0\0\0\x01n\x01" + part(b"\x7f" * 9000), "local member n: "),
        (b"\x05\0\0\0\x01\x06\0\0\0\x03all\x05\0\0\0\x01\x06\0\0\0\x01x\x00", "local member all: "),
        (b"\x05\0\0\0\x01\x06\0\0\0\x04fifo\x04\0\0\0\0", "local member fifo: it takes a mapping, not list"),
        (b"\x05\0\0\0\x01\x06\0\0\0\x01w\x04\0\0\0\x09" + b"\x01\0\0\0\x01\x01" * 9, "local member w: "),
    ],
)
def test_hostile_values_are_refused(rt: Any, values: bytes, match: str) -> None:
    blob = rt().dumps()
    size = int.from_bytes(blob[20:28], "big")
    head = blob[: 28 + size + 4 + 2]
    with pytest.raises(vmstate.FramingError, match=match):
        rt.loads(head + part(values))


def test_every_cut_and_every_changed_byte_loads_or_is_refused(rt: Any) -> None:
    blob = rt(**VALUES).dumps()
    for length in range(len(blob)):
        with pytest.raises(vmstate.TruncatedError):
            rt.loads(blob[:length])
    for place in range(len(blob)):
        for flip in (0x01, 0x80, 0xFF):
            with contextlib.suppress(vmstate.VMStateError):
                rt.loads(blob[:place] + bytes([blob[place] ^ flip]) + blob[place + 1 :])
