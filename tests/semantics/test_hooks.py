"""In which order hooks run, and what still runs when one of them, or a field, fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.semantics.conftest import DEVICES, Calls, Failed, MakeSide, subsection
from tests.sides import Refused
from tests.states import state_of

KINDS = ("pre_load", "post_load", "pre_save", "post_save")
ORDERED = [f"{owner}{kind}" for owner in ("", "Both.", "sub_", "deeper_") for kind in KINDS]
CONTAINING = [f"{owner}{kind}" for owner in ("", "Element.", "t_") for kind in KINDS]

BODY = bytes.fromhex("02 0304 05")
SUB = subsection("ordered/sub", 1, "06")
DEEPER = subsection("ordered/sub/deeper", 1, "07")
LAST = subsection("ordered/last", 1, "08")
STATE = {"a": 2, "both": {"x": 3, "y": 4}, "b": 5, "c": 6, "d": 7, "e": 8}

SAVED = (
    "pre_save Both.pre_save Both.post_save sub_pre_save deeper_pre_save deeper_post_save sub_post_save post_save"
).split()
LOADED = (
    "pre_load Both.pre_load Both.post_load(2) sub_pre_load deeper_pre_load deeper_post_load(1) sub_post_load(1) "
    "post_load(1)"
).split()


def test_the_order_of_a_save(side: MakeSide) -> None:
    calls = Calls(*ORDERED)
    device = DEVICES["ordered"]
    assert side("ordered", calls.methods).save(state_of(device, STATE)) == BODY + SUB + DEEPER + LAST
    assert calls.called == SAVED


def test_the_order_of_a_load(side: MakeSide) -> None:
    calls = Calls(*ORDERED)
    ordered = side("ordered", calls.methods)
    assert ordered.load(state_of(ordered.device, {}), BODY + SUB + DEEPER + LAST) is None
    assert calls.called == LOADED
    assert ordered.state == state_of(ordered.device, STATE)


# One that fails in `pre_save` stops before its own fields; its own `post_save` is not called, those around it are.
@pytest.mark.parametrize(
    ("failing", "called"),
    [
        ("pre_save", ["pre_save"]),
        ("Both.pre_save", ["pre_save", "Both.pre_save", "post_save"]),
        ("Both.post_save", ["pre_save", "Both.pre_save", "Both.post_save", "post_save"]),
        ("sub_pre_save", [*SAVED[:4], "post_save"]),
        ("deeper_pre_save", [*SAVED[:5], "sub_post_save", "post_save"]),
        ("deeper_post_save", SAVED),
        ("sub_post_save", SAVED),
        ("post_save", SAVED),
    ],
)
def test_a_hook_that_fails_in_a_save(side: MakeSide, failing: str, called: list[str]) -> None:
    calls = Calls(*ORDERED, failing=failing)
    with pytest.raises(Failed, match=f"^{failing}"):
        side("ordered", calls.methods).save(state_of(DEVICES["ordered"], STATE))
    assert calls.called == called


@pytest.mark.parametrize("number", range(len(LOADED)))
def test_a_hook_that_fails_in_a_load_is_the_last_one(side: MakeSide, number: int) -> None:
    failing = LOADED[number].partition("(")[0]
    calls = Calls(*ORDERED, failing=failing)
    ordered = side("ordered", calls.methods)
    before = {"a": 9, "both": {"x": 8, "y": 7}, "b": 6, "c": 5, "d": 4, "e": 3}
    with pytest.raises(Failed, match=f"^{failing}"):
        ordered.load(state_of(ordered.device, before), BODY + SUB + DEEPER + LAST)
    assert calls.called == LOADED[: number + 1]
    assert ordered.state == state_of(ordered.device, before)


def test_after_a_field_that_is_refused_only_post_save_runs(side: MakeSide) -> None:
    calls = Calls(*ORDERED)
    ordered = side("ordered", calls.methods)
    assert ordered.save(state_of(ordered.device, {**STATE, "b": 10})) == Refused("range", "b")
    assert calls.called == ["pre_save", "Both.pre_save", "Both.post_save", "post_save"]


def test_a_refused_field_of_a_subsection_ends_all_that_are_around_it(side: MakeSide) -> None:
    calls = Calls(*ORDERED)
    ordered = side("ordered", calls.methods)
    assert ordered.save(state_of(ordered.device, {**STATE, "d": 10})) == Refused("range", "d")
    assert calls.called == SAVED
    calls.called.clear()
    body = BODY + SUB + DEEPER[:-1] + b"\x0a" + LAST
    refused = Refused("range", "d", len(BODY + SUB + DEEPER) - 1)
    assert ordered.load(state_of(ordered.device, {}), body) == refused
    assert calls.called == LOADED[:5]


def test_post_save_of_a_refused_save_may_fail_too_and_the_first_error_counts(side: MakeSide) -> None:
    calls = Calls(*ORDERED, failing="sub_pre_save")
    calls.methods["post_save"] = calls.hook("post_save", "post_save")
    with pytest.raises(Failed) as raised:
        side("ordered", calls.methods).save(state_of(DEVICES["ordered"], STATE))
    names = {str(error) for error in (raised.value, raised.value.__context__) if error is not None}
    assert calls.called[-1] == "post_save"
    assert "sub_pre_save" in names


def test_elements_and_tmp_have_their_own(side: MakeSide) -> None:
    calls = Calls(*CONTAINING)
    containing = side("containing", calls.methods)
    state = state_of(containing.device, {"queue": [{"v": 1}, {"v": 2}], "t": {"z": 3}})
    assert containing.save(state) == bytes.fromhex("01 01 01 02 00 03")
    element = ["Element.pre_save", "Element.post_save"]
    assert calls.called == ["pre_save", *element, *element, "t_pre_save", "t_post_save", "post_save"]
    calls.called.clear()
    assert containing.load(state_of(containing.device, {}), bytes.fromhex("01 01 01 02 00 03")) is None
    element = ["Element.pre_load", "Element.post_load(0)"]
    assert calls.called == ["pre_load", *element, *element, "t_pre_load", "t_post_load(0)", "post_load(1)"]
    assert containing.state == state


def test_an_element_that_fails_ends_the_load(side: MakeSide) -> None:
    calls = Calls(*CONTAINING)
    containing = side("containing", calls.methods)
    before = state_of(containing.device, {"queue": [{"v": 4}], "t": {"z": 5}})
    assert containing.load(before, bytes.fromhex("01 01 01 0a 00 03")) == Refused("range", "queue[1].v", 3)
    assert calls.called == ["pre_load", "Element.pre_load", "Element.post_load(0)", "Element.pre_load"]
    assert containing.state == state_of(containing.device, {"queue": [{"v": 4}], "t": {"z": 5}})


def preset(target: Any, **values: int) -> None:
    for name, value in values.items():
        setattr(target, name, value)


def presets_all(state: Any) -> None:
    preset(state.inner, else_=70, keep=71, q=72)
    preset(state.braces, else_=73)
    preset(state, own=74)


def presets_its_own(inner: Any) -> None:
    preset(inner, else_=80, keep=81, q=82)


# A struct with a name is a description of its own: what the stream lacks of it takes its value where it is loaded.
@pytest.mark.parametrize(
    ("hooks", "inner"),
    [
        ({"pre_load": presets_all}, {"else_": 3, "keep": 71, "q": 1}),
        ({"pre_load": presets_all, "Preset.pre_load": presets_its_own}, {"else_": 80, "keep": 81, "q": 82}),
    ],
    ids=["the device's", "the struct's as well"],
)
def test_whose_pre_load_presets_what_the_stream_lacks(
    side: MakeSide, hooks: dict[str, Callable[..., None]], inner: dict[str, int]
) -> None:
    presets = side("presets", hooks)
    assert presets.load(state_of(presets.device, {}), b"\0\0", 1) is None
    expected = {"inner": {"n": 0, **inner}, "braces": {"m": 0, "else_": 73}, "own": 74}
    assert presets.state == state_of(presets.device, expected)
