"""Buffers that the runtime is given: those of a call are free afterwards, held ones come through a collection."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from vmstate import File, VMStateError
from vmstate.ram import Ram, RamBlock, RamLoader, load_mapped

PUT = "File.from_ops(put_buffer=lambda data, position: -5)"

# Each makes `held`, which looks through `view`, or something that did.
CASES = {
    "from_bytes": "held = File.from_bytes(view)",
    "ram_block": "held = RamBlock('ram', view)",
    "put_buffer": f"held = raised(lambda: {PUT}.put_buffer(view))",
    "get_into": "held = raised(lambda: File.from_bytes(b'').get_into(view))",
}
IN_A_CYCLE = """
import gc
from vmstate import File
from vmstate.ram import RamBlock

class Box:
    pass

def raised(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")

def cycle():
    view = memoryview(bytearray(1 << 20))
    {case}
    box = Box()
    box.box, box.held = box, held

gc.collect()
gc.disable()
cycle()
print(gc.collect() > 0)
"""


@pytest.mark.parametrize("name", CASES)
def test_a_view_in_a_cycle(name: str) -> None:
    """In a process of its own: it would take this one along."""
    code = IN_A_CYCLE.format(case=CASES[name])
    done = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def _put(view: memoryview) -> None:
    with File.from_ops(put_buffer=lambda data, position: -5) as file:
        file.put_buffer(view)


def _get(view: memoryview) -> None:
    with File.from_bytes(b"") as file:
        file.get_into(view)


def _load(view: memoryview) -> None:
    load_mapped(RamLoader(Ram([RamBlock("ram", bytearray(4096))], mapped=True)), view, 0)


@pytest.mark.parametrize("call", [_put, _get, _load])
def test_after_a_failure_nothing_looks_through_the_view(call: Callable[[memoryview], None]) -> None:
    view = memoryview(bytearray(1 << 20))
    with pytest.raises(VMStateError) as caught:
        call(view)
    assert caught.tb is not None
    view.release()  # BufferError while anything does


def test_what_is_held_is_let_go() -> None:
    data = bytearray(4096)
    file = File.from_bytes(memoryview(data))
    with pytest.raises(BufferError):
        data.append(0)
    file.close()
    del file
    data.append(0)
    assert len(data) == 4097


def test_the_room_of_buffers() -> None:
    """What is put gathers in it, and a get asks for it; what is larger than a quarter goes past it."""
    put, asked = list[int](), list[int]()

    def get_buffer(buffer: memoryview, position: int) -> int:
        asked.append(len(buffer))
        buffer[:] = bytes(len(buffer))
        return len(buffer)

    def put_buffer(data: bytes, position: int) -> int:
        put.append(len(data))
        return len(data)

    with File.from_ops(put_buffer=put_buffer, get_buffer=get_buffer) as file:
        file.set_room(8192)
        for _ in range(9):
            file.put_buffer(bytes(1000))
        file.put_buffer(bytes(2048))
        assert file.get_buffer(1000) == bytes(1000)
        assert file.get_buffer(9000) == bytes(9000)
    assert (put, asked) == ([8000, 1000, 2048], [8192, 1808])
