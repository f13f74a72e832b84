"""Single values."""

from __future__ import annotations

from tests.macros.rows import OLD, Loads, NotSaved, Refuses, Row, Same, always, row, since, when

TYPES = (
    ("BOOL", "bool", 1, "01"),
    ("INT8", "i8", -2, "fe"),
    ("INT16", "i16", -2, "fffe"),
    ("INT32", "i32", -2, "fffffffe"),
    ("INT64", "i64", -2, "fffffffffffffffe"),
    ("UINT8", "u8", 0x12, "12"),
    ("UINT16", "u16", 0x1234, "1234"),
    ("UINT32", "u32", 0x12345678, "12345678"),
    ("UINT64", "u64", 0x123456789ABCDEF0, "123456789abcdef0"),
    ("TIMER", "timer", 5_000_000_000, "000000012a05f200"),
    ("TIMER_PTR", "timer", -1, "ffffffffffffffff"),
)


def equal(macro: str, type_: str, value: int, wire: str, other: str) -> Row:
    body, held = f'x : {type_} equal "the same everywhere"', {"x": value}
    return row(macro, body, Same(held, wire, held=held), Refuses(other, "equal", held=held))


def equal_since(macro: str, type_: str, value: int, wire: str, other: str) -> Row:
    body, held = f"x : {type_} = {value} since 2 equal", {"x": value}
    return row(macro, body, Same(held, wire, held=held), Refuses(other, "equal", held=held), Same(held, "", OLD))


ROWS: tuple[Row, ...] = (
    *(always(macro, type_, value, wire) for macro, type_, value, wire in TYPES),
    *(since(f"{macro}_V", type_, value, wire) for macro, type_, value, wire in TYPES if macro != "TIMER_PTR"),
    *(when(f"{macro}_TEST", type_, value, wire) for macro, type_, value, wire in TYPES if macro != "TIMER_PTR"),
    # A timer that is not armed is one at reset: here an armed one shows that the field was there.
    since("TIMER_PTR_V", "timer", 1, "0000000000000001"),
    when("TIMER_PTR_TEST", "timer", 1, "0000000000000001"),
    # Linux's names of the same.
    always("U8", "u8", 0x12, "12"),
    always("U16", "u16", 0x1234, "1234"),
    always("U32", "u32", 0x12345678, "12345678"),
    always("U64", "u64", 0x123456789ABCDEF0, "123456789abcdef0"),
    since("U8_V", "u8", 0x12, "12"),
    since("U16_V", "u16", 0x1234, "1234"),
    since("U32_V", "u32", 0x12345678, "12345678"),
    since("U64_V", "u64", 0x123456789ABCDEF0, "123456789abcdef0"),
    # Those that take any codec.
    always("SINGLE", "cpudouble", 1.5, "3ff8000000000000"),
    when("SINGLE_TEST", "cpudouble", -2.0, "c000000000000000"),
    equal("SINGLE_FULL", "u8", 4, "04", "05"),
    always("POINTER", "u32", 0x12345678, "12345678"),
    when("POINTER_TEST", "u32", 0x12345678, "12345678"),
    always("FLOAT64", "f64", 0.5, "3fe0000000000000"),
    # What the receiver already has.
    equal("UINT8_EQUAL", "u8", 4, "04", "05"),
    equal("UINT16_EQUAL", "u16", 0x104, "0104", "0004"),
    equal("INT32_EQUAL", "i32", -1, "ffffffff", "00000001"),
    equal("UINT32_EQUAL", "u32", 0xFFFFFFFF, "ffffffff", "fffffffe"),
    equal("UINT64_EQUAL", "u64", 1 << 63, "8000000000000000", "0000000000000000"),
    equal_since("UINT16_EQUAL_V", "u16", 0x104, "0104", "0004"),
    equal_since("UINT32_EQUAL_V", "u32", 7, "00000007", "00000008"),
    equal_since("UINT64_EQUAL_V", "u64", 1 << 63, "8000000000000000", "0000000000000000"),
    row(
        "INT32_POSITIVE_LE",
        "x : i32 in 0..held(x)",
        Same({"x": 10}, "0000000a", held={"x": 10}),
        Loads("00000009", {"x": 9}, held={"x": 10}),
        Refuses("0000000b", "range", held={"x": 10}),
        Refuses("ffffffff", "range", held={"x": 10}),
    ),
    row(
        "VALIDATE",
        'low : u8  high : u8  check low <= high "low runs past high"  z : u8',
        Same({"low": 1, "high": 2, "z": 3}, "01 02 03"),
        Refuses("02 01 03", "check"),
        NotSaved({"low": 2, "high": 1}, "check"),
    ),
)
