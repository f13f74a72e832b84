"""Loads from views of the state itself, and saves into them."""

from __future__ import annotations

import array
import ctypes
import mmap
import pickle
from collections.abc import Callable
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

struct Half {
    local all : u8[32]
    send all[8 +: 8]
    send all[0 +: 8]
}

struct Around {
    n      : u8 in 0..4
    halves : Half[n] alloc
}

device blocks version 1 {
    n      : u8 in 0..4
    halves : Half[n] alloc
}

device lists version 1 {
    halves : list<Half max 4>
}

device deep version 1 {
    around : Around[1]
    n      : u8 in 0..4
    more   : Around[n] alloc
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


def halves(made: Any) -> list[Any]:
    return [made.Half(all=range(32))]


SAVED = bytes([*range(8, 16), *range(8)])


def test_a_save_into_a_view_of_what_the_state_owns(made: Any) -> None:
    """A block of elements is a part of it, too."""
    state = made.Blocks(n=1, halves=halves(made))
    assert state.save_into(state.halves[0].all, 2) == 17
    assert bytes(state.halves[0].all) == b"\0\1\1" + SAVED + bytes(range(19, 32))


def test_a_save_into_a_view_of_an_element_of_a_list(made: Any) -> None:
    state = made.Lists(halves=halves(made))
    assert state.save_into(state.halves[0].all, 2) == 18
    assert bytes(state.halves[0].all) == b"\0\1\1" + SAVED + b"\0" + bytes(range(20, 32))


VIEWS: dict[str, Callable[[Any], Any]] = {
    "memoryview": memoryview,
    "of a memoryview": lambda view: memoryview(memoryview(view)),
    "cast": lambda view: memoryview(view).cast("I").cast("B"),
    "slice": lambda view: memoryview(view)[:],
    "PickleBuffer": pickle.PickleBuffer,
    "of a PickleBuffer": lambda view: memoryview(pickle.PickleBuffer(memoryview(view))),
    "ctypes": (ctypes.c_uint8 * 32).from_buffer,
    "of ctypes": lambda view: memoryview((ctypes.c_uint8 * 32).from_buffer(view)).cast("B"),
}


@pytest.mark.parametrize("way", VIEWS)
def test_views_of_views_of_what_a_state_owns(made: Any, way: str) -> None:
    state = made.Blocks(n=1, halves=halves(made))
    assert state.save_into(VIEWS[way](state.halves[0].all), 2) == 17
    assert bytes(state.halves[0].all) == b"\0\1\1" + SAVED + bytes(range(19, 32))
    state = made.Blocks(n=1, halves=halves(made))
    state.restore(memoryview(VIEWS[way](state.halves[0].all))[1:18], 1)
    assert bytes(state.halves[0].all)[:16] == bytes([*range(10, 18), *range(2, 10)])


@pytest.mark.parametrize("room", [bytearray(38), array.array("B", bytes(38)), mmap.mmap(-1, 38)])
def test_containers_with_memory_of_their_own(made: Any, room: Any) -> None:
    state, other = made.Blocks(n=1, halves=halves(made)), made.Blocks()
    assert [state.save_into(room, 2), state.save_into(memoryview(memoryview(room))[20:], 1)] == [17, 17]
    assert bytes(room) == b"\0\0\1" + SAVED + b"\0\0\1" + SAVED
    other.restore(memoryview(room)[21:], 1)
    assert bytes(other.halves[0].all) == bytes(range(16)) + bytes(16)


@pytest.mark.parametrize("where", ["around", "more"])
def test_a_save_into_a_view_of_what_a_part_owns(made: Any, where: str) -> None:
    around = made.Around(n=1, halves=halves(made))
    state = made.Deep(around=[around], n=1, more=[made.Around()])
    if where == "more":
        state = made.Deep(around=[made.Around()], n=1, more=[around])
    whole = state.save()
    view = getattr(state, where)[0].halves[0].all
    assert state.save_into(view, 2) == len(whole) == 19
    assert bytes(view) == b"\0\1" + whole + bytes(range(21, 32))


def test_a_load_from_a_view_of_what_the_state_owns(made: Any) -> None:
    state = made.Blocks(n=1, halves=halves(made))
    view = state.halves[0].all
    state.restore(view[1:18], 1)
    assert bytes(state.halves[0].all)[:16] == bytes([*range(10, 18), *range(2, 10)])
