"""Ranges, `where`, `equal`, `held()` and `check`, on load and on save."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.interpret.builders import (
    U8,
    U16,
    Array,
    Buffer,
    Presence,
    between,
    check,
    description,
    field,
    held,
    op,
    reset,
    run,
    struct,
    value,
    when,
)
from vmsgen.interpret import Refusal, State, decode, encode, reset_state
from vmsgen.model.description import Description
from vmsgen.model.expressions import OwnValue
from vmsgen.model.interval import ANY
from vmsgen.model.wire import EqualConstraint, WhereConstraint

OWN = OwnValue(ANY)
EVEN = WhereConstraint(op(op(OWN, "%", 2), "==", 0))


def load_refused(device: Description, data: bytes, version: int = 1, **values: Any) -> Refusal:
    state = reset_state(device)
    state.update(values)
    before = State(state)
    with pytest.raises(Refusal) as caught:
        decode(device, state, data, version)
    assert state == before
    return caught.value


def save_refused(device: Description, **values: Any) -> Refusal:
    state = reset_state(device)
    state.update(values)
    with pytest.raises(Refusal) as caught:
        encode(device, state)
    return caught.value


def test_a_range() -> None:
    device = description("d", {"a": U8, "x": U16}, run(3, field("a", U8), field("x", U16, between(2, 16384))))
    for refusal in (load_refused(device, b"\x09\x40\x01"), save_refused(device, x=16385)):
        assert (refusal.code, refusal.path, refusal.offset) == ("range", "x", 1)
        assert (refusal.found, refusal.low, refusal.high) == (16385, 2, 16384)
    state = reset_state(device)
    decode(device, state, b"\x09\x40\x00", 1)
    assert state == {"a": 9, "x": 16384}


def test_a_condition_is_asked_of_each_element() -> None:
    device = description("d", {"x": Array(Array(U8, 2), 2)}, run(4, field("x", Array(Array(U8, 2), 2), EVEN)))
    for refusal in (load_refused(device, b"\2\4\5\7"), save_refused(device, x=[[2, 4], [5, 7]])):
        assert (refusal.code, refusal.path, refusal.offset, refusal.found) == ("where", "x[1][0]", 2, 5)


def test_a_condition_on_a_buffer_is_asked_of_each_byte() -> None:
    device = description("d", {"x": Buffer(3)}, run(3, field("x", Buffer(3), EVEN)))
    assert load_refused(device, b"\2\4\5").path == "x[2]"
    assert save_refused(device, x=bytearray(b"\2\3\4")).offset == 1


def test_equal_asks_for_what_the_receiver_holds() -> None:
    device = description("d", {"n": U8}, run(1, field("n", U8, EqualConstraint("number of CPUs differs"))))
    refusal = load_refused(device, b"\x02", n=4)
    assert (refusal.code, refusal.found, refusal.low, refusal.high) == ("equal", 2, 4, 4)
    assert refusal.text == "number of CPUs differs"
    assert encode(device, State(n=9)) == b"\x09"
    state = reset_state(device)
    decode(device, state, b"\x02", 1, receiver=False)
    assert state == {"n": 2}


def test_held_is_the_value_before_the_load_whatever_the_reset_does() -> None:
    # n : u8 in 0..held(n), absent in version 1
    device = description(
        "d",
        {"n": (U8, 1)},
        field("n", U8, between(0, held("n")), presence=Presence(since=2)),
        version=2,
        minimum=1,
        resets=(reset("n", U8, 1),),
    )
    refusal = load_refused(device, b"\x06", 2, n=5)
    assert (refusal.code, refusal.low, refusal.high) == ("range", 0, 5)
    state = State(n=5)
    decode(device, state, b"\x05", 2)
    assert state == {"n": 5}
    decode(device, state, b"\xff", 2, receiver=False)
    assert state == {"n": 255}
    decode(device, state, b"", 1)
    assert state == {"n": 1}
    assert encode(device, State(n=200)) == b"\xc8"


def test_held_of_an_embedded_struct_is_from_before_the_whole_load() -> None:
    inner = struct("inner", {"n": U8}, run(1, field("n", U8, EqualConstraint(None))))
    device = description("d", {"i": Array(inner, 2)}, field("i", Array(inner, 2)))
    refusal = load_refused(device, b"\3\5", i=[State(n=3), State(n=4)])
    assert (refusal.code, refusal.path, refusal.offset) == ("equal", "i[1].n", 1)


def test_where_with_held_is_not_asked_without_a_receiver() -> None:
    device = description("d", {"n": U8}, run(1, field("n", U8, WhereConstraint(op(OWN, "<=", held("n"))))))
    assert load_refused(device, b"\1").code == "where"
    decode(device, reset_state(device), b"\1", 1, receiver=False)


def test_only_the_end_with_held_is_left_out_without_a_receiver() -> None:
    device = description("d", {"n": U8}, run(1, field("n", U8, between(2, held("n")))))
    state = reset_state(device)
    with pytest.raises(Refusal, match="range"):
        decode(device, state, b"\1", 1, receiver=False)
    decode(device, state, b"\7", 1, receiver=False)
    assert state == {"n": 7}


def test_a_check_sees_what_has_just_been_loaded() -> None:
    device = description(
        "d",
        {"a": U8, "b": U8, "c": U8},
        run(
            3, field("a", U8), field("b", U8), check(op(value("a"), "<=", value("b")), "a runs past b"), field("c", U8)
        ),
    )
    refusal = load_refused(device, b"\3\2\1")
    assert (refusal.code, refusal.text) == ("check", "a runs past b")
    assert save_refused(device, a=1).text == "a runs past b"
    decode(device, reset_state(device), b"\2\2\1", 1)


def test_a_short_run_is_truncated_before_anything_in_it_is_asked() -> None:
    device = description("d", {"a": U8, "b": U8}, run(2, field("a", U8, between(0, 1)), field("b", U8)))
    refusal = load_refused(device, b"\x09")
    assert (refusal.code, refusal.path) == ("truncated", "b")
    assert load_refused(device, b"\x09\x00\x00").code == "range"


def test_an_expression_without_a_value_names_the_field() -> None:
    device = description(
        "d", {"a": U8, "b": U8}, run(1, field("a", U8)), field("b", U8, presence=when(op(1, "/", value("a"))))
    )
    for refusal in (load_refused(device, b"\0"), save_refused(device)):
        assert (refusal.code, refusal.path, refusal.offset) == ("arithmetic", "b", 1)
