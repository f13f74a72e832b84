"""Every scalar and array type, byte for byte."""

from __future__ import annotations

import pytest

from tests.unit.interpret.builders import (
    ANY,
    BOOL,
    I8,
    I16,
    I32,
    I64,
    TIMER,
    U8,
    U16,
    U32,
    U64,
    Array,
    Buffer,
    FieldValue,
    at,
    check,
    description,
    field,
    loop,
    op,
    path,
    repeat,
    run,
    struct,
    unused,
    value,
)
from vmsgen.interpret import Refusal, decode, encode, reset_state
from vmsgen.model.description import Description
from vmsgen.model.types import Scalar, Type


def refusal_of(description_: Description, data: bytes, version: int = 1) -> Refusal:
    state = reset_state(description_)
    with pytest.raises(Refusal) as caught:
        decode(description_, state, data, version)
    assert state == reset_state(description_)
    return caught.value


@pytest.mark.parametrize(
    ("type_", "number", "data"),
    [
        (U8, 0xFE, "fe"),
        (U16, 0x1234, "1234"),
        (U32, 0x89ABCDEF, "89abcdef"),
        (U64, 0x8000000000000001, "8000000000000001"),
        (I8, -2, "fe"),
        (I16, -512, "fe00"),
        (I32, 70000, "00011170"),
        (I64, -2, "fffffffffffffffe"),
        (BOOL, 1, "01"),
        (BOOL, 0, "00"),
        (TIMER, 1_000_000_000, "000000003b9aca00"),
        (TIMER, -1, "ffffffffffffffff"),
    ],
)
def test_a_scalar(type_: Scalar, number: int, data: str) -> None:
    device = description("d", {"x": type_}, run(type_.size, field("x", type_)))
    state = reset_state(device)
    state["x"] = number
    assert encode(device, state).hex() == data
    loaded = reset_state(device)
    decode(device, loaded, bytes.fromhex(data), 1)
    assert loaded == {"x": number}


def test_any_byte_but_zero_is_true() -> None:
    device = description("d", {"x": BOOL}, run(1, field("x", BOOL)))
    state = reset_state(device)
    decode(device, state, b"\x02", 1)
    assert state == {"x": 1}
    state["x"] = 2
    assert encode(device, state) == b"\x01"


def test_values_at_reset() -> None:
    inner = struct("inner", {"a": (U8, 7), "t": TIMER}, run(9, field("a", U8), field("t", TIMER)))
    device = description(
        "d", {"x": (U16, 0x18), "rows": (Array(Array(U8, 2), 3), 5), "raw": (Buffer(2), 0xFF), "inner": Array(inner, 2)}
    )
    assert reset_state(device) == {
        "x": 0x18,
        "rows": [[5, 5], [5, 5], [5, 5]],
        "raw": bytearray(b"\xff\xff"),
        "inner": [{"a": 7, "t": -1}, {"a": 7, "t": -1}],
    }


@pytest.mark.parametrize(
    ("type_", "data", "expected"),
    [
        (Array(U16, 3), "000100020003", [1, 2, 3]),
        (Array(Array(U8, 2), 3), "010203040506", [[1, 2], [3, 4], [5, 6]]),
        (Buffer(3), "636174", bytearray(b"cat")),
        (Array(Buffer(2), 2), "61626364", [bytearray(b"ab"), bytearray(b"cd")]),
    ],
)
def test_a_fixed_array_row_by_row(type_: Type, data: str, expected: object) -> None:
    size = len(data) // 2
    device = description("d", {"x": type_}, run(size, field("x", type_)))
    state = reset_state(device)
    decode(device, state, bytes.fromhex(data), 1)
    assert state == {"x": expected}
    assert encode(device, state).hex() == data


def counted() -> Description:
    return description(
        "d",
        {"n": U8, "v": Array(U16, 3)},
        run(1, field("n", U8)),
        field("v", Array(U16, 3, value("n")), storage=Array(U16, 3)),
    )


def test_a_variable_array_leaves_the_rest_alone() -> None:
    device = counted()
    state = reset_state(device)
    state["v"] = [7, 8, 9]
    decode(device, state, bytes.fromhex("02 0001 0002"), 1)
    assert state == {"n": 2, "v": [1, 2, 9]}
    assert encode(device, state).hex() == "0200010002"


def test_a_count_above_the_capacity_is_refused_on_load_and_on_save() -> None:
    refusal = refusal_of(counted(), bytes.fromhex("04 0001 0002 0003 0004"))
    assert (refusal.code, refusal.path, refusal.offset) == ("count", "v", 1)
    assert (refusal.found, refusal.low, refusal.high) == (4, 0, 3)
    state = reset_state(counted())
    state["n"] = 4
    with pytest.raises(Refusal, match="count"):
        encode(counted(), state)


def test_a_cut_variable_array_is_named_as_a_whole() -> None:
    refusal = refusal_of(counted(), bytes.fromhex("03 0001 00"))
    assert (refusal.code, refusal.path, refusal.offset) == ("truncated", "v", 1)
    assert (refusal.found, refusal.low, refusal.high) == (3, 6, 6)


def test_a_cut_run_names_the_first_field_that_is_not_whole() -> None:
    device = description("d", {"a": U16, "b": U32}, run(9, field("a", U16), unused(3), field("b", U32)))
    for length, place in [(0, ("a", 0, 0, 2)), (1, ("a", 0, 1, 2)), (4, ("unused", 2, 2, 3)), (8, ("b", 5, 3, 4))]:
        refusal = refusal_of(device, bytes(length))
        assert (refusal.path, refusal.offset, refusal.found, refusal.high) == place


def test_bytes_left_over() -> None:
    refusal = refusal_of(counted(), bytes.fromhex("00 05"))
    assert (refusal.code, refusal.offset, refusal.found) == ("trailing", 1, 1)


def test_unused_bytes_are_zero_and_dropped() -> None:
    device = description("d", {"n": U8}, run(1, field("n", U8)), unused(4, value("n")))
    state = reset_state(device)
    decode(device, state, bytes.fromhex("02 dead"), 1)
    assert encode(device, state) == b"\x02\x00\x00"
    assert refusal_of(device, b"\x05abcde").code == "count"
    assert refusal_of(device, b"\x02\x00").path == "unused"


def test_parts_of_an_array() -> None:
    # send x[1 +: 2], send m[1 +: 1], send raw[2 +: n]
    storage, rows, raw = Array(U8, 4), Array(Array(U8, 2), 2), Buffer(4)
    device = description(
        "d",
        {"x": storage, "m": rows, "raw": raw, "n": U8},
        run(
            5,
            field("x", Array(U8, 2), storage=storage, start=1),
            field("m", Array(Array(U8, 2), 1), storage=rows, start=1),
            field("n", U8),
        ),
        field("raw", Buffer(4, value("n")), storage=raw, start=2),
    )
    state = reset_state(device)
    decode(device, state, bytes.fromhex("0102 0304 02 0506"), 1)
    assert state == {"x": [0, 1, 2, 0], "m": [[0, 0], [3, 4]], "raw": bytearray(b"\0\0\5\6"), "n": 2}
    assert encode(device, state).hex() == "01020304020506"
    refusal = refusal_of(device, bytes.fromhex("0102 0304 03 050607"))
    assert (refusal.code, refusal.path, refusal.high) == ("count", "raw", 2)


def test_another_width_on_the_wire() -> None:
    # send x as u8, send y as i32
    device = description("d", {"x": U16, "y": I8}, run(5, field("x", U8, storage=U16), field("y", I32, storage=I8)))
    state = reset_state(device)
    state.update(x=0xFF, y=-1)
    assert encode(device, state).hex() == "ffffffffff"
    state["x"] = 0x100
    with pytest.raises(Refusal) as caught:
        encode(device, state)
    assert (caught.value.code, caught.value.path, caught.value.found, caught.value.high) == ("range", "x", 256, 255)
    refusal = refusal_of(device, bytes.fromhex("01 00000080"))
    assert (refusal.code, refusal.path, refusal.offset, refusal.found) == ("range", "y", 1, 128)
    assert (refusal.low, refusal.high) == (-128, 127)


def test_structs_without_a_name_are_fields_of_what_is_around_them() -> None:
    pair = struct("d_ranges", {"addr": U16, "cfg": U8}, anonymous=True)
    one = struct("d_one", {"z": U8}, anonymous=True)
    device = description(
        "d",
        {"ranges": Array(pair, 2), "one": one},
        run(
            7,
            repeat("ranges", 2, field(loop("ranges", "addr"), U16), field(loop("ranges", "cfg"), U8)),
            field("one.z", U8),
        ),
    )
    state = reset_state(device)
    decode(device, state, bytes.fromhex("0102 03 0405 06 07"), 1)
    assert state == {"ranges": [{"addr": 0x102, "cfg": 3}, {"addr": 0x405, "cfg": 6}], "one": {"z": 7}}
    assert encode(device, state).hex() == "01020304050607"
    assert refusal_of(device, bytes(4)).path == "ranges[1].addr"


def test_rows_of_structs_without_a_name() -> None:
    cell = struct("d_m", {"c": U8}, anonymous=True)
    inner = repeat(path("m", loop("m").steps[1]), 2, field(path("m", *loops(2), "c"), U8), depth=1)
    device = description("d", {"m": Array(Array(cell, 2), 2)}, run(4, repeat("m", 2, inner)))
    state = reset_state(device)
    decode(device, state, b"\1\2\3\4", 1)
    assert state == {"m": [[{"c": 1}, {"c": 2}], [{"c": 3}, {"c": 4}]]}
    assert refusal_of(device, b"\1\2\3").path == "m[1][1].c"


def loops(depth: int) -> tuple[object, ...]:
    return tuple(loop("m", depth=level).steps[1] for level in range(depth))


def test_what_has_no_place_is_named_after_the_element_around_it() -> None:
    cell = struct("d_m", {"c": U8}, anonymous=True)
    inner = field(loop("m", "c"), U8), unused(1), check(op(FieldValue(loop("m", "c"), ANY), "<", 9), "too much")
    device = description("d", {"m": Array(cell, 2)}, repeat("m", 2, *inner))
    assert refusal_of(device, b"\1\0\1").path == "m[1].unused"
    assert refusal_of(device, b"\1\0\x09\0").path == "m[1]"


def test_a_counted_array_of_structs_without_a_name() -> None:
    cell = struct("d_m", {"c": U8}, anonymous=True)
    device = description(
        "d",
        {"n": U8, "m": Array(cell, 2)},
        run(1, field("n", U8)),
        repeat("m", 2, field(loop("m", "c"), U8), count=value("n")),
    )
    state = reset_state(device)
    decode(device, state, b"\1\5", 1)
    assert state == {"n": 1, "m": [{"c": 5}, {"c": 0}]}
    assert refusal_of(device, b"\3\5\5\5").code == "count"
    assert str(at("m.c")) == "m.c"
