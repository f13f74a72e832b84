"""What is on the wire when: versions, conditions, groups, and what becomes of the rest."""

from __future__ import annotations

import pytest

from tests.unit.interpret.builders import (
    I64,
    U8,
    Array,
    Presence,
    check,
    description,
    field,
    group,
    op,
    reset,
    run,
    struct,
    unused,
    value,
    when,
)
from vmsgen.interpret import Refusal, State, decode, encode, reset_state
from vmsgen.model.description import Description
from vmsgen.model.expressions import StreamVersion
from vmsgen.model.interval import ANY

VERSION = StreamVersion(ANY)


def versions() -> Description:
    return description(
        "d",
        {"a": U8, "b": (U8, 9), "old": U8, "kept": U8},
        run(1, field("a", U8)),
        field("b", U8, presence=Presence(since=2)),
        group(Presence(before=2), run(2, field("old", U8), unused(1))),
        field("kept", U8, presence=Presence(since=3)),
        version=3,
        minimum=1,
        resets=(reset("b", U8), reset("old", U8, 4)),
    )


@pytest.mark.parametrize(
    ("version", "data", "expected"),
    [
        (3, "01 02 03", State(a=1, b=2, old=4, kept=3)),
        (2, "01 02", State(a=1, b=2, old=4, kept=77)),
        (1, "01 05 00", State(a=1, b=0, old=5, kept=77)),
    ],
)
def test_each_version(version: int, data: str, expected: State) -> None:
    state = State(a=77, b=77, old=77, kept=77)
    decode(versions(), state, bytes.fromhex(data), version)
    assert state == expected
    assert encode(versions(), state, version=version) == bytes.fromhex(data)


@pytest.mark.parametrize("version", [0, 4, 0xFFFFFFFF])
def test_a_version_that_cannot_be_read(version: int) -> None:
    state = reset_state(versions())
    with pytest.raises(Refusal) as caught:
        decode(versions(), state, b"\1\2\3", version)
    refusal = caught.value
    assert (refusal.code, refusal.found, refusal.low, refusal.high) == ("version", version, 1, 3)


def test_a_reset_without_a_value_is_that_of_the_type() -> None:
    inner = struct("inner", {"x": (U8, 3)}, run(1, field("x", U8)))
    device = description(
        "d",
        {"i": inner, "v": Array(U8, 2)},
        field("i", inner, presence=Presence(since=2)),
        field("v", Array(U8, 2), presence=Presence(since=2)),
        version=2,
        minimum=1,
        resets=(reset("i", inner), reset("v", Array(U8, 2), 6)),
    )
    state = State(i=State(x=8), v=[1, 1])
    decode(device, state, b"", 1)
    assert state == {"i": {"x": 3}, "v": [6, 6]}


def test_a_condition_sees_the_version_of_the_stream() -> None:
    device = description(
        "d",
        {"a": U8, "c": U8},
        run(1, field("a", U8)),
        group(when(op(op(VERSION, "==", 1), "&&", op(value("a"), ">", 3))), run(1, field("c", U8))),
        version=2,
        minimum=1,
    )
    for version, data in [(1, b"\4\7"), (1, b"\3"), (2, b"\4")]:
        state = reset_state(device)
        decode(device, state, data, version)
        assert encode(device, state, version=version) == data


def test_the_condition_of_a_group_is_asked_once() -> None:
    # The first field of the group changes what the condition would say.
    device = description(
        "d", {"a": U8, "b": U8}, run(1, field("a", U8)), group(when(value("a")), run(2, field("a", U8), field("b", U8)))
    )
    state = reset_state(device)
    decode(device, state, b"\1\0\5", 1)
    assert state == {"a": 0, "b": 5}


def test_a_predicate_of_the_device_model() -> None:
    device = description("d", {"irq": U8}, field("irq", U8, presence=when("has_irq")))
    state = State(irq=6)
    assert encode(device, state) == b""
    assert encode(device, state, {"has_irq": lambda state, version: state["irq"] == 6}) == b"\6"
    decode(device, state, b"\7", 1, {"has_irq": lambda state, version: version == 1})
    assert state == {"irq": 7}


def test_a_check_in_an_absent_group_is_not_asked() -> None:
    device = description("d", {"a": U8}, group(Presence(since=2), check(value("a"))), version=2, minimum=1)
    decode(device, reset_state(device), b"", 1)
    with pytest.raises(Refusal, match="check"):
        decode(device, reset_state(device), b"", 2)


def test_an_embedded_struct_is_judged_by_its_own_version() -> None:
    inner = struct(
        "inner",
        {"x": U8, "y": U8},
        run(1, field("x", U8)),
        field("y", U8, presence=Presence(since=2)),
        version=2,
        minimum=0,
    )
    device = description("d", {"i": inner}, field("i", inner), version=5, minimum=1)
    state = reset_state(device)
    decode(device, state, b"\1\2", 1)
    assert state == {"i": {"x": 1, "y": 2}}
    assert encode(device, state) == b"\1\2"


def test_the_timer_section_of_a_real_stream() -> None:
    # cpu_ticks_offset, eight unused bytes, cpu_clock_offset since version 2
    device = description(
        "timer",
        {"cpu_ticks_offset": I64, "cpu_clock_offset": I64},
        run(16, field("cpu_ticks_offset", I64), unused(8)),
        field("cpu_clock_offset", I64, presence=Presence(since=2)),
        version=2,
        minimum=1,
        resets=(reset("cpu_clock_offset", I64),),
    )
    state = reset_state(device)
    decode(device, state, bytes(24), 2)
    assert encode(device, state) == bytes(24)
    state["cpu_clock_offset"] = 5
    decode(device, state, bytes(16), 1)
    assert state == {"cpu_ticks_offset": 0, "cpu_clock_offset": 0}
