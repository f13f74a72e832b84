"""Python's own protocols: equality, copies, pickle; dumps and loads; cffi."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import vmstate


def test_equality(uart: Any, board: Any) -> None:
    assert uart.Pckbd(status=1) == uart.Pckbd(status=1)
    assert uart.Pckbd(status=1) != uart.Pckbd()
    assert uart.Pckbd() != uart.Tiny()
    assert uart.Pckbd() != 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(uart.Pckbd())


def test_only_elements_in_use_are_compared(board: Any) -> None:
    a, b = board.Board(nvec=2, vectors=[1, 2]), board.Board(nvec=2, vectors=[1, 3])
    assert a != b
    a.nvec = b.nvec = 1
    assert a == b
    a.nslots = b.nslots = 1
    a.slots[0].cfg = 1
    assert a != b


def test_presence_is_not_compared(uart: Any) -> None:
    came = uart.Uart.load(uart.Uart(recv_fifo={"num": 1}).save(), 3)
    assert came.present("recv_fifo")
    assert came == uart.Uart(recv_fifo={"num": 1})


def test_present(board: Any, uart: Any) -> None:
    class Board(board.Board):  # type: ignore[misc]
        def mit_in_use(self, version: int) -> bool:
            return True

    data = Board(mit_on=True, depth=9).save()
    state = board.Board.load(data, 2)
    assert [state.present(name) for name in ("mit_state", "mit_state/deeper", "deeper")] == [True] * 3
    with pytest.raises(KeyError) as caught:
        state.present("depper")
    assert str(caught.value) == "board has no subsection 'depper'; it has mit_state, mit_state/deeper"
    # The default answer of `needed hook`: what came is sent on.
    assert state.save() == data


@pytest.mark.parametrize("copying", [copy.copy, copy.deepcopy])
def test_copies(board: Any, copying: Any) -> None:
    class Noted(board.Board):  # type: ignore[misc]
        pass

    state = Noted(save_=3, wide=[1, 2])
    state.notes = ["a"]
    other = copying(state)
    assert type(other) is Noted
    assert other == state
    other.wide[0] = 9
    assert state.wide[0] == 1
    assert (other.notes is state.notes) == (copying is copy.copy)
    assert copying(state.eecd) == state.eecd


def test_pickle(uart: Any, board: Any) -> None:
    for state in (uart.Uart(divider=3, recv_fifo={"num": 1}), board.Board(small=-1), board.Board().eecd):
        again = pickle.loads(pickle.dumps(state))
        assert type(again) is type(state)
        assert again == state


def test_dumps_is_literal(uart: Any) -> None:
    digest = bytes.fromhex(uart.Pckbd.__layout__.digest)
    blob = uart.Pckbd(status=3).dumps()
    assert blob == b"\x89VMS\x01\x05pckbd\0\0\0\x03" + digest + b"\0\0\0\0\0\0\0\x04" + b"\0\x03\0\0"
    assert uart.Pckbd.loads(blob) == uart.Pckbd(status=3)


def test_loads_refuses(uart: Any) -> None:
    blob = uart.Pckbd(status=3).dumps()
    with pytest.raises(vmstate.FramingError, match="serial: this is a state of 'pckbd'"):
        uart.Uart.loads(blob)
    with pytest.raises(vmstate.FramingError, match="they begin with 61 62 63, not 89 56 4d 53"):
        uart.Pckbd.loads(b"abc")
    with pytest.raises(vmstate.FramingError, match="made by another dumps"):
        uart.Pckbd.loads(blob[:4] + b"\x03" + blob[5:])
    with pytest.raises(vmstate.TrailingError):
        uart.Pckbd.loads(blob + b"\0")
    for length in range(len(blob)):
        with pytest.raises(vmstate.TruncatedError):
            uart.Pckbd.loads(blob[:length])


def test_another_schema_is_mentioned(uart: Any) -> None:
    blob = bytearray(uart.Pckbd().dumps())
    blob[15] ^= 0xFF
    assert uart.Pckbd.loads(blob) == uart.Pckbd()
    blob[-3] = 9
    with pytest.raises(vmstate.ValidationError) as caught:
        uart.Pckbd.loads(blob)
    assert caught.value.__notes__[0].startswith("it was saved by another schema (sha256 ")


def test_cdata(uart: Any) -> None:
    state = uart.Uart(divider=5)
    pointer = state.cdata
    pointer.divider += 1
    pointer.recv_fifo.data[3] = 4
    assert (state.divider, state.recv_fifo.data[3]) == (6, 4)
    del state
    assert pointer.divider == 6
    assert uart.Uart(recv_fifo={"head": 3}).recv_fifo.cdata.head == 3


def test_errors_can_be_pickled(uart: Any) -> None:
    with pytest.raises(vmstate.ValidationError) as caught:
        uart.Pckbd().restore(b"\0\x09\0\0", 3)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), vars(again)) == (str(caught.value), vars(caught.value))
