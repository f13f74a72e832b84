"""Scalars: reading, assigning, what is refused; enumerations and timers; the constructor, update and as_dict."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("divider", 0, 0xFFFF), ("ier", 0, 0xFF)],
)
def test_ends_of_a_range(uart: Any, name: str, low: int, high: int) -> None:
    state = uart.Uart()
    for value in (low, high):
        setattr(state, name, value)
        assert getattr(state, name) == value
    for value in (low - 1, high + 1, 2**200, -(2**200)):
        with pytest.raises(OverflowError, match=rf"^uart: {name}: {value} is out of range, allowed {low}\.\.{high}$"):
            setattr(state, name, value)
        assert getattr(state, name) == high


def test_wide_and_signed(board: Any) -> None:
    state = board.Board(big=2**64 - 1, small=-128)
    assert (state.big, state.small) == (2**64 - 1, -128)
    with pytest.raises(OverflowError, match=r"board: big: -1 is out of range, allowed 0\.\.18446744073709551615"):
        state.big = -1
    with pytest.raises(OverflowError, match=r"board: small: 128 is out of range, allowed -128\.\.127"):
        state.small = 128


@pytest.mark.parametrize("value", ["3", 3.0, None, [3], b"3"])
def test_only_integers(uart: Any, value: Any) -> None:
    with pytest.raises(TypeError, match=f"pckbd: status takes an integer, not {type(value).__name__}"):
        uart.Pckbd().status = value


def test_what_counts_as_an_integer(uart: Any) -> None:
    state = uart.Pckbd()
    state.status = np.uint8(3)
    assert type(state.status) is int
    state.status = True
    assert state.status == 1


def test_bool(board: Any) -> None:
    state = board.Board(on=True)
    assert state.on is True
    state.on = 0
    assert state.on is False
    with pytest.raises(OverflowError, match=r"board: on: 2 is out of range, allowed 0\.\.1"):
        state.on = 2
    with pytest.raises(TypeError, match="board: on takes a bool, not str"):
        state.on = "yes"


def test_timer(board: Any) -> None:
    state = board.Board()
    assert state.deadline is None
    state.deadline = 5
    assert state.deadline == 5
    state.deadline = None
    assert state.cdata.deadline == -1


def test_enumerations(uart: Any) -> None:
    state = uart.Uart()
    assert issubclass(uart.Mode, enum.IntEnum)
    assert issubclass(uart.LineStatus, enum.IntFlag)
    assert state.mode is uart.Mode.IDLE
    state.mode = uart.Mode.WRITE
    assert state.mode is uart.Mode.WRITE
    state.mode = 77
    assert type(state.mode) is int
    assert state.mode == 77
    assert state.lsr is uart.LineStatus.THR_EMPTY | uart.LineStatus.TX_EMPTY
    state.lsr |= uart.LineStatus.OVERRUN
    assert state.lsr == 0x62
    state.lsr = 0x81
    assert state.lsr == 0x81
    assert uart.LineStatus.DATA_READY in state.lsr


def test_a_field_cannot_be_deleted(uart: Any) -> None:
    with pytest.raises(AttributeError, match=r"pckbd\.status is part of the state and cannot be deleted"):
        del uart.Pckbd().status


def test_no_new_attributes(uart: Any) -> None:
    with pytest.raises(AttributeError):
        uart.Pckbd().phase = 3


def test_reserved_names_get_an_underscore(board: Any) -> None:
    assert board.Board(save_=3).save_ == 3


def test_unknown_fields(uart: Any) -> None:
    with pytest.raises(TypeError, match="pckbd has no field 'phase'; it has write_cmd, status, mode, pending"):
        uart.Pckbd(phase=3)
    with pytest.raises(TypeError, match="pckbd takes its fields by name"):
        uart.Pckbd(3)


def test_scalars_are_set_before_arrays(board: Any) -> None:
    state = board.Board(vectors=[5, 6], nvec=2, slots=[{"cfg": 3}], nslots=1)
    assert state.vectors.tolist() == [5, 6]
    assert [slot.cfg for slot in state.slots] == [3]


def test_update_is_all_or_nothing(board: Any) -> None:
    state = board.Board(nvec=1, vectors=[9])
    before = state.as_dict()
    with pytest.raises(OverflowError, match=r"board: small: 200 is out of range"):
        state.update({"nvec": 3, "vectors": [1, 2, 3]}, on=True, eecd={"val_in": 1}, small=200)
    with pytest.raises(OverflowError, match=r"Tx: size: 20000 is out of range, allowed 0\.\.16384"):
        state.update(on=True, rings=[{"size": 1}, {"size": 2}, {"size": 20000}, {}])
    assert state.as_dict() == before
    state.update({"nvec": 3, "vectors": [1, 2, 3]}, eecd={"val_in": 1})
    assert (state.vectors.tolist(), state.eecd.val_in) == ([1, 2, 3], 1)


def test_as_dict_goes_back(board: Any, uart: Any) -> None:
    assert uart.Pckbd(status=2).as_dict() == {"write_cmd": 0, "status": 2, "mode": 0, "pending": 0}
    state = board.Board(nvec=2, vectors=[1, 2], nbytes=3, bytes_=b"abc", matrix=[range(5)] * 3, deadline=7)
    values = state.as_dict()
    assert values["bytes_"] == b"abc"
    assert values["matrix"] == [[0, 1, 2, 3, 4]] * 3
    assert values["eecd"] == {"val_in": 5, "tx": {"size": 0, "frames": 7}, "bits": [False] * 3}
    assert board.Board(**values) == state


def test_repr(uart: Any) -> None:
    text = repr(uart.Uart(recv_fifo={"data": range(16)}))
    assert text == (
        "Uart(divider=0, ier=0, lsr=LineStatus.THR_EMPTY|TX_EMPTY, mode=Mode.IDLE, fcr=0, "
        "recv_fifo=Fifo(data=[0, 1, 2, 3, 4, 5, 6, 7, … 16 in all], head=0, num=0))"
    )
