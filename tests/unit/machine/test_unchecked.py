"""Live state that cannot be looked at without loading it: the first look goes as far as it can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from vmstate import DifferentMachineError, FramingError, Live, Machine
from vmstate.machine import Difference, Element, Switches

PAGE = 4096


class Unchecked(Live):
    """One byte at its end."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def setup(self, file: Any) -> None: ...

    def iterate(self, file: Any, budget: int) -> bool:
        return True

    def complete(self, file: Any) -> None:
        file.put_byte(1)

    def begin_load(self, check: bool, shadow: bool) -> None:
        self.calls.append("check" if check else "apply")

    def load(self, file: Any, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        assert not check
        if kind == Element.END:
            file.get_byte()
        return []


def machine(fill: bytes, *functions: str, name: str = "m", pages: int = 4, switches: Any = None) -> Any:
    vm, memory, live = Machine(name, switches=switches), bytearray(fill * pages * PAGE), Unchecked()
    vm.add_ram("ram", memory)
    vm.register_live("mine", live, version=1)
    for each in functions:
        vm.register_savevm(None, each, 0, 1, lambda file, _: file.put_byte(1), lambda file, *_: file.get_byte(), None)
    return vm, memory, live


def test_what_stands_before_it_is_judged_first() -> None:
    """And with the description, the list of devices."""
    data = machine(b"A", "one", "two")[0].dumps()
    vm, memory, live = machine(b"B", "one", "three", name="n", pages=5)
    with pytest.raises(DifferentMachineError) as caught:
        vm.loads(data)
    assert [each.kind for each in caught.value.differences] == ["machine", "ram-length", "extra", "missing"]
    assert memory == b"B" * len(memory) and not vm.incomplete and live.calls == []

    vm, memory, live = machine(b"B", "one", "two", "three")
    with pytest.raises(DifferentMachineError, match="the stream has no section 'three'"):
        vm.loads(data)
    assert memory == b"B" * len(memory) and not vm.incomplete and live.calls == []


def test_what_stands_behind_it_is_judged_as_it_is_loaded() -> None:
    data = machine(b"A", "one")[0].dumps()
    vm, memory, live = machine(b"B", "one")
    vm.loads(data)
    assert memory == b"A" * len(memory) and live.calls == ["apply"]

    vm, _, _ = machine(b"B", "one")
    at = data.index(b"\x7e", data.rindex(b"\x03one"))  # the footer of a device
    with pytest.raises(FramingError):
        vm.loads(data[:at] + b"\0" + data[at + 1 :])
    assert vm.incomplete


def test_without_a_description_the_name_alone_is_known() -> None:
    plain = Switches(description=False)
    data = machine(b"A", "one", switches=plain)[0].dumps()
    vm, memory, _ = machine(b"B", "two", name="n", switches=plain)
    with pytest.raises(DifferentMachineError) as caught:
        vm.loads(data)
    assert [each.kind for each in caught.value.differences] == ["machine"]
    assert memory == b"B" * len(memory) and not vm.incomplete
