"""What a `tmp` has of its own: subsections, lists and maps; and one that has no state at all."""

from __future__ import annotations

import pytest

from tests.semantics.conftest import Calls, MakeSide, subsection
from tests.sides import Refused, Side
from tests.states import state_of

KINDS = ("pre_load", "post_load", "pre_save", "post_save")
CONTAINED = "01 02 03 01 04 05 00" + "00000001 01 0000000000000009 06 07 00"
DEEPER = subsection("car/t/more/deeper", 0, "0a")
MORE = subsection("car/t/more", 2, "06 07 01 08 09 00") + DEEPER
QUOTED = subsection("car/tq", 3, "0b")
WIRE = bytes.fromhex("01" + CONTAINED) + MORE + QUOTED + b"\2"
BEHIND = 1 + len(bytes.fromhex(CONTAINED))
PLAIN = {
    "t": {
        "x": 1, "queue": [{"a": 2, "b": 3}, {"a": 4, "b": 5}], "index": {9: {"a": 6, "b": 7}},
        "y": 6, "z": 7, "notes": [{"a": 8, "b": 9}], "v": 10, "w": 11,
    },
    "late": 2,
}  # fmt: skip
HELD = {"t": {"x": 9, "queue": [{"a": 1, "b": 1}], "index": {1: {}}, "y": 1, "w": 2, "notes": [{}]}, "late": 7, "o": 6}
AT_RESET = {"x": 0, "y": 0, "z": 5, "w": 4}


def refused(side: Side, data: bytes) -> Refused | None:
    """Loads, and expects what was there before if that is refused."""
    verdict = side.load(state_of(side.device, HELD), data)
    assert verdict is None or side.state == state_of(side.device, HELD)
    return verdict


def test_subsections_lists_and_maps_of_a_tmp(side: MakeSide) -> None:
    names = [f"{owner}_{kind}" for owner in ("t", "more") for kind in KINDS]
    calls = Calls(*names)
    carrying = side("carrying", calls.methods)
    assert carrying.save(state_of(carrying.device, PLAIN)) == WIRE
    assert calls.called == ["t_pre_save", "more_pre_save", "more_post_save", "t_post_save"]
    calls.called.clear()
    assert carrying.load(state_of(carrying.device, HELD), WIRE) is None
    assert calls.called == ["t_pre_load", "more_pre_load", "more_post_load(2)", "t_post_load(0)"]
    assert carrying.state == state_of(carrying.device, PLAIN)
    assert carrying.state.present == {"more", "deeper", "quoted"}


def test_where_a_stream_lacks_them(side: MakeSide) -> None:
    carrying = side("carrying")
    empty = b"\0" + bytes(1 + 4 + 1)
    wire = empty + b"\3" + subsection("car/own", 1, "06")
    plain = {"t": AT_RESET, "late": 3, "o": 6}
    assert carrying.save(state_of(carrying.device, plain)) == wire
    assert carrying.load(state_of(carrying.device, HELD), wire) is None
    assert carrying.state == state_of(carrying.device, plain)
    assert carrying.state.present == {"own"}


def test_every_cut_is_refused(side: MakeSide) -> None:
    carrying = side("carrying")
    # The 05 of a subsection alone is `late`: nothing tells that more was meant to come.
    whole = [BEHIND + 1 + there for there in (0, len(MORE) - len(DEEPER), len(MORE))]
    for length in range(len(WIRE)):
        verdict = refused(carrying, WIRE[:length])
        assert (verdict is None) == (length in whole)
        assert verdict is None or verdict.code in ("truncated", "trailing")


def test_their_order_is_free_and_an_older_version_is_read(side: MakeSide) -> None:
    carrying = side("carrying")
    data = bytes.fromhex("01" + CONTAINED) + QUOTED + subsection("car/t/more", 1, "02") + b"\2"
    assert carrying.load(state_of(carrying.device, HELD), data) is None
    inner = {**PLAIN["t"], "y": 2, "z": 5, "notes": [], "v": 0}  # type: ignore[dict-item]
    assert carrying.state == state_of(carrying.device, {"t": inner, "late": 2})


@pytest.mark.parametrize(
    ("behind", "code", "path", "offset"),
    [
        # Whatever begins with the name of the tmp is the tmp's.
        (subsection("car/tx", 1, "01"), "unknown-subsection", "", 0),
        (subsection("car/t/", 1, "01"), "unknown-subsection", "", 0),
        (MORE + subsection("car/t/more/x", 1, "01"), "unknown-subsection", "", len(MORE)),
        (MORE + QUOTED + MORE, "repeated-subsection", "", len(MORE + QUOTED)),
        (subsection("car/t/more", 0, "01"), "version", "more", 12),
        (subsection("car/t/more", 3, "01"), "version", "more", 12),
        (subsection("car/t/more", 258, "01"), "version", "more", 12),
        (subsection("car/tq", 0, "01"), "version", "quoted", 8),
        (subsection("car/t/more", 2, "0a 00"), "range", "t.y", 16),
        (subsection("car/t/more", 2, "06 00 01 08 09 01 08 09 00"), "count", "t.notes", 21),
        # The device's own comes behind its last field: before that it is taken for the field.
        (subsection("car/own", 1, "01"), "trailing", "", 1),
        (subsection("car/t", 1, "01"), "trailing", "", 1),
    ],
)
def test_which_are_refused_behind_it(side: MakeSide, behind: bytes, code: str, path: str, offset: int) -> None:
    data = bytes.fromhex("01" + CONTAINED) + behind + b"\2"
    assert refused(side("carrying"), data) == Refused(code, path, BEHIND + offset)


@pytest.mark.parametrize(
    ("data", "code", "path", "offset"),
    [
        ("01 01 02 03 01 02 03 01 02 03 00", "count", "t.queue", 7),
        ("01 00 00000003", "count", "t.index", 2),
        ("01 00 00000001 00", "count", "t.index", 6),
        ("01 00 00000002 01 0000000000000001 02 03 01 0000000000000001 02 03 00", "key", "t.index[1].key", 28),
    ],
)
def test_what_is_refused_in_its_lists(side: MakeSide, data: str, code: str, path: str, offset: int) -> None:
    assert refused(side("carrying"), bytes.fromhex(data)) == Refused(code, path, offset)


def test_what_is_not_saved(side: MakeSide) -> None:
    carrying = side("carrying")
    state = state_of(carrying.device, {"t": {**AT_RESET, "x": 1, "y": 10}})
    assert carrying.save(state) == Refused("range", "t.y")


def test_a_tmp_without_any_state(side: MakeSide) -> None:
    calls = Calls("t_pre_save", "t_post_load")
    idle = side("idle", calls.methods)
    only = subsection("idle_u/only", 1, "00")
    assert idle.save(state_of(idle.device, {"a": 1, "z": 2})) == bytes.fromhex("01 0000") + only + b"\2"
    assert idle.save(state_of(idle.device, {"a": 3, "z": 4})) == bytes.fromhex("03 0000 04")
    assert idle.load(state_of(idle.device, {}), bytes.fromhex("01 beef") + only + b"\2") is None
    assert idle.state == state_of(idle.device, {"a": 1, "z": 2}) and idle.state.present == {"only"}
    assert calls.called == ["t_pre_save", "t_pre_save", "t_post_load(0)"]
    for data in ("", "01", "01 00", "01 0000"):
        verdict = idle.load(state_of(idle.device, {"a": 7}), bytes.fromhex(data))
        assert verdict is not None and verdict.code == "truncated"
        assert idle.state == state_of(idle.device, {"a": 7})
