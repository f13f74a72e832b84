"""Loads from views of the state itself, and saves into them."""

from __future__ import annotations

from typing import Any

import pytest

import vmstate
from tests.unit.runtime.building import build

STATE = """
device halves version 1 {
    local all : u8[32]
    send all[8 +: 8]
    send all[0 +: 8]
}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"own.vms": STATE}, tmp_path_factory.mktemp("own"), "own_devices")["own"]


def test_a_load_from_a_view_of_the_state(made: Any) -> None:
    """The first half is stored where the second is still to be read."""
    state = made.Halves(all=range(32))
    state.restore(state.all[:16], 1)
    assert state.all.tolist() == [*range(8, 16), *range(8), *range(16, 32)]
    state.restore(memoryview(state.all)[4:20], 1)
    assert state.all.tolist()[:16] == [4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15, 0, 1, 2, 3]


def test_a_refused_load_from_a_view_of_the_state(made: Any) -> None:
    state = made.Halves(all=range(32))
    with pytest.raises(vmstate.TruncatedError, match=r"^halves: all at offset 8: "):
        state.restore(state.all[:15], 1)
    assert state.all.tolist() == list(range(32))


def test_a_save_into_a_view_of_the_state(made: Any) -> None:
    state = made.Halves(all=range(32))
    assert state.save_into(state.all, 4) == 16
    assert state.all.tolist() == [0, 1, 2, 3, *range(8, 16), *range(8), *range(20, 32)]
