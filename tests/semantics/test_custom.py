"""Arrays of `custom`: the hooks run once for each element, in the order of the wire, and are told which it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.semantics.conftest import Failed, MakeSide, subsection
from tests.sides import Oracle, Refused
from tests.states import state_of
from vmsgen.interpret.lost import lost

HOOKS = ("irqs", "cells", "late", "rest", "Lane.words")
METHODS = {"put_cells": "store_cells"}

# fmt: off
A      = bytes.fromhex("01")
IRQS   = bytes.fromhex("10 11 12 13")
N      = bytes.fromhex("02")
CELLS  = bytes.fromhex("10 11 12 11 12 13")             # the sum of the indices
LATE   = bytes.fromhex("10 11 12")                      # as many as the version says
LANE   = bytes.fromhex("02 10 11")
REST   = subsection("coded/more", 1, "10 11")
# fmt: on
BODY = A + IRQS + N + CELLS + LATE + LANE + REST
STATE = {"a": 1, "n": 2, "lane": {"n": 2}}
CALLS = [
    "irqs 0", "irqs 1", "irqs 2", "irqs 3", "cells 0 0", "cells 0 1", "cells 0 2",
    "cells 1 0", "cells 1 1", "cells 1 2",
    "late 0", "late 1", "late 2", "Lane.words 0", "Lane.words 1", "rest 0", "rest 1",
]  # fmt: skip


class Model:
    """Writes a byte for each element, 0x10 and its indices; reads the same, and nothing else.

    `failing` is the call that raises, "get irqs 2".
    """

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.called: list[str] = []
        self.methods: dict[str, Callable[..., None]] = {}
        for hook in HOOKS:
            owner, _, name = hook.rpartition(".")
            for kind in ("get", "put"):
                method = METHODS.get(f"{kind}_{name}", f"{kind}_{name}")
                self.methods[f"{owner}.{method}" if owner else method] = self.hook(kind, hook)

    def hook(self, kind: str, hook: str) -> Callable[..., None]:
        def run(_: object, cursor: Any, *indices: int) -> None:
            call = " ".join([hook, *map(str, indices)])
            self.called.append(call)
            if kind == "put":
                cursor.put_byte(0x10 + sum(indices))
            elif cursor.get_byte() != 0x10 + sum(indices):
                raise Failed(call)
            if f"{kind} {call}" == self.failing:
                raise Failed(call)

        return run


def test_each_element_is_saved_in_its_turn(side: MakeSide) -> None:
    model = Model()
    coded = side("coded", model.methods)
    assert coded.save(state_of(coded.device, STATE)) == BODY
    assert model.called == CALLS


def test_and_loaded(side: MakeSide) -> None:
    model = Model()
    coded = side("coded", model.methods)
    assert coded.load(state_of(coded.device, {}), BODY) is None
    assert model.called == CALLS
    assert coded.state == state_of(coded.device, STATE)


def test_elements_of_lists_and_counts_that_ask_for_the_version(side: MakeSide) -> None:
    model = Model()
    coded = side("coded", model.methods)
    body = A + IRQS + N + CELLS + LATE[:2] + bytes.fromhex("01 02 10 11 01 00 01 01 10 00") + REST
    assert coded.load(state_of(coded.device, {}), body, version=2) is None
    lanes = ["Lane.words 0", "Lane.words 1", "Lane.words 0"]
    assert model.called == [*CALLS[:12], *lanes, *CALLS[-2:]]
    assert [lane["n"] for lane in coded.state["lanes"]] == [2, 0, 1]


def test_what_is_absent_or_of_no_elements_has_no_call(side: MakeSide) -> None:
    for values, body in (
        ({"a": 9, "n": 2}, "09 10 11 12 13 02 10 11 12 00"),
        ({"a": 0, "n": 0}, "00 10 11 12 13 00 10 11 12 00"),
    ):
        model = Model()
        coded = side("coded", model.methods)
        assert coded.save(state_of(coded.device, values)) == bytes.fromhex(body)
        assert coded.load(state_of(coded.device, {}), bytes.fromhex(body)) is None
        assert model.called == [*CALLS[:4], *CALLS[10:13]] * 2


@pytest.mark.parametrize("failing", ["irqs 2", "cells 1 0", "late 1", "Lane.words 1", "rest 1"])
def test_one_that_fails_leaves_the_old_state(side: MakeSide, failing: str) -> None:
    model = Model(f"get {failing}")
    coded = side("coded", model.methods)
    before = {"a": 4, "n": 7, "lane": {"n": 3}}
    with pytest.raises(Failed) as raised:
        coded.load(state_of(coded.device, before), BODY)
    assert raised.value.args == (failing,)
    for note in getattr(raised.value, "__notes__", ()):
        name, *indices = failing.split()
        assert f"({name.replace('Lane', 'lane')}{''.join(f'[{index}]' for index in indices)}) during a load" in note
    assert model.called == CALLS[: CALLS.index(failing) + 1]
    assert coded.state == state_of(coded.device, before)


@pytest.mark.parametrize("failing", ["irqs 2", "cells 1 0", "rest 1"])
def test_one_that_fails_ends_the_save(side: MakeSide, failing: str) -> None:
    model = Model(f"put {failing}")
    coded = side("coded", model.methods)
    with pytest.raises(Failed) as raised:
        coded.save(state_of(coded.device, STATE))
    assert raised.value.args == (failing,)
    assert model.called == CALLS[: CALLS.index(failing) + 1]


@pytest.mark.parametrize(
    ("body", "path", "offset"),
    [
        (BODY[:3], "irqs[2]", 3),
        (BODY[:10], "cells[1][1]", 10),
        (BODY[:14], "late[2]", 14),
        (BODY[:17], "lane.words[1]", 17),
        (BODY[:-1], "rest[1]", len(BODY) - 1),
    ],
)
def test_a_stream_that_ends_in_an_element_names_it(side: MakeSide, body: bytes, path: str, offset: int) -> None:
    coded = side("coded", Model().methods)
    before = {"a": 4, "n": 7}
    refused = coded.load(state_of(coded.device, before), body)
    assert refused == Refused("truncated", path, offset)
    assert coded.state == state_of(coded.device, before)


def test_a_count_without_room_is_refused_before_any_call(side: MakeSide) -> None:
    model = Model()
    coded = side("coded", model.methods)
    assert coded.save(state_of(coded.device, {**STATE, "n": 3})) == Refused("count", "cells")
    assert coded.load(state_of(coded.device, {}), A + IRQS + b"\3" + CELLS) == Refused("count", "cells", 6)
    assert model.called == CALLS[:4] * 2


def test_without_hooks_the_first_element_is_named(side: MakeSide) -> None:
    coded = side("coded")
    assert coded.save(state_of(coded.device, STATE)) == Refused("no-hook", "irqs[0]")
    assert coded.load(state_of(coded.device, {}), BODY) == Refused("no-hook", "irqs[0]", 1)


def test_an_older_version_loses_the_elements_that_it_does_not_write(side: MakeSide) -> None:
    """Version 2 has two of `late`: no value is lost, but the byte of the third."""
    coded = side("coded", Model().methods)
    state = state_of(coded.device, {"a": 2})
    if isinstance(coded, Oracle):
        assert coded.save(state, version=2) == bytes.fromhex("02 10 11 12 13 00 10 11 00")
        assert lost(coded.device, state, 2, coded.hooks) == "late[2]"
    else:
        assert coded.save(state, version=2) == Refused("inexpressible", "late[2]")
