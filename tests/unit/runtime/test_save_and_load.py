"""save, save_into, restore, load: bytes and refusals."""

from __future__ import annotations

from typing import Any

import pytest

import vmstate

UART = bytes.fromhex("000c 01 60 02 07")
FIFO = b"\x05\x10serial/recv_fifo\0\0\0\x01" + bytes(range(16)) + bytes.fromhex("00000001 00000003")


def full(uart: Any) -> Any:
    return uart.Uart(divider=12, ier=1, mode=2, fcr=7, recv_fifo={"data": bytes(range(16)), "head": 1, "num": 3})


def test_saves_literal_bytes(uart: Any) -> None:
    assert uart.Pckbd(status=3, pending=0x18).save() == b"\x00\x03\x00\x18"
    assert full(uart).save() == UART + FIFO


def test_restores_what_was_saved(uart: Any) -> None:
    state = uart.Uart(ier=99)
    assert state.restore(UART + FIFO, version=3) is None
    assert state == full(uart)
    assert state.present("recv_fifo")
    state.restore(UART, 3)
    assert not state.present("recv_fifo")
    assert state.recv_fifo.num == 0
    assert state.save() == UART


def test_restores_an_older_version(uart: Any) -> None:
    state = uart.Uart(fcr=5)
    state.restore(UART[:-1], 2)
    assert state.fcr == 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_loads_from_any_buffer(uart: Any, kind: Any) -> None:
    assert uart.Uart.load(kind(UART), version=3).divider == 12


def test_saves_into_a_buffer(uart: Any) -> None:
    buffer = bytearray(8)
    assert uart.Pckbd(status=3).save_into(buffer, offset=2) == 4
    assert buffer == bytes.fromhex("0000 00030000 0000")
    with pytest.raises(vmstate.BufferTooSmallError) as caught:
        uart.Pckbd().save_into(bytearray(3))
    assert (caught.value.found, caught.value.allowed, caught.value.code) == (3, 4, "full")
    with pytest.raises(IndexError, match="offset 9 is outside the buffer of 8 bytes"):
        uart.Pckbd().save_into(buffer, 9)
    with pytest.raises(BufferError):
        uart.Pckbd().save_into(b"12345678")


REFUSED = [
    (b"\0\x09\0\0", 3, vmstate.ValidationError, "pckbd: status at offset 1: found 9, allowed 0..3",
     {"path": "status", "offset": 1, "found": 9, "allowed": (0, 3), "code": "range"}),
    (b"\0\x01\0", 3, vmstate.TruncatedError, "pckbd: pending at offset 3: the data ends, 0 of 1 bytes are there",
     {"path": "pending", "offset": 3, "found": 0, "allowed": 1, "code": "truncated"}),
    (b"\0\x01\0\0\0", 3, vmstate.TrailingError, "pckbd at offset 4: bytes left over after the last field: 1",
     {"path": "", "offset": 4, "found": 1, "allowed": None, "code": "trailing"}),
    (b"\0\x01\0\0", 2, vmstate.VersionError, "pckbd at offset 0: found version 2, allowed 3",
     {"path": "", "offset": 0, "found": 2, "allowed": (3, 3), "code": "version"}),
    (b"\0\x01\0\0\x05\x09pckbd/\xff\x00x\0\0\0\1", 3, vmstate.UnknownSubsectionError,
     "pckbd at offset 4: unknown subsection 'pckbd/\\\\xff'",
     {"path": "", "offset": 4, "found": None, "allowed": None, "code": "unknown-subsection"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "version", "kind", "message", "attributes"), REFUSED)
def test_refusals_say_everything(
    uart: Any, data: bytes, version: int, kind: type[vmstate.VMStateError], message: str, attributes: dict[str, Any]
) -> None:
    state = uart.Pckbd(status=2, mode=7)
    with pytest.raises(kind) as caught:
        state.restore(data, version)
    assert str(caught.value) == message
    assert vars(caught.value) == {"device": "pckbd", "instance": None, **attributes}
    assert state == uart.Pckbd(status=2, mode=7)


def test_every_truncation_leaves_the_state(uart: Any) -> None:
    whole = UART + FIFO
    for length in range(len(whole)):
        state = full(uart)
        if length == len(UART):
            continue
        with pytest.raises(vmstate.VMStateError):
            state.restore(whole[:length], 3)
        assert state == full(uart)


def test_saving_checks_as_loading_does(board: Any) -> None:
    with pytest.raises(vmstate.ValidationError) as caught:
        board.Board(nbytes=33).save()
    assert str(caught.value) == "board: bytes_: found 33, allowed 0..32"
    assert (caught.value.code, caught.value.offset, caught.value.allowed) == ("count", None, (0, 32))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((), {}), TypeError, r"restore\(\) needs the argument `data`"),
        (((b"",), {}), TypeError, r"restore\(\) needs the argument `version`"),
        (((b"", 1, 2), {}), TypeError, r"restore\(\) takes data and version, not 3 arguments"),
        (((b"",), {"epoch": 3}), TypeError, r"restore\(\) has no argument 'epoch'"),
        (((b"", 3), {"version": 3}), TypeError, r"restore\(\) got twice the argument 'version'"),
        (((b"", -1), {}), OverflowError, "version is an integer in 0..4294967295, not -1"),
        (((b"", "3"), {}), TypeError, "version is an integer in 0..4294967295, not '3'"),
        ((("text", 3), {}), TypeError, "bytes-like"),
    ],
)
def test_wrong_arguments(uart: Any, arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        uart.Pckbd().restore(*arguments[0], **arguments[1])


def test_class_attributes(uart: Any, board: Any) -> None:
    assert (uart.Uart.wire_name, uart.Uart.versions, uart.Uart.size_max) == ("serial", (2, 3), 6 + 22 + 24)
    assert (board.Tx.wire_name, board.Tx.versions, board.Tx.size_max) == ("board/tx", (1, 1), 4)


def test_a_struct_is_saved_by_itself(board: Any) -> None:
    state = board.Board()
    state.rings[1].restore(b"\0\x09\0\x05", version=1)
    assert state.rings[1].save() == b"\0\x09\0\x05"
    assert [ring.frames for ring in state.rings] == [7, 5, 7, 7]


def test_a_struct_without_a_name_is_not(board: Any) -> None:
    with pytest.raises(TypeError, match="board_eecd has no name in the schema"):
        board.Board().eecd.save()
    with pytest.raises(TypeError, match="board_eecd has no name in the schema"):
        board.Board().eecd.restore(b"", 1)
