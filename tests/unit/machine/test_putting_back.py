"""A refused load puts everything back that can be, whatever fails."""

from __future__ import annotations

import io

import pytest

from tests.unit.machine.live import Chunks
from vmstate.errors import TruncatedError, VMStateError
from vmstate.file import File
from vmstate.machine import Machine

PAGE = 4096


class FullDisk(io.BytesIO):
    """Takes so many writes more; the later ones fail."""

    left = 1 << 30

    def write(self, data: object) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError("the disk is full")
        return super().write(data)  # type: ignore[arg-type]


def machine(fill: bytes) -> tuple[Machine, FullDisk, bytearray]:
    vm, image, memory = Machine("board"), FullDisk(fill * (1 << 20)), bytearray(fill * 2 * PAGE)
    vm.add_block("disk", image)
    vm.add_ram("ram", memory)
    vm.register_savevm(
        None, "last", 0, 1, lambda file, opaque: file.put_be32(0), lambda file, *_: file.get_be32(), None
    )
    return vm, image, memory


def test_a_disk_that_cannot_be_put_back_keeps_nothing_from_the_memory() -> None:
    """The disk comes first. What the load was refused for is raised, and what failed behind it is told."""
    data = machine(b"5")[0].dumps()
    end = data.index(b"\4last") + 12
    vm, image, memory = machine(b"1")
    image.left = 1  # the stream's piece, and nothing after it
    with pytest.raises(TruncatedError) as caught, File.from_file(Pipe(data[:end])) as file:
        vm.load_from(file, shadow=True)
    assert memory == b"1" * 2 * PAGE and vm.incomplete
    assert caught.value.__notes__[-1] == (
        "board: Disks was not put back: block: disk 'disk' could not be put back at 0: the disk is full; "
        "the machine is incomplete until a load succeeds"
    )
    image.left = 1 << 30
    vm.loads(data)
    assert not vm.incomplete and memory == b"5" * 2 * PAGE and image.getvalue() == b"5" * (1 << 20)


class Pipe(io.RawIOBase):
    """Gives its bytes once."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._data.readinto(buffer)  # type: ignore[arg-type]


class Stubborn(Chunks):
    """Nothing of it is in a stream. It does not even end what it was to look at."""

    begun = False

    def active(self) -> bool:
        return False

    def begin_load(self, check: bool, shadow: bool) -> None:
        self.begun = True

    def end_load(self, accepted: bool) -> bool:
        self.begun = False
        raise OSError("no end")


def test_all_are_told_that_a_look_is_over() -> None:
    vm = Machine("x")
    both = [Stubborn(bytearray()), Stubborn(bytearray())]
    for number, each in enumerate(both):
        vm.register_live(f"stubborn{number}", each, version=1)
    with pytest.raises(
        VMStateError, match=r"^x cannot load: Stubborn was not put back: no end; Stubborn was not put back"
    ):
        vm.loads(Machine("x").dumps())
    assert [each.begun for each in both] == [False, False] and not vm.incomplete
