"""Arrays of numbers: of a fixed length, in part, and as long as memory says."""

from __future__ import annotations

from tests.macros.rows import OLD, NotSaved, Refuses, Row, Same, always, counted, row, since, when

TYPES = (
    ("UINT8", "u8", (0x12, 0xFE), ("12", "fe")),
    ("UINT16", "u16", (0x1234, 0xFE), ("1234", "00fe")),
    ("UINT32", "u32", (0x12345678, 0xFE), ("12345678", "000000fe")),
    ("UINT64", "u64", (0x123456789ABCDEF0, 0xFE), ("123456789abcdef0", "00000000000000fe")),
)

SIGNED = (
    ("INT16_ARRAY", "i16[2]", [-2, 3], "fffe 0003"),
    ("INT32_ARRAY", "i32[2]", [-2, 3], "fffffffe 00000003"),
    ("INT64_ARRAY", "i64[2]", [-2, 3], "fffffffffffffffe 0000000000000003"),
    ("BOOL_ARRAY", "bool[3]", [1, 0, 1], "01 00 01"),
    ("CPUDOUBLE_ARRAY", "cpudouble[2]", [1.5, -0.0], "3ff8000000000000 8000000000000000"),
)


def part(macro: str, type_: str, value: list[int], wire: str) -> Row:
    """Two of four, from number 1 on; the others stay in memory."""
    body = f"local x : {type_}[4]  send x[1 +: 2]"
    return row(
        macro, body, Same({"x": [0, *value, 0]}, wire), Same({"x": [9, *value, 8]}, wire, held={"x": [9, 1, 1, 8]})
    )


def rows_of_three(macro: str, type_: str, values: tuple[int, int], wire: tuple[str, str], clause: str = "") -> Row:
    """x[2][3], row by row."""
    (a, b), (p, q) = values, wire
    body = f"x : {type_}[2][3]{clause}"
    there = Same({"x": [[a, b, a], [b, b, b]]}, p + q + p + q + q + q)
    return row(macro, body, there, Same({}, "", OLD)) if clause else row(macro, body, there)


ROWS: tuple[Row, ...] = (
    always("ARRAY", "u16[3]", [1, 2, 3], "0001 0002 0003"),
    when("ARRAY_TEST", "u16[3]", [1, 2, 3], "0001 0002 0003"),
    always("2DARRAY", "u8[2][3]", [[1, 2, 3], [4, 5, 6]], "01 02 03 04 05 06"),
    part("SUB_ARRAY", "i32", [-1, 2], "ffffffff 00000002"),
    *(always(macro, type_, value, wire) for macro, type_, value, wire in SIGNED),
    *(since(f"{macro}_V", type_, value, wire) for macro, type_, value, wire in SIGNED),
    part("BOOL_SUB_ARRAY", "bool", [1, 1], "01 01"),
    *(always(f"{macro}_ARRAY", f"{type_}[2]", list(values), "".join(wire)) for macro, type_, values, wire in TYPES),
    *(since(f"{macro}_ARRAY_V", f"{type_}[2]", list(values), "".join(wire)) for macro, type_, values, wire in TYPES),
    *(part(f"{macro}_SUB_ARRAY", type_, list(values), "".join(wire)) for macro, type_, values, wire in TYPES),
    *(rows_of_three(f"{macro}_2DARRAY", type_, values, wire) for macro, type_, values, wire in TYPES),
    *(rows_of_three(f"{macro}_2DARRAY_V", type_, values, wire, " since 2") for macro, type_, values, wire in TYPES),
    always("TIMER_ARRAY", "timer[2]", [1, -1], "0000000000000001 ffffffffffffffff"),
    row(
        "TIMER_PTR_ARRAY",
        "x : timer?[2]",
        Same({"x": [1, None]}, "0000000000000001 30"),
        Same({"x": [None, None]}, "30 30"),
        Refuses("31 30", "marker"),
    ),
    # The count is in memory, here because a field before it put it there.
    counted("VARRAY_INT32", "i32", "u16[n max 4]", [1, 2], "00000002", "0001 0002"),
    counted("VARRAY_UINT32", "u32", "u16[n max 4]", [1, 2], "00000002", "0001 0002"),
    counted("VARRAY_UINT32_ALLOC", "u32", "u32[n max 4] alloc", [1, 2], "00000002", "00000001 00000002"),
    counted("VARRAY_UINT16_ALLOC", "u16", "u8[n max 4] alloc", [1, 2], "0002", "01 02"),
    counted("VARRAY_UINT16_UNSAFE", "u16", "u64[n max 4]", [1], "0001", "0000000000000001", times=1),
    row(
        "ARRAY_INT32_UNSAFE",
        "n : i32  x : u8[n max 4]",
        Same({"n": 3, "x": [1, 2, 3]}, "00000003 01 02 03"),
        Refuses("00000005 01 02 03 04 05", "count"),
        Refuses("ffffffff", "count"),
        NotSaved({"n": -1}, "count"),
    ),
    counted("VARRAY_MULTIPLY", "u32", "u8[n * 3 max 6]", [1, 2, 3, 4, 5, 6], "00000002", "01 02 03 04 05 06"),
)
