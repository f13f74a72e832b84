"""Subsections: bytes, prefix rule, order, nesting, refusal."""

from __future__ import annotations

import pytest

from tests.unit.interpret.builders import (
    U8,
    U32,
    U64,
    Array,
    Presence,
    description,
    field,
    op,
    reset,
    run,
    struct,
    subsection,
    value,
)
from vmsgen.interpret import Refusal, State, decode, encode, reset_state
from vmsgen.model.description import Description
from vmsgen.model.expressions import StreamVersion
from vmsgen.model.interval import Interval


def sub(name: str, version: int, body: bytes) -> bytes:
    return b"\x05" + bytes([len(name)]) + name.encode() + version.to_bytes(4, "big") + body


def device() -> Description:
    deeper = subsection("deeper", "d/s/deeper", run(1, field("z", U8)), needed=op(value("z"), "!=", 0))
    return description(
        "d",
        {"a": U8, "x": (U8, 1), "y": U8, "z": U8, "w": U8},
        run(1, field("a", U8)),
        subsections=(
            subsection(
                "s",
                "d/s",
                run(1, field("x", U8)),
                field("y", U8, presence=Presence(since=2)),
                needed=op(value("a"), "&", 1),
                version=2,
                minimum=1,
                subsections=(deeper,),
            ),
            subsection("other", "d_other", run(1, field("w", U8)), needed=op(value("w"), "!=", 0)),
        ),
        resets=tuple(reset(name, U8) for name in "xyzw"),
    )


def load(data: bytes) -> State:
    state = State(a=9, x=9, y=9, z=9, w=9)
    decode(device(), state, data, 1)
    return state


def refused(data: bytes) -> Refusal:
    state = State(a=9, x=9, y=9, z=9, w=9)
    state.present = {"other"}
    with pytest.raises(Refusal) as caught:
        decode(device(), state, data, 1)
    assert state == {"a": 9, "x": 9, "y": 9, "z": 9, "w": 9}
    assert state.present == {"other"}
    return caught.value


def test_bytes_and_nesting() -> None:
    state = State(a=1, x=2, y=3, z=4, w=5)
    data = encode(device(), state)
    assert data == bytes.fromhex("01 05 03 642f73 00000002 02 03") + sub("d/s/deeper", 1, b"\4") + sub(
        "d_other", 1, b"\5"
    )
    loaded = load(data)
    assert loaded == state
    assert loaded.present == {"s", "deeper", "other"}


def test_what_is_not_needed_does_not_travel_and_is_reset() -> None:
    assert encode(device(), State(a=2, x=7, y=7, z=7, w=0)) == b"\2"
    state = load(b"\2")
    assert state == {"a": 2, "x": 0, "y": 0, "z": 0, "w": 0}
    assert state.present == set()


def test_order_is_free_but_each_comes_once() -> None:
    body = b"\1" + sub("d_other", 1, b"\5") + sub("d/s", 2, b"\2\3")
    assert load(body) == {"a": 1, "x": 2, "y": 3, "z": 0, "w": 5}
    refusal = refused(body + sub("d/s", 1, b"\7"))
    assert (refusal.code, refusal.path, refusal.offset) == ("repeated-subsection", "", len(body))
    assert refusal.text == "d/s"


def test_a_subsection_has_its_own_version() -> None:
    assert load(b"\1" + sub("d/s", 1, b"\7")) == {"a": 1, "x": 7, "y": 0, "z": 0, "w": 0}
    for version in (0, 3, 0x101):
        refusal = refused(b"\1" + sub("d/s", version, b"\7\7"))
        assert (refusal.code, refusal.path, refusal.offset) == ("version", "s", 6)
        assert (refusal.found, refusal.low, refusal.high) == (version, 1, 2)


@pytest.mark.parametrize("name", ["d/new", "dxyz", "d/s/deeper", "d/"])
def test_an_unknown_subsection_of_ours(name: str) -> None:
    refusal = refused(b"\1" + sub(name, 1, b""))
    assert (refusal.code, refusal.offset, refusal.text) == ("unknown-subsection", 1, name)


def test_an_unknown_one_below_a_subsection() -> None:
    refusal = refused(b"\1" + sub("d/s", 1, b"\7" + sub("d/sx", 1, b"")))
    assert (refusal.code, refusal.offset, refusal.text) == ("unknown-subsection", 11, "d/sx")


@pytest.mark.parametrize(
    "rest",
    [
        sub("e/s", 1, b"\7"),  # somebody else's
        sub("d", 1, b"\7"),  # no longer than the owner's own name
        b"\x05\x04d/s",  # the name is not all there
        b"\x05",
    ],
)
def test_what_is_not_ours_stays_in_the_stream(rest: bytes) -> None:
    refusal = refused(b"\1" + rest)
    assert (refusal.code, refusal.offset, refusal.found) == ("trailing", 1, len(rest))


def test_a_cut_version_number() -> None:
    refusal = refused(b"\1" + sub("d/s", 2, b"")[:-1])
    assert (refusal.code, refusal.path, refusal.offset, refusal.found) == ("truncated", "s", 6, 3)


def test_without_needed_it_always_travels() -> None:
    always = description("d", {"x": U8}, subsections=(subsection("s", "d/s", run(1, field("x", U8))),))
    assert encode(always, State(x=3)) == sub("d/s", 1, b"\3")
    decode(always, reset_state(always), b"", 1)


def test_a_predicate_that_nobody_supplies_answers_what_came_last() -> None:
    asking = description("d", {"x": U8}, subsections=(subsection("s", "d/s", run(1, field("x", U8)), needed="in_use"),))
    state = reset_state(asking)
    assert encode(asking, state) == b""
    decode(asking, state, sub("d/s", 1, b"\3"), 1)
    assert encode(asking, state) == sub("d/s", 1, b"\3")
    assert encode(asking, state, {"in_use": lambda state, version: False}) == b""


def test_needed_asks_for_the_version_of_the_subsection_not_of_the_device() -> None:
    one = subsection("s", "d/s", needed=op(StreamVersion(Interval(0, 9)), "==", 2), version=2)
    other = subsection("t", "d/t", needed=op(StreamVersion(Interval(0, 9)), "==", 3), version=2)
    asking = description("d", {}, subsections=(one, other), version=3)
    assert encode(asking, State()) == sub("d/s", 2, b"")


def test_an_expression_of_needed_without_a_value() -> None:
    one = subsection("s", "d/s", needed=op(1, "/", value("x")))
    dividing = description("d", {"x": U8}, run(1, field("x", U8)), subsections=(one,))
    with pytest.raises(Refusal) as caught:
        encode(dividing, State(x=0))
    assert (caught.value.code, caught.value.path) == ("arithmetic", "s")


def test_every_embedded_struct_looks_for_its_own() -> None:
    inner = struct("in", {"x": U8}, run(1, field("x", U8)), subsections=(subsection("s", "in/s"),))
    outer = description("out", {"i": Array(inner, 2)}, field("i", Array(inner, 2)))
    state = reset_state(outer)
    data = b"\1" + sub("in/s", 1, b"") + b"\2" + sub("in/s", 1, b"")
    decode(outer, state, data, 1)
    assert state == {"i": [{"x": 1}, {"x": 2}]}
    assert [element.present for element in state["i"]] == [{"s"}, {"s"}]
    assert encode(outer, state) == data
    with pytest.raises(Refusal) as caught:
        decode(outer, state, b"\1" + sub("in/t", 1, b"") + b"\2", 1)
    assert (caught.value.code, caught.value.path, caught.value.offset) == ("unknown-subsection", "i[0]", 1)


def test_a_real_fw_cfg_section() -> None:
    u16 = Array(U8, 2)
    fw_cfg = description(
        "fw_cfg",
        {"cur_entry": u16, "cur_offset": U32, "dma_addr": U64, "table": U64, "linker": U64, "rsdp": U64},
        run(6, field("cur_entry", u16), field("cur_offset", U32)),
        subsections=(
            subsection("dma", "fw_cfg/dma", run(8, field("dma_addr", U64)), version=0),
            subsection(
                "acpi_mr", "fw_cfg/acpi_mr", run(24, field("table", U64), field("linker", U64), field("rsdp", U64))
            ),
        ),
        version=2,
        minimum=2,
    )
    body = bytes.fromhex(
        "0000 00000000"
        "05 0a 66775f6366672f646d61 00000000 0000000000000000"
        "05 0e 66775f6366672f616370695f6d72 00000001 0000000000020000 0000000000001000 0000000000000014"
    )
    state = reset_state(fw_cfg)
    decode(fw_cfg, state, body, 2)
    assert (state["table"], state["linker"], state["rsdp"]) == (0x20000, 0x1000, 0x14)
    assert encode(fw_cfg, state) == body


def test_a_real_pckbd_section_whose_inner_struct_has_the_same_name() -> None:
    extended = subsection(
        "extended_state",
        "pckbd/extended_state",
        run(10, field("migration_flags", U32), field("obsrc", U32), field("obdata", U8), field("cbdata", U8)),
        version=0,
    )
    four = ("write_cmd", "status", "mode", "pending_tmp")
    more = {"migration_flags": U32, "obsrc": U32, "obdata": U8, "cbdata": U8}
    inner = struct(
        "pckbd",
        {**dict.fromkeys(four, U8), **more},
        run(4, *(field(name, U8) for name in four)),
        version=3,
        subsections=(extended,),
    )
    device_ = description("pckbd", {"kbd": inner}, field("kbd", inner), version=3)
    body = bytes.fromhex("00180300 0514 70636b62642f657874656e6465645f7374617465 00000000 00000000 00000000 0000")
    state = reset_state(device_)
    decode(device_, state, body, 3)
    assert state["kbd"]["status"] == 0x18
    assert state["kbd"].present == {"extended_state"}
    assert encode(device_, state) == body
