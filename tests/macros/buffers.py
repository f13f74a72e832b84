"""Raw bytes, bits, and bytes that nobody uses."""

from __future__ import annotations

from tests.macros.rows import OLD, Loads, Refuses, Row, Same, always, counted, row, since, when


def part(macro: str, start: int, size: int, value: bytes, wire: str, clause: str = "") -> Row:
    """Some of a member's six bytes; the others stay in memory."""
    body = f"local x : buffer[6]  send x[{start} +: {size}]{clause}"
    there = Same({"x": value}, wire)
    return row(macro, body, there, Same({}, "", OLD)) if clause else row(macro, body, there)


def get(device: object, reader: object) -> None:
    """Two bytes, each of them turned round."""
    low, high = reader.get_buffer(2)  # type: ignore[attr-defined]
    device.x = 0xFFFF - (high << 8 | low)  # type: ignore[attr-defined]


def put(device: object, writer: object) -> None:
    value = 0xFFFF - device.x  # type: ignore[attr-defined]
    writer.put_buffer(bytes([value & 0xFF, value >> 8]))  # type: ignore[attr-defined]


CODEC = {"get_c": get, "put_c": put}
"""A codec that only the device has: `x` inverted, the low byte first."""

ROWS: tuple[Row, ...] = (
    always("BUFFER", "buffer[3]", b"\1\2\3", "01 02 03"),
    since("BUFFER_V", "buffer[3]", b"\1\2\3", "01 02 03"),
    when("BUFFER_TEST", "buffer[3]", b"\1\2\3", "01 02 03"),
    part("PARTIAL_BUFFER", 0, 4, b"\1\2\3\4\0\0", "01 02 03 04"),
    part("STATIC_BUFFER", 2, 3, b"\0\0\1\2\3\0", "01 02 03"),
    part("BUFFER_START_MIDDLE", 2, 4, b"\0\0\1\2\3\4", "01 02 03 04"),
    part("BUFFER_START_MIDDLE_V", 2, 4, b"\0\0\1\2\3\4", "01 02 03 04", " since 2"),
    always("BUFFER_POINTER_UNSAFE", "buffer[3]", b"\1\2\3", "01 02 03"),
    always("BUFFER_UNSAFE", "buffer[3]", b"\1\2\3", "01 02 03"),
    Row(
        "BUFFER_UNSAFE_INFO",
        "hook get_c, put_c  local x : u16  c : custom",
        (Same({"x": 0x1234}, "cb ed"), Refuses("cb", "truncated")),
        CODEC,
    ),
    Row(
        "BUFFER_UNSAFE_INFO_TEST",
        "hook get_c, put_c  local x : u16  a : u8  c : custom when a == 1",
        (Same({"a": 1, "x": 0x1234}, "01 cb ed"), Same({"a": 2}, "02")),
        CODEC,
    ),
    counted("VBUFFER", "i32", "buffer[n max 4]", b"\1\2", "00000002", "01 02"),
    counted("VBUFFER_UINT32", "u32", "buffer[n max 4]", b"\1\2", "00000002", "01 02"),
    counted("PARTIAL_VBUFFER", "i32", "buffer[n max 4]", b"\1\2", "00000002", "01 02"),
    counted("PARTIAL_VBUFFER_UINT32", "u32", "buffer[n max 4]", b"\1\2", "00000002", "01 02"),
    counted("VBUFFER_MULTIPLY", "u32", "buffer[n * 2 max 6]", b"\1\2\3\4", "00000002", "01 02 03 04"),
    row(
        "VBUFFER_ALLOC_UINT32",
        "n : u32  x : buffer[n max 4] alloc",
        Same({"n": 2, "x": b"\1\2"}, "00000002 01 02"),
        Same({}, "00000000"),
        Refuses("00000005 01 02 03 04 05", "count"),
    ),
    row(
        "BITMAP",
        "n : i32  x : bitmap[n max 128]",
        Same({"n": 65, "x": 1 << 64 | 1 << 63 | 1}, "00000041 8000000000000001 0000000000000001"),
        Same({"n": 64, "x": 2}, "00000040 0000000000000002"),
        Same({}, "00000000"),
    ),
    row("UNUSED", "a : u8  unused[2]", Same({"a": 1}, "01 0000"), Loads("01 beef", {"a": 1})),
    row("UNUSED_V", "a : u8  unused[2] since 2", Same({"a": 1}, "01 0000"), Same({"a": 1}, "01", OLD)),
    row("UNUSED_TEST", "a : u8  unused[2] when a == 1", Same({"a": 1}, "01 0000"), Same({"a": 2}, "02")),
    row(
        "UNUSED_BUFFER",
        "a : u8  unused[3] when version >= 2 && a == 1",
        Same({"a": 1}, "01 000000"),
        Same({"a": 1}, "01", OLD),
        Same({"a": 2}, "02"),
    ),
    row(
        "UNUSED_VARRAY_UINT32",
        "n : u32  unused[n * 2 max 6]",
        Same({"n": 2}, "00000002 00000000"),
        Same({}, "00000000"),
        Refuses("00000004 0000000000000000", "count"),
    ),
)
