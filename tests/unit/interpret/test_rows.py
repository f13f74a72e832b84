"""Arrays whose numbers are coded in one go: the same bytes, and the same refusals, as one by one."""

from __future__ import annotations

import pytest

from tests.unit.interpret.builders import (
    BOOL,
    I16,
    TIMER,
    U8,
    U16,
    U32,
    Array,
    Buffer,
    between,
    description,
    field,
    value,
)
from vmsgen.interpret import Refusal, decode, encode, reset_state
from vmsgen.model.types import Bitmap, Scalar, Type


@pytest.mark.parametrize(
    ("type_", "values", "data"),
    [
        (Array(U8, 3), [1, 0, 255], "0100ff"),
        (Array(U32, 2), [1, 0x89ABCDEF], "0000000189abcdef"),
        (Array(I16, 2), [-2, 0x7FFF], "fffe7fff"),
        (Array(TIMER, 2), [-1, 5], "ffffffffffffffff0000000000000005"),
        (Array(Array(U16, 2), 2), [[1, 2], [3, 4]], "0001000200030004"),
        (Array(Buffer(2), 2), [bytearray(b"ab"), bytearray(b"cd")], "61626364"),
        (Bitmap(65), [1, 2], "00000000000000010000000000000002"),
        (Array(BOOL, 3), [1, 0, 1], "010001"),
    ],
)
def test_both_ways(type_: Type, values: object, data: str) -> None:
    device = description("d", {"x": type_}, field("x", type_))
    state = reset_state(device)
    state["x"] = values
    assert encode(device, state).hex() == data
    loaded = reset_state(device)
    decode(device, loaded, bytes.fromhex(data), 1)
    assert loaded["x"] == values
    assert type(loaded["x"]) is type(values)


@pytest.mark.parametrize(
    ("type_", "values", "offset", "found"),
    [
        (U8, [1, 256, 300], 1, 256),
        (U8, [1, 2, -1], 2, -1),
        (U16, [65536, 0, 0], 0, 65536),
        (I16, [0, 0, -32769], 4, -32769),
    ],
)
def test_a_number_that_does_not_fit_is_named(type_: Scalar, values: list[int], offset: int, found: int) -> None:
    device = description("d", {"x": Array(type_, 3)}, field("x", Array(type_, 3)))
    state = reset_state(device)
    state["x"] = values
    with pytest.raises(Refusal) as caught:
        encode(device, state)
    refusal = caught.value
    assert (refusal.code, refusal.path, refusal.offset) == ("range", f"x[{offset // type_.size}]", offset)
    assert refusal.found == found


def test_constraints_are_asked_of_each() -> None:
    device = description("d", {"x": Array(U8, 3)}, field("x", Array(U8, 3), between(0, 9)))
    with pytest.raises(Refusal) as caught:
        decode(device, reset_state(device), b"\1\x0a\2", 1)
    assert (caught.value.code, caught.value.path, caught.value.found) == ("range", "x[1]", 10)


def test_part_of_an_array() -> None:
    """Elements 1..n of it, where `n` comes first; the others stay."""
    items = field("n", U8), field("x", Array(U16, 3, value("n")), storage=Array(U16, 4), start=1)
    device = description("d", {"n": U8, "x": Array(U16, 4)}, *items)
    state = reset_state(device)
    state["n"], state["x"] = 2, [7, 8, 9, 10]
    assert encode(device, state).hex() == "0200080009"
    loaded = reset_state(device)
    loaded["x"] = [1, 1, 1, 1]
    decode(device, loaded, bytes.fromhex("0200080009"), 1)
    assert loaded["x"] == [1, 8, 9, 1]
