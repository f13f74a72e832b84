"""What is assigned and does not fit is refused by the name of the field, whichever way it came."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import vmstate
from tests.unit.runtime.building import build

STATE = """
struct Entry version 1 { a : u8 }
device state version 1 {
    n     : u8
    bytes_ : u8[n max 40] alloc
    rows  : u16[n max 8][3] alloc
    bits  : u8[4] in 0..3
    level : f64
    pair  : f64[2]
    slots : u16?[2][2]
    all   : list<Entry max 3>
    cells : Entry[n max 4][2] alloc
    index : map<u64, Entry max 2>
}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"state.vms": STATE}, tmp_path_factory.mktemp("assigned"), "assigned_devices")["state"].State


@pytest.mark.parametrize("width", ["B", "b", "H", "h", "I", "q", "Q"])
def test_an_allocated_array_takes_buffers_of_every_width(made: Any, width: str) -> None:
    state = made(bytes_=array(width, [1, 2, 3]))
    assert state.bytes_.tolist() == [1, 2, 3]


def test_rows_come_from_flat_buffers_too(made: Any) -> None:
    state = made(rows=array("H", range(6)))
    assert state.rows.tolist() == [[0, 1, 2], [3, 4, 5]]
    state.rows = np.arange(9, dtype=np.uint32).reshape(3, 3)
    assert state.rows.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    state.rows = memoryview(np.ones((1, 3), np.uint32))
    assert state.rows.tolist() == [[1, 1, 1]]


REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    ("bytes_", array("H", [1, 300]), OverflowError, "state: bytes_[1]: 300 is out of range, allowed 0..255"),
    ("bytes_", array("H", [0] * 41), ValueError, "state: bytes_ takes at most 40 elements, not 41"),
    ("bytes_", "abc", TypeError, "state: bytes_ takes at most 40 integers, or a buffer of them, not str"),
    ("bytes_", np.uint16(3), TypeError, "state: bytes_ takes at most 40 integers, or a buffer of them, not uint16"),
    ("rows", array("H", range(4)), ValueError, "state: rows takes rows of 3 elements, which 4 elements are not"),
    ("rows", array("I", range(6)), TypeError, "state: rows[0] takes 3 integers, or a buffer of them, not int"),
    ("rows", np.zeros((2, 4), np.uint16), ValueError, "state: rows takes 2 x 3 elements, not 2 x 4"),
    ("rows", np.zeros((9, 3), np.uint16), ValueError, "state: rows takes at most 8 elements, not 9"),
    ("level", 10**400, OverflowError, "state: level: the integer is too large for a float"),
    ("level", "x", TypeError, "state: level takes a float, not str"),
    ("pair", [1, -(10**400)], OverflowError, "state: pair[1]: the integer is too large for a float"),
    ("all", [{}, 7], TypeError, "state: all[1] takes a Entry or a mapping of its fields, not int"),
    ("index", 5, TypeError, "state: index takes a mapping, or pairs, not int"),
    ("index", [1, 2], TypeError, "state: index takes a mapping, or pairs, not list"),
    ("index", {"a": {}}, TypeError, "state: index takes integers for its keys, not str"),
    ("index", {1: {}, None: {}}, TypeError, "state: index takes integers for its keys, not NoneType"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), REFUSED)
def test_fields(made: Any, name: str, value: Any, error: type[Exception], message: str) -> None:
    state = made()
    with pytest.raises(error) as caught:
        setattr(state, name, value)
    assert str(caught.value) == message
    assert state == made()


ELEMENTS: list[tuple[Callable[[Any], object], type[Exception], str]] = [
    (lambda s: s.slots[1].__setitem__(0, "x"), TypeError, "state: slots[1][0] takes an integer, not str"),
    (
        lambda s: s.slots[1].__setitem__(1, 70000),
        OverflowError,
        "state: slots[1][1]: 70000 is out of range, allowed 0..65535",
    ),
    (lambda s: s.all.__setitem__(0, 7), TypeError, "state: all[0] takes a Entry or a mapping of its fields, not int"),
    (lambda s: s.all.append(7), TypeError, "state: all[1] takes a Entry or a mapping of its fields, not int"),
    (lambda s: s.all.insert(0, 7), TypeError, "state: all[0] takes a Entry or a mapping of its fields, not int"),
    (
        lambda s: s.cells[1].__setitem__(0, 7),
        TypeError,
        "state: cells[1][0] takes a Entry or a mapping of its fields, not int",
    ),
    (
        lambda s: s.cells.append([{}, 7]),
        TypeError,
        "state: cells[2][1] takes a Entry or a mapping of its fields, not int",
    ),
]


@pytest.mark.parametrize(("change", "error", "message"), ELEMENTS)
def test_elements(made: Any, change: Callable[[Any], object], error: type[Exception], message: str) -> None:
    given = {"all": [{"a": 1}], "cells": [[{"a": 2}, {"a": 3}], [{"a": 4}, {"a": 5}]]}
    state = made(**given)
    with pytest.raises(error) as caught:
        change(state)
    assert str(caught.value) == message
    assert state == made(**given)


def test_what_is_set_in_a_memoryview_is_asked_by_the_next_save(made: Any) -> None:
    """memoryview itself refuses what has no room in an element, in words of its own. It knows no ranges."""
    state = made(rows=[[1, 2, 3]])
    with pytest.raises(ValueError, match=r"^memoryview: invalid value for format 'H'$"):
        state.rows[0, 0] = 70000
    state.bits[2] = 9
    with pytest.raises(vmstate.ValidationError, match=r"^state: bits\[2\]: found 9, allowed 0\.\.3$"):
        state.save()
