"""What a tracker does not see, and blocks that somebody else writes."""

from __future__ import annotations

from typing import Any

import pytest

from vmstate.errors import FunctionError
from vmstate.file import File
from vmstate.machine import Machine

PAGE = 4096


class Guest:
    """A channel, and a guest that sets a byte when the first bytes go, and puts it back when most of its page went."""

    def __init__(self, memory: bytearray) -> None:
        self.memory, self.sent, self.wrote = memory, bytearray(), [0]

    def put_buffer(self, data: bytes, position: int) -> int:
        if not self.sent:
            self.memory[0] = 1
        self.sent += data
        if len(self.sent) > 8 * PAGE and self.memory[0]:
            self.memory[0] = 0
            self.wrote.append(len(self.sent))
        return len(data)


@pytest.mark.parametrize("cache", [0, 1 << 20])
def test_a_byte_that_changes_and_changes_back(cache: int) -> None:
    """Compared with a copy nothing has changed: then it is the copy that must have been sent."""
    here, there = Machine("x"), Machine("x")
    memory, loaded = bytearray(b"\0" * 8 + b"x" * (64 * PAGE - 8)), bytearray(64 * PAGE)
    here.add_ram("main", memory)
    there.add_ram("main", loaded)
    here.ram.xbzrle_cache = cache
    guest = Guest(memory)
    here.migrate(File.from_ops(put_buffer=guest.put_buffer)).result(60)
    assert len(guest.wrote) == 2 and memory[0] == 0
    there.loads(bytes(guest.sent))
    assert loaded == memory


def shared_machine(shared: bytearray, load: Any) -> Machine:
    vm = Machine("x", capabilities=["x-ignore-shared"])
    vm.add_ram("shared", shared, ignored=True, address=0)
    vm.add_ram("own", bytearray(b"o" * PAGE), address=1 << 32)
    vm.register_savevm(None, "last", 0, 1, lambda file, opaque: file.put_byte(1), load, None)
    return vm


def test_what_is_written_to_ignored_blocks_is_nothing_to_send() -> None:
    vm = shared_machine(bytearray(8 * PAGE), None)
    marking, memory = vm.ram.marking, vm.ram
    with File.to_bytes() as file:
        memory.begin_save(live=True)
        memory.setup(file)
        assert memory.pending(exact=True) == PAGE and memory.iterate(file, 1 << 20)
        marking.mark(0, 0, 8 * PAGE)
        assert memory.pending(exact=True) == 0
        marking.mark(1, 5)
        assert memory.pending(exact=True) == PAGE
        memory.complete(file)
        memory.end_save()


def test_a_refused_load_leaves_ignored_blocks_alone() -> None:
    """With `shadow` it puts back what it has loaded itself, not what the source has written meanwhile."""
    shared, answers = bytearray(b"A" * (4 * PAGE)), [0, -22]

    def refuse(file: Any, opaque: Any, version: int) -> int:
        """The stream, but not what it is put back to."""
        file.get_byte()
        shared[:4] = b"LIVE"
        return answers.pop()

    data = shared_machine(shared, None).dumps()
    vm = shared_machine(shared, refuse)
    with File.from_bytes(data) as file, pytest.raises(FunctionError, match="returned -22"):
        vm.load_from(file, shadow=True)
    assert shared[:8] == b"LIVEAAAA" and not vm.incomplete
