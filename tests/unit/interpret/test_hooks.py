"""Hooks run in VMState's order, and one that fails stops what is going on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.interpret.builders import (
    U8,
    Array,
    between,
    description,
    field,
    hooks,
    reset,
    run,
    struct,
    subsection,
    value,
)
from vmsgen.interpret import Refusal, State, decode, encode, reset_state
from vmsgen.model.description import Description

ALL = ("pre_load", "post_load", "pre_save", "post_save")
BODY = b"\1\2" + b"\x05\x03d/s\0\0\0\1\3"


def device() -> Description:
    inner = struct("in", {"x": U8}, run(1, field("x", U8, between(0, 9))), hooks=hooks(*ALL))
    return description(
        "d",
        {"a": U8, "i": inner, "y": U8},
        run(1, field("a", U8)),
        field("i", inner),
        hooks=hooks(*ALL),
        subsections=(
            subsection("s", "d/s", run(1, field("y", U8)), needed=value("y"), hooks=hooks(*ALL, prefix="s_")),
        ),
        resets=(reset("y", U8),),
    )


class Log:
    """Hooks that write down who was called and what `a` was then; `results` says what they return."""

    def __init__(self, **results: int) -> None:
        self.calls: list[str] = []
        self.hooks: dict[str, Callable[..., Any]] = {
            prefix + kind: self.make(prefix + kind, results.get(prefix.replace("/", "_") + kind, 0))
            for prefix in ("", "s_", "i/")
            for kind in ALL
        }

    def make(self, name: str, result: int) -> Callable[..., Any]:
        def hook(state: State, *version: int) -> int:
            self.calls.append(" ".join([name, *map(str, version)]))
            return result

        return hook


def test_order_on_load() -> None:
    log = Log()
    decode(device(), reset_state(device()), BODY, 1, log.hooks)
    assert log.calls == ["pre_load", "i/pre_load", "i/post_load 1", "s_pre_load", "s_post_load 1", "post_load 1"]


def test_order_on_save() -> None:
    log = Log()
    assert encode(device(), State(a=1, i=State(x=2), y=3), log.hooks) == BODY
    assert log.calls == ["pre_save", "i/pre_save", "i/post_save", "s_pre_save", "s_post_save", "post_save"]


@pytest.mark.parametrize(
    ("failing", "calls"),
    [
        ("pre_load", ["pre_load"]),
        ("i_pre_load", ["pre_load", "i/pre_load"]),
        ("i_post_load", ["pre_load", "i/pre_load", "i/post_load 1"]),
        ("s_pre_load", ["pre_load", "i/pre_load", "i/post_load 1", "s_pre_load"]),
        ("post_load", ["pre_load", "i/pre_load", "i/post_load 1", "s_pre_load", "s_post_load 1", "post_load 1"]),
    ],
)
def test_a_load_that_a_hook_stops(failing: str, calls: list[str]) -> None:
    log, state = Log(**{failing: -22}), State(a=7, i=State(x=7), y=7)
    with pytest.raises(Refusal) as caught:
        decode(device(), state, BODY, 1, log.hooks)
    assert (caught.value.code, caught.value.found) == ("hook", -22)
    assert log.calls == calls
    assert caught.value.hooks_ran == tuple(call.split("/")[-1].split()[0] for call in calls)
    assert state == {"a": 7, "i": {"x": 7}, "y": 7}


def test_bytes_left_over_are_noticed_after_post_load() -> None:
    log, state = Log(), reset_state(device())
    with pytest.raises(Refusal) as caught:
        decode(device(), state, BODY + b"\0", 1, log.hooks)
    assert (caught.value.code, caught.value.offset) == ("trailing", len(BODY))
    assert log.calls[-1] == "post_load 1"
    assert state == reset_state(device())


@pytest.mark.parametrize(
    ("failing", "calls"),
    [
        ("pre_save", ["pre_save"]),
        ("i_pre_save", ["pre_save", "i/pre_save", "post_save"]),
        ("i_post_save", ["pre_save", "i/pre_save", "i/post_save", "post_save"]),
        ("s_pre_save", ["pre_save", "i/pre_save", "i/post_save", "s_pre_save", "post_save"]),
        ("post_save", ["pre_save", "i/pre_save", "i/post_save", "s_pre_save", "s_post_save", "post_save"]),
    ],
)
def test_a_save_that_a_hook_stops(failing: str, calls: list[str]) -> None:
    log = Log(**{failing: 5})
    with pytest.raises(Refusal) as caught:
        encode(device(), State(a=1, i=State(x=2), y=3), log.hooks)
    assert (caught.value.code, caught.value.found) == ("hook", 5)
    assert log.calls == calls


def test_post_save_runs_after_a_field_that_failed_and_its_result_is_not_counted() -> None:
    log = Log(post_save=5, i_post_save=6)
    with pytest.raises(Refusal) as caught:
        encode(device(), State(a=1, i=State(x=10), y=3), log.hooks)
    assert (caught.value.code, caught.value.path) == ("range", "i.x")
    assert log.calls == ["pre_save", "i/pre_save", "i/post_save", "post_save"]


def test_pre_load_comes_after_the_resets_and_before_the_stream() -> None:
    seen = []

    def pre_load(state: State) -> None:
        seen.append(dict(state))
        state.update(a=50, y=51)

    state = State(a=7, i=State(x=7), y=7)
    decode(device(), state, b"\1\2", 1, {"pre_load": pre_load})
    assert seen == [{"a": 7, "i": {"x": 2}, "y": 0}]
    assert state == {"a": 1, "i": {"x": 2}, "y": 51}


def test_a_hook_that_raises_stops_with_its_own_error_and_undoes_the_load() -> None:
    def post_load(state: State, version: int) -> None:
        state["y"] = 9
        raise LookupError("no such drive")

    state = State(a=7, i=State(x=7), y=7)
    with pytest.raises(LookupError, match="no such drive"):
        decode(device(), state, BODY, 1, {"post_load": post_load})
    assert state == {"a": 7, "i": {"x": 7}, "y": 7}


def test_views_of_the_state_stay_its_own_after_a_refused_load() -> None:
    device_ = description(
        "d", {"v": Array(U8, 2), "x": U8}, run(2, field("v", Array(U8, 2))), field("x", U8, between(0, 1))
    )
    state = reset_state(device_)
    view = state["v"]
    with pytest.raises(Refusal):
        decode(device_, state, b"\1\2\3", 1)
    assert state["v"] is view
    assert view == [0, 0]


def test_hooks_as_methods_of_an_object() -> None:
    class Inner:
        def post_load(self, state: State, version: int) -> None:
            state["x"] += 1

    class Model:
        i = Inner()

        def post_load(self, state: State, version: int) -> None:
            state["a"] += state["i"]["x"]

    state = reset_state(device())
    decode(device(), state, b"\1\2", 1, Model())
    assert state == {"a": 4, "i": {"x": 3}, "y": 0}
