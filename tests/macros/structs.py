"""Structs inside a state: alone, in arrays, in part, pointed to, and missing."""

from __future__ import annotations

from tests.macros.rows import OLD, Refuses, Row, Same, always, counted, row, since, when

DECLARATIONS = """
struct Pair version 0 { a : u8  b : u16 }
struct One version 0 { v : i32 }
struct Both version 1..2 { x : u8  y : u8 since 2 }    // what a version 2 of it has, and what a version 1
"""

ONE, OTHER = {"a": 1, "b": 2}, {"a": 3, "b": 4}
TWO = "01 0002 03 0004"

ROWS: tuple[Row, ...] = (
    # The struct's own version counts, whatever that of the device.
    row("STRUCT", "x : Both", Same({"x": {"x": 1, "y": 2}}, "01 02"), Same({"x": {"x": 1, "y": 2}}, "01 02", OLD)),
    when("STRUCT_TEST", "Pair", ONE, "01 0002"),
    # A version for it, in both directions.
    always("VSTRUCT", "Both at 1", {"x": 1}, "01"),
    since("VSTRUCT_V", "Both at 1", {"x": 1}, "01"),
    when("VSTRUCT_TEST", "Both at 1", {"x": 1}, "01"),
    always("STRUCT_POINTER", "Pair", ONE, "01 0002"),
    since("STRUCT_POINTER_V", "Pair", ONE, "01 0002"),
    when("STRUCT_POINTER_TEST", "Pair", ONE, "01 0002"),
    row(
        "STRUCT_POINTER_TEST_V",
        "a : u8  x : Pair when version >= 2 && a == 1",
        Same({"a": 1, "x": ONE}, "01 01 0002"),
        Same({"a": 1}, "01", OLD),
        Same({"a": 2}, "02"),
    ),
    always("STRUCT_ARRAY", "Pair[2]", [ONE, OTHER], TWO),
    when("STRUCT_ARRAY_TEST", "Pair[2]", [ONE, OTHER], TWO),
    always("STRUCT_2DARRAY", "Pair[2][1]", [[ONE], [OTHER]], TWO),
    when("STRUCT_2DARRAY_TEST", "Pair[1][2]", [[ONE, OTHER]], TWO),
    row("STRUCT_SUB_ARRAY", "local x : Pair[4]  send x[1 +: 2]", Same({"x": [{}, ONE, OTHER, {}]}, TWO)),
    counted("STRUCT_VARRAY_UINT8", "u8", "Pair[n max 3]", [ONE, OTHER], "02", TWO),
    counted("STRUCT_VARRAY_INT32", "i32", "Pair[n max 3]", [ONE, OTHER], "00000002", TWO),
    counted("STRUCT_VARRAY_UINT32", "u32", "Pair[n max 3]", [ONE, OTHER], "00000002", TWO),
    always("STRUCT_VARRAY_POINTER_KNOWN", "Pair[2]", [ONE, OTHER], TWO),
    counted("STRUCT_VARRAY_POINTER_INT32", "i32", "Pair[n max 3]", [ONE, OTHER], "00000002", TWO),
    counted("STRUCT_VARRAY_POINTER_UINT16", "u16", "Pair[n max 3]", [ONE, OTHER], "0002", TWO),
    # QEMU reads this count as an int32; either way what is above the maximum is refused.
    row(
        "STRUCT_VARRAY_POINTER_UINT32",
        "n : u32  x : Pair[n max 3]",
        Same({"n": 2, "x": [ONE, OTHER]}, "00000002" + TWO),
        Refuses("80000000", "count"),
    ),
    counted("STRUCT_VARRAY_ALLOC", "i32", "Pair[n max 3] alloc", [ONE, OTHER], "00000002", TWO),
    row(
        "ARRAY_OF_POINTER",
        "x : u16?[3]",
        Same({"x": [1, None, 3]}, "0001 30 0003"),
        Same({"x": [None, 0x3030, None]}, "30 3030 30"),
        Refuses("0001 0002 0003", "marker", held={"x": [0, None, 0]}),
    ),
    row(
        "ARRAY_OF_POINTER_TO_STRUCT",
        "x : One?[4]",
        Same({"x": [{"v": 0}, None, {"v": 2}, {"v": 3}]}, "00000000 30 00000002 00000003"),
        Refuses("00000000 30 00000002 00000003", "marker", held={"x": [None, None, {}, {}]}),
    ),
)
