"""Bitmaps in place, and doubles."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from tests.unit.runtime.building import build
from vmstate import InexpressibleError


def test_bits_in_place(store: Any) -> None:
    device = store.Store()
    seen = device.seen
    seen[0] = seen[-1] = True
    assert (len(seen), int(device.seen), seen[69], seen[68]) == (70, 1 | 1 << 69, True, False)
    assert list(seen.words) == [1, 1 << 5] and seen[66:] == [False, False, False, True]
    assert bytes(seen) == b"\x01" + bytes(7) + b"\x20"
    seen[0] = False
    assert [place for place, bit in enumerate(device.seen) if bit] == [69]
    with pytest.raises(IndexError, match="bit 70 is outside the 70 bits in use"):
        seen[70] = True
    for key in ("x", slice(2)):
        with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
            seen[key] = True


@pytest.mark.parametrize(
    "value",
    [1 | 1 << 69, [True, *[False] * 68, True], b"\1" + bytes(7) + b"\x20", memoryview(b"\1" + bytes(7)).cast("Q")],
)
def test_what_may_be_assigned(store: Any, value: Any) -> None:
    device = store.Store(seen=value)
    assert int(device.seen) in (1, 1 | 1 << 69) and device.seen[0]
    other = store.Store(seen=device.seen)
    assert other == device and other.seen == device.seen


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (1 << 70, OverflowError, "store: seen: .* does not fit into 70 bits"),
        (-1, OverflowError, "does not fit"),
        ([True], ValueError, "store: seen takes 70 bits, not 1"),
        ("a", TypeError, "store: seen takes 70 bools, an integer or a bitmap, not str"),
        (1.5, TypeError, "not float"),
    ],
)
def test_what_may_not(store: Any, value: Any, kind: type[Exception], message: str) -> None:
    device = store.Store(seen=3)
    with pytest.raises(kind, match=message):
        device.seen = value
    assert device.seen == 3


def test_rows_of_bitmaps(store: Any) -> None:
    device = store.Store(masks=[1, 0x100])
    device.masks[0][8] = True
    assert device.as_dict()["masks"] == [0x101, 0x100]
    with pytest.raises(OverflowError, match=r"store: masks\[1\]"):
        device.masks = [0, 0x200]


def test_doubles_keep_their_bits(store: Any) -> None:
    odd = struct.unpack(">d", bytes.fromhex("7ff4000000000001"))[0]
    device = store.Store(level=-0.0, gauges=[odd, 1])
    assert math.copysign(1, device.level) == -1 and device.gauges.tolist()[1] == 1.0
    assert device.save()[:25] == bytes.fromhex("00 8000000000000000 7ff4000000000001 3ff0000000000000")
    assert device != store.Store(level=0.0, gauges=device.gauges) and device == store.Store(
        level=-0.0, gauges=device.gauges
    )
    with pytest.raises(TypeError, match="store: level takes a float, not str"):
        device.level = "1"
    with pytest.raises(TypeError, match=r"store: gauges\[0\] takes a float, not NoneType"):
        device.gauges = [None, 1]


ROWS = "device rows version 1..2 { n : u8  maps : bitmap[110][n max 3] since 2 }"


def test_as_many_rows_as_are_in_use(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = build({"rows.vms": ROWS}, tmp_path_factory.mktemp("rows"), "bitmap_rows")["rows"]
    device = rows.Rows(n=2)
    assert [len(each) for each in device.maps] == [110, 110]
    device.maps[1][70] = device.maps[0][0] = True
    wire = "02" + "0000000000000001 0000000000000000" + "0000000000000000 0000000000000040"
    assert device.save() == bytes.fromhex(wire)
    assert device.as_dict() == {"n": 2, "maps": [1, 1 << 70]}
    assert device != rows.Rows(n=2, maps=[1, 0]) and device == rows.Rows(n=2, maps=[1, 1 << 70])
    with pytest.raises(InexpressibleError, match=r"maps\[0\]\[0\] cannot be said in version 1"):
        device.save(version=1)
    with pytest.raises(TypeError, match="takes 2 bitmaps"):
        device.maps = [1]
    device.n = 0
    assert device.maps == [] and device.save() == b"\0" and device.save(version=1) == b"\0"
    device.n = 3
    assert [int(each) for each in device.maps] == [1, 1 << 70, 0]
