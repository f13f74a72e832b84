"""Hooks of elements that change how many elements are in use."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.runtime.building import build

STATE = """
struct Entry version 1 { hook pre_save, post_load  a : u8 }
device counted version 1 {
    n       : u8
    entries : Entry[n max 4]
}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"counting.vms": STATE}, tmp_path_factory.mktemp("counting"), "counting_devices")["counting"]


def test_a_hook_that_makes_its_own_array_shorter_is_named(made: Any) -> None:
    class Entry(made.Entry):  # type: ignore[misc]
        def pre_save(self) -> None:
            around[0].n = 1

        def post_load(self, version: int) -> None:
            around[0].n = 1

    Counted = type("Counted", (made.Counted,), {"Entry": Entry})
    state = Counted(n=3, entries=[{"a": 1}, {"a": 2}, {"a": 3}])
    around = [state]
    message = (
        "^counted: entries: a hook made its elements in use fewer while their hooks were running; "
        r"hooks of elements must leave the count as it is\n"
    )
    with pytest.raises(RuntimeError, match=message):
        state.save()
    around[0] = Counted(n=2)
    with pytest.raises(RuntimeError, match=message):
        around[0].restore(b"\x03\x01\x02\x03", 1)
    assert around[0] == Counted(n=2)
