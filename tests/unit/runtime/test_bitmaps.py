"""Bitmaps in place, and doubles."""

from __future__ import annotations

import copy
import gc
import math
import struct
from typing import Any

import pytest

from tests.unit.runtime.building import build
from vmstate import InexpressibleError, TruncatedError, ValidationError


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


MARKS = """\
struct Part version 1 { n : u8  bits : bitmap[n max 130] alloc }
device marks version 1..2 {
    n    : u8
    seen : bitmap[n max 130] alloc
    rows : bitmap[70][n max 3] alloc since 2
    all  : bitmap[65] alloc when n == 9
    part : Part
}
"""


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"marks.vms": MARKS}, tmp_path_factory.mktemp("marks"), "bitmap_marks")["marks"]


def test_an_allocated_bitmap_is_as_one_in_place(marks: Any) -> None:
    device = marks.Marks()
    assert (len(device.seen), int(device.seen), list(device.seen.words), device.rows) == (0, 0, [], [])
    device.update(n=3, seen=0b101, rows=[1, 1 << 69, 0])
    assert list(device.seen) == [True, False, True] and [len(row) for row in device.rows] == [70, 70, 70]
    device.seen[1] = device.rows[2][64] = True
    wire = "03 0000000000000007" + "0000000000000001 0000000000000000" + "0000000000000000 0000000000000020"
    wire += "0000000000000000 0000000000000001 00"
    assert device.save() == bytes.fromhex(wire)
    plain = {"n": 3, "seen": 7, "rows": [1, 1 << 69, 1 << 64], "part": {"n": 0, "bits": 0}}
    assert device.as_dict() == {**plain, "all": 0} and marks.Marks(**plain) == device
    loaded = marks.Marks.load(bytes.fromhex(wire), 2)
    for other in (loaded, copy.copy(device), copy.deepcopy(device), marks.Marks.loads(device.dumps())):
        assert other == device
        other.seen[0] = other.rows[0][0] = False
        assert other != device and device.seen == 7 and device.rows[0] == 1
    device.n = 0
    device.restore(b"\3" + bytes(8 + 48 + 1), 2)
    assert device.seen == 0 and device.rows == [0, 0, 0]


def test_what_an_allocated_bitmap_takes(marks: Any) -> None:
    device = marks.Marks(n=100)
    # A number has as many bits as are in use; bits one by one, and rows, are as many as they are.
    device.seen = 1 << 99
    assert (len(device.seen), len(device.seen.words)) == (100, 2)
    device.seen = [True]
    assert (len(device.seen), list(device.seen.words)) == (64, [1])
    with pytest.raises(ValidationError, match=r"marks: seen: found 100, allowed 0\.\.64"):
        device.save()
    device.seen = (True for _ in range(130))
    assert (len(device.seen), list(device.seen.words)) == (100, [2**64 - 1, 2**64 - 1, 3])
    device.seen = marks.Marks(n=2, seen=2).seen
    assert list(device.seen.words) == [2]
    device.seen = b"\x01\x02"
    assert device.seen == 0x201 and len(device.seen.words) == 2
    device.seen = []
    assert (len(device.seen), list(device.seen.words)) == (0, [])
    device.rows = [5]
    assert [int(row) for row in device.rows] == [5]
    device.part.update(n=66, bits=1 << 65)
    assert device.part.bits[65] and list(device.part.bits.words) == [0, 2]
    device.all = 1 << 64
    assert (len(device.all), device.all[64]) == (65, True)


@pytest.mark.parametrize(
    ("name", "value", "kind", "message"),
    [
        ("seen", 1 << 2, OverflowError, "marks: seen: 0x4 does not fit into 2 bits"),
        ("seen", [True] * 131, ValueError, "marks: seen takes at most 130 bits, not 131"),
        ("seen", "a", TypeError, "marks: seen takes 2 bools, an integer or a bitmap, not str"),
        ("seen", None, TypeError, "not NoneType"),
        ("rows", [0] * 4, ValueError, "marks: rows takes at most 3 bitmaps, not 4"),
        ("rows", 1, TypeError, "marks: rows takes 3 bitmaps"),
        ("rows", [0, 1 << 70], OverflowError, r"marks: rows\[1\]: 0x400000000000000000 does not fit into 70 bits"),
    ],
)
def test_what_an_allocated_bitmap_refuses(
    marks: Any, name: str, value: Any, kind: type[Exception], message: str
) -> None:
    device = marks.Marks(n=2, seen=3, rows=[1, 2])
    with pytest.raises(kind, match=message):
        setattr(device, name, value)
    assert device == marks.Marks(n=2, seen=3, rows=[1, 2])


def test_views_of_an_allocated_bitmap_keep_what_they_showed(marks: Any) -> None:
    device = marks.Marks(n=2, seen=3, rows=[1, 2])
    seen, row, words = device.seen, device.rows[1], device.seen.words
    device.seen[0] = False
    assert seen == 2 and list(words) == [2]
    device.update(seen=1, rows=[0, 0])
    device.restore(bytes.fromhex("02 0000000000000003" + 64 * "0" + "00"), 2)
    seen[1] = False
    assert (int(seen), int(row), list(words), int(device.seen)) == (0, 2, [0], 3)
    del device
    assert list(words) == [0]


def test_a_collection_while_an_allocated_bitmap_is_looked_at(marks: Any) -> None:
    """What ends there may assign another one."""
    device, others = marks.Marks(n=3, rows=[1, 2, 3]), []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            device.rows = []
            others.extend(marks.Marks(n=3, rows=[5, 6, 7]) for _ in range(8))

    thresholds = gc.get_threshold()
    gc.collect()
    gc.disable()
    Cycle()
    held = [(number,) for number in range(3000)]  # no tuple is left over: the next one is allocated
    gc.set_threshold(1, *thresholds[1:])
    gc.enable()
    try:
        rows = device.rows
    finally:
        gc.set_threshold(*thresholds)
    assert [int(row) for row in rows] == [1, 2, 3] and len(held) == 3000


def test_an_older_version_without_the_rows(marks: Any) -> None:
    device = marks.Marks(n=1, seen=1, rows=[2])
    with pytest.raises(InexpressibleError) as refused:
        device.save(version=1)
    assert (refused.value.path, refused.value.found, refused.value.allowed) == ("rows", 1, 0)
    assert marks.Marks(n=0).save(version=1) == bytes.fromhex("00 00")


def test_a_refused_load_keeps_the_bits(marks: Any) -> None:
    device = marks.Marks(n=2, seen=3, rows=[1, 2])
    device.part.update(n=1, bits=1)
    body = device.save()
    held = marks.Marks(n=1, seen=1, rows=[5])
    before = held.as_dict()
    for size in range(len(body)):
        with pytest.raises(TruncatedError):
            held.restore(body[:size], 2)
        assert held.as_dict() == before
    with pytest.raises(ValidationError) as refused:
        held.restore(b"\x83" + body, 2)
    assert (refused.value.code, refused.value.path, refused.value.offset) == ("count", "seen", 1)
    assert (refused.value.found, refused.value.allowed) == (131, (0, 130)) and held.as_dict() == before
