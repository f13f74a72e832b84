"""Subsections: whose they are, in which order, and which are refused."""

from __future__ import annotations

import pytest

from tests.semantics.conftest import Calls, MakeSide, subsection
from tests.sides import Refused, Side
from tests.states import state_of

SLASH, SCORE = subsection("pre/s", 3, "07 08"), subsection("pre_s", 1, "09")
NOTHING = subsection("prefix", 1, "0a")


def refused(side: Side, data: bytes) -> Refused | None:
    """Loads, and expects what was there before if that is refused."""
    before = state_of(side.device, {})
    verdict = side.load(before, data)
    assert verdict is None or side.state == state_of(side.device, {})
    return verdict


def test_those_of_a_nested_struct_come_straight_after_it_and_before_the_owners(side: MakeSide) -> None:
    outer = side("outer")
    inner = subsection("in/s", 1, "02")
    wire = b"\1" + inner + b"\3" + b"\1" + inner + b"\1" + subsection("out/t", 1, "06")
    plain = {"first": {"x": 1, "y": 2}, "second": [{"x": 3}, {"x": 1, "y": 2}], "a": 1, "b": 6}
    assert outer.save(state_of(outer.device, plain)) == wire
    assert outer.load(state_of(outer.device, {}), wire) is None
    assert outer.state == state_of(outer.device, plain)
    assert (outer.state["first"].present, outer.state["second"][0].present) == ({"s"}, set())
    # At the end they would be the device's, and it has none of that name: they stay unread.
    assert refused(outer, b"\1\3\1\0" + inner) == Refused("trailing", "", 4)
    # The device's own before its last field is over: no struct's name begins so, and 05 is the field.
    assert refused(outer, b"\0\0\0" + subsection("out/t", 1, "06")) == Refused("trailing", "", 4)


def test_names_are_compared_byte_by_byte_and_a_slash_means_nothing(side: MakeSide) -> None:
    prefix = side("prefix")
    plain = {"a": 7, "b": 7, "c": 8, "d": 9, "e": 10}
    assert prefix.save(state_of(prefix.device, plain)) == b"\7" + SLASH + SCORE + NOTHING
    assert prefix.load(state_of(prefix.device, {}), b"\7" + SLASH + SCORE + NOTHING) is None
    assert prefix.state == state_of(prefix.device, plain)


def test_any_order_and_none_is_missed(side: MakeSide) -> None:
    prefix = side("prefix")
    assert prefix.load(state_of(prefix.device, {"b": 99}), b"\7" + NOTHING + SLASH) is None
    assert prefix.state == state_of(prefix.device, {"a": 7, "b": 7, "c": 8, "e": 10})
    assert prefix.state.present == {"nothing", "slash"}


def test_one_that_comes_twice_is_refused(side: MakeSide) -> None:
    body = b"\7" + SLASH + SCORE
    assert refused(side("prefix"), body + SLASH) == Refused("repeated-subsection", "", len(body))
    inner = subsection("in/s", 1, "02")
    assert refused(side("outer"), b"\1" + inner + inner) == Refused("repeated-subsection", "first", 1 + len(inner))


@pytest.mark.parametrize("name", ["pre/x", "pre_", "prexyz", "pre/s/deeper", "pre/"])
def test_an_unknown_one_whose_name_begins_like_the_owners_is_refused(side: MakeSide, name: str) -> None:
    data = b"\7" + SLASH + subsection(name, 1, "01")
    assert refused(side("prefix"), data) == Refused("unknown-subsection", "", 1 + len(SLASH))


@pytest.mark.parametrize("name", ["pr", "pre", "other/s", "Pre/s"])
def test_one_of_somebody_else_is_left_where_it_is(side: MakeSide, name: str) -> None:
    assert refused(side("prefix"), b"\7" + subsection(name, 1, "01")) == Refused("trailing", "", 1)


def test_a_name_that_is_not_all_there_is_no_name(side: MakeSide) -> None:
    for cut in range(1, 7):
        assert refused(side("prefix"), b"\7" + SLASH[:cut]) == Refused("trailing", "", 1)
    verdict = refused(side("prefix"), b"\7" + SLASH[:7])
    assert verdict is not None and verdict[:2] == ("truncated", "slash")


@pytest.mark.parametrize("version", [0, 4, 257, 0x80000001])
def test_a_version_that_cannot_be_read(side: MakeSide, version: int) -> None:
    data = b"\7" + subsection("pre/s", version, "07 08")
    assert refused(side("prefix"), data) == Refused("version", "slash", 8)


def test_the_version_that_counts_inside_is_the_one_on_the_wire(side: MakeSide) -> None:
    prefix = side("prefix")
    assert prefix.load(state_of(prefix.device, {}), b"\1" + subsection("pre/s", 1, "07")) is None
    assert prefix.state == state_of(prefix.device, {"a": 1, "b": 7})
    # Also where `needed` and `when` ask for it: 3 is the subsection's, the device has 1.
    own = b"\x08" + subsection("pre/own", 3, "0b")
    assert prefix.save(state_of(prefix.device, {"a": 8, "f": 11, "g": 12})) == own
    assert prefix.load(state_of(prefix.device, {}), own) is None
    assert prefix.state == state_of(prefix.device, {"a": 8, "f": 11})


def test_a_struct_at_the_end_takes_what_begins_with_its_name(side: MakeSide) -> None:
    shadowed = side("shadowed")
    wire = b"\1" + subsection("core_device/t", 1, "05")
    assert shadowed.save(state_of(shadowed.device, {"core": {"x": 1}, "b": 5})) == wire
    assert refused(shadowed, wire) == Refused("unknown-subsection", "core", 1)


def test_a_tmp_at_the_end_takes_what_begins_with_its_name(side: MakeSide) -> None:
    calls = Calls("parts_post_load")
    fleeting = side("fleeting", calls.methods)
    wire = b"\1" + subsection("core_tmp/part", 1, "05")
    assert fleeting.save(state_of(fleeting.device, {"parts": {"x": 1}, "b": 5})) == wire
    assert refused(fleeting, wire) == Refused("unknown-subsection", "", 1)
    assert calls.called == []
    wire = b"\2" + subsection("core_tmp/u", 1, "06")
    assert fleeting.load(state_of(fleeting.device, {}), wire) is None
    assert fleeting.state == state_of(fleeting.device, {"parts": {"x": 2}, "c": 6})
    assert calls.called == ["parts_post_load(0)"]


def test_a_subsection_takes_what_begins_with_its_name(side: MakeSide) -> None:
    siblings = side("siblings")
    one, two = subsection("sib/x", 1, "05"), subsection("sib/x2", 1, "06")
    assert siblings.save(state_of(siblings.device, {"a": 3, "b": 5, "c": 6})) == b"\3" + one + two
    assert refused(siblings, b"\3" + one + two) == Refused("unknown-subsection", "", 1 + len(one))
    assert siblings.load(state_of(siblings.device, {}), b"\3" + two + one) is None
    assert siblings.state == state_of(siblings.device, {"a": 3, "b": 5, "c": 6})


def test_bytes_that_look_like_one_are_read_as_fields(side: MakeSide) -> None:
    looks = side("looks")
    for rest in (b"\5\0\0\0\0\0", b"\5\2in\0\0", b"\5\3imx\0", b"\5\xffin/s"):
        assert looks.load(state_of(looks.device, {}), b"\2" + rest) is None
        assert looks.state == state_of(looks.device, {"inner": {"x": 2}, "next": list(rest)})
    assert refused(looks, b"\2" + b"\5\4in/t") == Refused("unknown-subsection", "inner", 1)


def test_every_element_of_a_list_has_its_own(side: MakeSide) -> None:
    elements = side("elements")
    wire = b"\1\1" + subsection("el/s", 1, "07") + b"\1\2\0\x09"
    plain = {"queue": [{"v": 1, "w": 7}, {"v": 2}], "after": 9}
    assert elements.save(state_of(elements.device, plain)) == wire
    assert elements.load(state_of(elements.device, {}), wire) is None
    assert elements.state == state_of(elements.device, plain)
    assert [element.present for element in elements.state["queue"]] == [{"s"}, set()]
