"""What Python code can do wrong, and must not be able to break."""

from __future__ import annotations

import gc
import sys
import threading
import types
import weakref
from typing import Any

import pytest

import vmstate
from vmstate import fields
from vmstate._types import Binding, Layout, State


def test_a_field_works_on_its_own_objects_alone(uart: Any, board: Any) -> None:
    field = uart.Pckbd.__dict__["status"]
    for other in (uart.Uart(), uart.Tiny(), board.Board(), 3, uart.Pckbd, object()):
        with pytest.raises(TypeError, match="the field 'status' does not belong to"):
            field.__get__(other)
        with pytest.raises(TypeError, match="the field 'status' does not belong to"):
            field.__set__(other, 1)
    assert uart.Pckbd.status is field


def test_a_field_borrowed_by_another_class(uart: Any) -> None:
    class Thief(uart.Uart):  # type: ignore[misc]
        status = uart.Pckbd.__dict__["status"]

    with pytest.raises(TypeError, match="does not belong to"):
        _ = Thief().status


def test_a_field_without_a_class() -> None:
    field = fields.integer(0, 3)
    with pytest.raises(TypeError, match="does not belong to"):
        field.__get__(3)  # type: ignore[arg-type]
    assert repr(field) == "<field without a class>"


def test_class_assignment(uart: Any) -> None:
    a = type("A", (uart.Uart,), {"__slots__": ()})
    b = type("B", (uart.Pckbd,), {"__slots__": ()})
    state = a(divider=3)
    state.__class__ = b
    with pytest.raises(TypeError, match="does not belong to"):
        _ = state.status
    assert state.save() == uart.Uart(divider=3).save()
    assert state != b()


def test_no_object_is_uninitialised(uart: Any) -> None:
    with pytest.raises(TypeError):
        object.__new__(uart.Uart)
    assert State.__new__(uart.Uart).lsr == 0x60
    for cls in (State, vmstate.Device, vmstate.Struct):
        with pytest.raises(TypeError, match="has no state of its own"):
            cls()
    with pytest.raises(TypeError):
        State.__new__(int)  # type: ignore[type-var]


def test_init_again_only_sets_fields(uart: Any) -> None:
    state = uart.Pckbd(status=3)
    view = state.cdata
    state.__init__(mode=4)
    assert (state.status, view.mode) == (3, 4)


def test_cdata_looks_through_no_memoryview(uart: Any) -> None:
    """The collector of older Pythons would end that view in a cycle, and crash."""
    held = gc.get_referents(uart.Uart().cdata)
    assert any(type(each).__name__ == "Window" for each in held)
    assert not any(isinstance(each, memoryview) for each in held)


def test_stolen_bindings(uart: Any) -> None:
    cls = type("Stolen", (uart.Pckbd,), {"__slots__": ()})
    for stolen in (uart.Uart.__binding__, None, 3):
        cls.__binding__ = stolen
        with pytest.raises(TypeError, match="has no state of its own"):
            cls()


def test_bindings_are_checked(uart: Any, board: Any) -> None:
    layout = board.Board.__layout__
    elements = board.Board.__binding__.elements
    targets = (None,) * len(layout.hooks)
    Binding(board.Board, layout, elements, targets)
    wrong = tuple(uart.Fifo.__binding__ if element else None for element in elements)
    with pytest.raises(ImportError, match=r"board\.parent: the modules of board and Fifo were built from different"):
        Binding(board.Board, layout, wrong, targets)
    for bad in ((), elements[:-1], (None,) * len(elements)):
        with pytest.raises(TypeError):
            Binding(board.Board, layout, bad, targets)
    with pytest.raises(TypeError, match="a target is a Binding, True for this one, or None"):
        Binding(board.Board, layout, elements, (3,) * len(targets))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="only a subclass of State can be bound"):
        Binding(int, layout, elements, targets)  # type: ignore[arg-type]


def test_module_and_extension_must_fit(uart: Any) -> None:
    native = uart.Pckbd.__native__
    address = int(native.ffi.cast("uintptr_t", native.lib.pckbd_class))
    with pytest.raises(ImportError, match=r"pckbd\.write_cmd is not a field of its own"):
        Layout(address, {})
    whole = {name: fields.integer(0, 255) for name in ("write_cmd", "status", "mode")}
    with pytest.raises(ImportError, match=r"pckbd\.pending is not a field of its own.*build both again"):
        Layout(address, {**whole, "pending": fields.array()})
    fresh = {name: fields.integer(0, 256) for name in ("write_cmd", "status", "mode", "pending")}
    with pytest.raises(ValueError, match=r"pckbd\.write_cmd: its range is wider than its type"):
        Layout(address, fresh)
    with pytest.raises(ImportError, match="is not a field of its own"):
        Layout(address, dict(vars(uart.Pckbd)))


def test_module_and_extension_come_from_one_schema(uart: Any) -> None:
    """As they do not where the module was emitted anew and nothing was compiled; the fields may still agree."""
    own = {name: fields.integer(0, 255) for name in ("write_cmd", "status", "mode", "pending")}
    made_of = {"native": uart.Pckbd.__native__, "symbol": "pckbd", "schema": "0123456789abcdef"}
    with pytest.raises(ImportError, match=r"another schema .* than its module .*build both again"):
        types.new_class("Pckbd", (vmstate.Device,), made_of, lambda namespace: namespace.update(own))


def test_another_interface_is_refused(uart: Any) -> None:
    ffi = uart.Pckbd.__native__.ffi
    forged = ffi.new("unsigned int[64]")
    forged[0] = 99
    with pytest.raises(ImportError, match=r"this extension was built for another vmstate.*`vmsgen build`"):
        Layout(int(ffi.cast("uintptr_t", forged)), {})


def test_layouts_cannot_be_combined(uart: Any) -> None:
    with pytest.raises(TypeError, match="Two cannot be uart and pckbd at once"):
        type("Two", (uart.Uart, uart.Pckbd), {})


def test_converting_may_run_anything(board: Any) -> None:
    state = board.Board(nvec=2)

    class Nasty:
        def __index__(self) -> int:
            state.nvec = 8
            state.vectors = range(8)
            gc.collect()
            return 3

    state.vectors = [Nasty(), 1]
    assert state.nvec == 8
    state.update(nvec=1, vectors=[Nasty()])
    state.small = Nasty()
    assert state.small == 3


def test_memory_outside_ranges_is_refused_not_trusted(board: Any) -> None:
    state = board.Board()
    state.cdata.nslots = 200
    assert len(state.slots) == 3
    with pytest.raises(vmstate.ValidationError, match="nslots"):
        state.save()
    state.cdata.nvec = 60000
    assert len(state.vectors) == 8
    assert len(state.as_dict()["vectors"]) == 8
    assert state == state


def test_objects_and_classes_are_freed(board: Any) -> None:
    class Tx(board.Tx):  # type: ignore[misc]
        pass

    cls = type("Short", (board.Board,), {"Tx": Tx})
    state = cls()
    state.rings[0].owner = state
    dead = [weakref.ref(state), weakref.ref(cls), weakref.ref(Tx)]
    del state, cls, Tx
    gc.collect()
    assert [ref() for ref in dead] == [None] * 3


def test_nothing_leaks(board: Any) -> None:
    def refused(call: Any, *arguments: Any) -> None:
        try:
            call(*arguments)
        except (TypeError, ValueError, OverflowError, vmstate.VMStateError):
            return
        raise AssertionError(arguments)

    def everything() -> None:
        state = board.Board(nvec=2, vectors=[1, 2], rings=[{"size": 1}] * 4)
        board.Board.loads(state.dumps())
        state.as_dict()
        repr(state)
        for wrong in ({"small": 999}, {"rings": [1]}, {"nope": 1}, {"wide": [1, "x"]}):
            refused(state.update, wrong)
        refused(state.restore, b"", 2)

    for _ in range(3):
        everything()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(300):
        everything()
    gc.collect()
    # One lost object a round would be 300.
    assert sys.getallocatedblocks() - before < 200


def test_threads_share_an_object(uart: Any) -> None:
    state = uart.Uart(recv_fifo={"num": 3})
    data = state.save()
    wrong = []

    def work() -> None:
        for _ in range(300):
            if state.save() != data:
                wrong.append(1)
            state.restore(data, 3)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
