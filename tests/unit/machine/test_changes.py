"""What a machine consists of is settled while it is at work."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.machine.live import Chunks
from vmstate.errors import VMStateError
from vmstate.file import File
from vmstate.machine import Machine


def changes(vm: Machine, board: Any) -> dict[str, Callable[[], object]]:
    def functions(file: Any, opaque: Any, version: int = 0) -> None: ...

    return {
        "register a device": lambda: vm.register(board.Tiny()),
        "register functions": lambda: vm.register_savevm(None, "late", 0, 1, functions, functions, None),
        "register live state": lambda: vm.register_live("chunks", Chunks(bytearray(4)), version=1),
        "add RAM": lambda: vm.add_ram("late", bytearray(4096)),
        "add a disk": lambda: vm.add_block("late", io.BytesIO(bytes(512))),
        "unregister a device": lambda: vm.unregister(vm.ram),
    }


@pytest.mark.parametrize("what", ["save", "load", "migrate"])
def test_nothing_comes_or_goes_meanwhile(board: Any, what: str) -> None:
    refused: list[str] = []

    def work(file: Any, opaque: Any, version: int = 0) -> None:
        for name, change in changes(vm, board).items():
            with pytest.raises(VMStateError, match=f"^x cannot {name}: it is being saved") as caught:
                change()
            refused.append(str(caught.value.code))

    vm = Machine("x")
    vm.add_ram("main", bytearray(4096))
    vm.register_savevm(None, "at-work", 0, 1, work, work, None)
    data = vm.dumps()
    refused.clear()
    if what == "save":
        assert vm.dumps() == data
    elif what == "load":
        vm.loads(data)
    else:
        vm.migrate(File.to_bytes()).result(30)
    assert refused and set(refused) == {"busy"} and vm.dumps() == data
    assert vm.register(board.Tiny()).section_id == 2  # no number went to what was refused
    for change in list(changes(vm, board).values())[1:]:
        change()
