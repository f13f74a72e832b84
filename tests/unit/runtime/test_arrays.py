"""Arrays as memoryviews, arrays of structs as sequences, nested structs as views."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest


def test_views_write_through(board: Any) -> None:
    state = board.Board()
    state.signed_[1] = -5
    assert state.signed_.format == "h"
    assert state.signed_.tolist() == [0, -5, 0, 0]
    assert state.signed_ is state.signed_
    assert state.cdata.signed_[1] == -5


def test_shapes_and_formats(board: Any) -> None:
    state = board.Board()
    assert (state.matrix.shape, state.matrix.format) == ((3, 5), "H")
    assert (state.flags.format, state.alarms.format, state.wide.format) == ("?", "q", "Q")
    assert (state.parent.config.format, state.parent.config.nbytes) == ("B", 16)


def test_numpy_takes_them_without_a_copy(board: Any) -> None:
    state = board.Board()
    matrix = np.asarray(state.matrix)
    matrix[2, 4] = 77
    assert state.matrix[2, 4] == 77
    state.matrix = matrix + 1
    assert state.matrix.tolist()[2] == [1, 1, 1, 1, 78]


def test_a_view_keeps_the_memory(board: Any) -> None:
    view = board.Board(wide=[1, 2**64 - 1]).wide
    gc.collect()
    assert view.tolist() == [1, 2**64 - 1]


def test_a_released_view_is_replaced(board: Any) -> None:
    state = board.Board()
    with state.wide as view:
        view[0] = 3
    assert state.wide.tolist() == [3, 0]


def test_variable_arrays_are_cut(board: Any) -> None:
    state = board.Board()
    assert len(state.vectors) == 0
    assert np.asarray(state.vectors).shape == (0,)
    state.nvec = 3
    state.vectors[2] = 9
    assert state.vectors.tolist() == [0, 0, 9]
    state.vectors = [1, 2, 3]
    with pytest.raises(ValueError, match="board: vectors takes 3 elements at the moment, not 2"):
        state.vectors = [1, 2]
    state.nbytes = 2
    state.bytes_ = b"ab"
    assert bytes(state.bytes_) == b"ab"
    state.nbytes = 200
    assert len(state.bytes_) == 32


@pytest.mark.parametrize(
    "value", [[1, 2], (1, 2), iter([1, 2]), array("Q", [1, 2]), np.array([1, 2], np.uint64), np.array([1, 2], np.int8)]
)
def test_whatever_holds_integers(board: Any, value: Any) -> None:
    state = board.Board()
    state.wide = value
    assert state.wide.tolist() == [1, 2]


def test_strided_and_flat_buffers(board: Any) -> None:
    state = board.Board(matrix=np.arange(30, dtype=np.uint16).reshape(3, 10)[:, ::2])
    assert state.matrix.tolist()[1] == [10, 12, 14, 16, 18]
    state.matrix = array("H", range(15))
    assert state.matrix.tolist()[1] == [5, 6, 7, 8, 9]


REFUSED = [
    ("wide", [1], ValueError, r"board: wide takes 2 elements, not 1"),
    ("wide", [1, -1], OverflowError, r"board: wide\[1\]: -1 is out of range, allowed 0\.\.18446744073709551615"),
    ("wide", [1, "x"], TypeError, r"board: wide\[1\] takes an integer, not str"),
    ("wide", 3, TypeError, r"board: wide takes 2 integers, or a buffer of them, not int"),
    ("wide", "ab", TypeError, r"board: wide takes 2 integers, or a buffer of them, not str"),
    ("wide", b"\0" * 16, ValueError, r"board: wide takes 2 elements, not 16"),
    ("wide", array("Q", [1, 2, 3]), ValueError, r"board: wide takes 2 elements, not 3"),
    ("signed_", array("i", [1, 2, 3, 40000]), OverflowError, r"board: signed_\[3\]: 40000 is out of range"),
    ("flags", [True, False, 2, True], OverflowError, r"board: flags\[2\]: 2 is out of range, allowed 0\.\.1"),
    ("matrix", [range(5), range(5), [0, 0, 0, 0, 70000]], OverflowError, r"board: matrix\[2\]\[4\]: 70000 is out"),
    ("matrix", [range(5), range(4), range(5)], ValueError, r"board: matrix\[1\] takes 5 elements, not 4"),
    ("matrix", np.zeros((5, 3), np.uint16), ValueError, r"board: matrix takes 3 x 5 elements, not 5 x 3$"),
    ("matrix", np.zeros((5, 3), np.uint32), ValueError, r"board: matrix takes 3 elements, not 5$"),
    ("matrix", memoryview(np.zeros((3, 4), np.uint32)), ValueError, r"board: matrix\[0\] takes 5 elements, not 4$"),
    ("matrix", array("H", range(14)), ValueError, r"board: matrix takes 15 elements, not 14$"),
    ("wide", [0, 10**5000], OverflowError, r"board: wide\[1\]: the integer is out of range, allowed 0\.\.1844"),
    ("flags", [10**5000] * 4, OverflowError, r"board: flags\[0\]: the integer is out of range, allowed 0\.\.1$"),
    ("rings", [1, 2, 3, 4], TypeError, r"board: rings\[0\] takes a Tx or a mapping of its fields, not int"),
    ("rings", [{}], ValueError, r"board: rings takes 4 elements, not 1"),
    ("rings", {}, TypeError, r"board: rings takes a sequence of Tx"),
    ("grid", [[{}] * 3, [{}] * 2], ValueError, r"board: grid\[1\] takes 3 elements, not 2"),
    (
        "grid",
        [[{}] * 3, [{}, {}, 5]],
        TypeError,
        r"board: grid\[1\]\[2\] takes a Tx or a mapping of its fields, not int",
    ),
    ("eecd", 3, TypeError, r"board: eecd takes a board_eecd or a mapping of its fields, not int"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), REFUSED)
def test_what_is_refused(board: Any, name: str, value: Any, error: type[Exception], message: str) -> None:
    state = board.Board()
    with pytest.raises(error, match=f"^{message}"):
        setattr(state, name, value)
    assert state == board.Board()


def test_a_memoryview_of_rows_is_converted(board: Any) -> None:
    state = board.Board(matrix=memoryview(np.arange(15, dtype=np.uint32).reshape(3, 5)))
    assert state.matrix.tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14]]


@pytest.mark.parametrize(
    ("find", "index", "value", "message"),
    [
        (lambda board: board.rings, 2, 7, r"board: rings\[2\] takes a Tx or a mapping of its fields, not int"),
        (lambda board: board.rings, -1, "x", r"board: rings\[3\] takes a Tx or a mapping of its fields, not str"),
        (
            lambda board: board.grid,
            1,
            7,
            r"board: grid\[1\] takes a sequence of Tx or a mapping of its fields, not int",
        ),
        (lambda board: board.grid, 1, [{}, {}, 7], r"board: grid\[1\]\[2\] takes a Tx or a mapping"),
        (lambda board: board.grid[1], 2, 7, r"board: grid\[1\]\[2\] takes a Tx or a mapping of its fields, not int"),
    ],
)
def test_a_refused_element_is_named(board: Any, find: Any, index: int, value: Any, message: str) -> None:
    state = board.Board()
    with pytest.raises(TypeError, match=f"^{message}"):
        find(state)[index] = value
    assert state == board.Board()


def test_nested_structs(board: Any) -> None:
    state = board.Board()
    eecd = state.eecd
    assert eecd is state.eecd
    eecd.tx.size = 5
    assert state.eecd.tx.size == 5
    state.eecd = {"val_in": 9}
    assert (eecd.val_in, eecd.tx.size) == (9, 5)
    other = board.Board(eecd=eecd)
    assert other.eecd == eecd
    other.eecd.val_in = 1
    assert eecd.val_in == 9


def test_a_view_outlives_its_device(board: Any) -> None:
    ring = board.Board(rings=[{"size": n} for n in range(4)]).rings[3]
    gc.collect()
    assert ring.size == 3


def test_sequences_of_structs(board: Any) -> None:
    state = board.Board()
    assert len(state.rings) == 4
    state.rings[-1] = board.Tx(size=3)
    state.rings[0] = {"size": 8}
    assert [ring.size for ring in state.rings] == [8, 0, 0, 3]
    assert [ring.size for ring in state.rings[::3]] == [8, 3]
    for index in (4, -5):
        with pytest.raises(IndexError, match="is outside the 4 elements in use"):
            state.rings[index]
    with pytest.raises(TypeError):
        del state.rings[0]
    assert state.rings == list(state.rings)
    assert state.rings != [1, 2]
    assert len(state.grid) == 2
    assert len(state.grid[0]) == 3
    state.grid[1][2].size = 4
    assert state.cdata.grid[1][2].size == 4


def test_elements_can_change_places(board: Any) -> None:
    state = board.Board(rings=[{"size": n} for n in range(4)])
    rings: Sequence[Any] = list(state.rings)
    state.rings = rings[::-1]
    assert [ring.size for ring in state.rings] == [3, 2, 1, 0]


def test_variable_sequences(board: Any) -> None:
    state = board.Board()
    assert len(state.slots) == 0
    state.nslots = 2
    state.slots[1].addr = 2**64 - 1
    assert [slot.addr for slot in state.slots] == [0, 2**64 - 1]
