"""What lies outside of a state, and fields that are made for the wire."""

from __future__ import annotations

from tests.macros.rows import OLD, Loads, Refuses, Row, Same, row

DECLARATIONS = """
struct Item version 0 { on : bool  n : u8 }
struct Item2 version 2 { on : bool  n : u8 }
struct Span version 0 { low : u64  high : u64 }
struct Named version 0 { tag : u16 }
"""

ITEMS = [{"on": 1, "n": 130}, {"on": 0, "n": 65}]


def pack(device: object) -> None:
    """Before a save: the two halves of `x`."""
    device.t.high, device.t.low = device.x >> 8, device.x & 0xFF  # type: ignore[attr-defined]


def unpack(device: object, version: int) -> None:
    assert version == 0
    device.x = device.t.high << 8 | device.t.low  # type: ignore[attr-defined]


ROWS: tuple[Row, ...] = (
    Row(
        "WITH_TMP",
        "local x : u16  t : tmp { hook pre_save, post_load  low : u8  high : u8 }",
        (Same({"x": 0x1234, "t": {"high": 0x12, "low": 0x34}}, "34 12"),),
        {"t_pre_save": pack, "t_post_load": unpack},
    ),
    row(
        "QTAILQ_V",
        "before : i16  x : list<Item max 3>  after : i32",
        Same({"before": -512, "x": ITEMS, "after": 70000}, "fe00 01 01 82 01 00 41 00 00011170"),
        Same({}, "0000 00 00000000"),
        Loads("0000 7f 01 82 00 00000000", {"x": [{"on": 1, "n": 130}]}),
        Refuses("0000 01 00 01 01 00 02 01 00 03 01 00 04 00 00000000", "count"),
    ),
    row(
        "QLIST_V",
        "x : list<Item2 max 3> since 2",
        Same({"x": ITEMS}, "01 01 82 01 00 41 00"),
        Same({}, "", OLD),
    ),
    row(
        "GTREE_V",
        "x : map<Span, Named max 4>",
        Same(
            {"x": [({"low": 1, "high": 2}, {"tag": 0xABCD}), ({"low": 3, "high": 4}, {"tag": 5})]},
            "00000002 01 0000000000000001 0000000000000002 abcd 01 0000000000000003 0000000000000004 0005 00",
        ),
        Same({}, "00000000 00"),
        Refuses("00000001 00", "count"),
        Refuses("00000000 01 0000000000000001 0000000000000002 abcd 00", "count"),
    ),
    row(
        "GTREE_DIRECT_KEY_V",
        "x : map<u64, Named max 4>",
        Same({"x": {7: {"tag": 1}, 263: {"tag": 2}}}, "00000002 01 0000000000000007 0001 01 0000000000000107 0002 00"),
        Loads(
            "00000002 01 0000000000000107 0002 01 0000000000000007 0001 00",
            {"x": {7: {"tag": 1}, 263: {"tag": 2}}},
        ),
        Refuses("00000002 01 0000000000000007 0001 01 0000000000000007 0002 00", "key"),
    ),
)
