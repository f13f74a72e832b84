"""Disks that fail while a machine is saved or loaded."""

from __future__ import annotations

import errno
import io
import os
import pickle
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.building import build
from vmstate import DiskError, File, Machine, ShadowError, VMStateError
from vmstate.block import CHUNK

OLD = b"old" * CHUNK


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Any:
    source = {"board.vms": "device clock version 1 { ticks : u32 }"}
    return build(source, tmp_path_factory.mktemp("failing"), "failing_devices")["board"]


class Image(io.BytesIO):
    """Fails so often in what is named, at this byte or behind it."""

    def __init__(self, content: bytes, what: str = "", at: int = 0, times: int = 1) -> None:
        super().__init__(content)
        self._what, self._at, self._times = what, at, times

    def _fail(self, what: str) -> None:
        if what == self._what and self.tell() >= self._at and self._times:
            self._times -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(self, data: Any) -> int:
        self._fail("write")
        return super().write(data)

    def readinto(self, room: Any) -> int:
        self._fail("read")
        return super().readinto(room)

    def flush(self) -> None:
        self._fail("flush")


def with_disk(image: Image, clock: Any = None) -> Machine:
    vm = Machine("board")
    vm.add_block("ide", image)
    if clock is not None:
        vm.register(clock)
    return vm


@pytest.fixture
def data(board: Any) -> bytes:
    return with_disk(Image(b"new" * CHUNK), board.Clock(ticks=5)).dumps()


def records(data: bytes) -> list[int]:
    """Where those of the disk begin."""
    found, at = [], -1
    while (at := data.find(b"\x03ide", at + 1)) >= 0:
        found.append(at - 8)
    return found


def test_in_the_middle_of_a_load(board: Any, data: bytes) -> None:
    image, clock = Image(OLD, "write", 2 * CHUNK), board.Clock(ticks=7)
    vm = with_disk(image, clock)
    offset = records(data)[2]
    what = f"^block at offset {offset}: disk 'ide' could not be written at 2097152: No space left on device"
    with pytest.raises(DiskError, match=what) as caught:
        vm.loads(data)
    error = caught.value
    assert isinstance(error, OSError) and isinstance(error, VMStateError)
    assert (error.disk, error.place, error.offset, error.errno) == ("ide", 2097152, offset, errno.ENOSPC)
    assert (error.code, error.device) == ("disk", "block")
    assert isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, DiskError)
    assert clock.ticks == 7 and vm.incomplete
    vm.loads(data)
    assert image.getvalue() == b"new" * CHUNK and clock.ticks == 5 and not vm.incomplete


@pytest.mark.parametrize("what", ["write", "flush"])
def test_with_a_shadow_all_is_put_back(board: Any, data: bytes, what: str) -> None:
    image, clock = Image(OLD, what, 2 * CHUNK), board.Clock(ticks=7)
    vm = with_disk(image, clock)
    with File.from_bytes(data) as file, pytest.raises(DiskError):
        vm.load_from(file, shadow=True)
    assert image.getvalue() == OLD and clock.ticks == 7 and not vm.incomplete


def test_what_cannot_be_put_back_is_told(board: Any, data: bytes) -> None:
    vm = with_disk(Image(OLD, "write", 2 * CHUNK, times=2), board.Clock())
    with pytest.raises(DiskError, match="could not be written at 2097152") as caught:
        vm.loads(data, shadow=True)
    assert vm.incomplete
    (note,) = caught.value.__notes__
    assert note == (
        "board: Disks was not put back: block: disk 'ide' could not be put back at 2097152: No space left on device; "
        "the machine is incomplete until a load succeeds"
    )


def test_what_can_be_put_back_is_put_back(board: Any, data: bytes) -> None:
    """The third write fails, of those that put back the first and the last, and the flushes of both disks."""

    class Failing(Image):
        writes = 0

        def write(self, data: Any) -> int:
            self.writes += 1
            if self.writes in (3, 4, 6):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().write(data)

    image, other = Failing(OLD, "flush"), Image(OLD, "flush")
    vm = with_disk(image, board.Clock())
    vm.add_block("sd", other)
    with pytest.raises(DiskError, match="could not be written at 2097152") as caught:
        vm.loads(data, shadow=True)
    assert image.getvalue() == (b"new" * CHUNK)[:CHUNK] + OLD[CHUNK:]
    (note,) = caught.value.__notes__
    assert note == (
        "board: Disks was not put back: block: disk 'ide' could not be put back at 0: Input/output error; "
        "block: disk 'ide' could not be put back at 2097152: Input/output error; "
        "block: disk 'ide' could not be written out: No space left on device; "
        "block: disk 'sd' could not be written out: No space left on device; "
        "the machine is incomplete until a load succeeds"
    )


def test_every_disk_is_written_out(board: Any, data: bytes) -> None:
    vm = with_disk(Image(OLD, "flush"), board.Clock())
    vm.add_block("sd", Image(OLD, "flush"))
    with pytest.raises(DiskError) as caught:
        vm.loads(data)
    assert str(caught.value) == (
        "block: disk 'ide' could not be written out: No space left on device; "
        "block: disk 'sd' could not be written out: No space left on device"
    )
    assert (caught.value.disk, caught.value.errno) == ("ide", errno.ENOSPC) and vm.incomplete


def test_what_cannot_be_kept_is_not_overwritten(board: Any, data: bytes) -> None:
    image = Image(OLD, "read")
    vm, offset = with_disk(image, board.Clock()), records(data)[0]
    with pytest.raises(DiskError, match=f"^block at offset {offset}: disk 'ide' could not be kept as it was at 0: No"):
        vm.loads(data, shadow=True)
    assert image.getvalue() == OLD and not vm.incomplete


@pytest.fixture
def room() -> Iterator[Callable[[int], None]]:
    """How long files may become, as on a file system that is full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("fits", [0, 1, 4095])
def test_no_room_for_a_last_short_piece(room: Callable[[int], None], fits: int) -> None:
    """Nothing of it is overwritten; what was before it is put back."""
    old = b"o" * (CHUNK + 4096)
    data = with_disk(Image(b"n" * len(old))).dumps()
    image, offset = Image(old), records(data)[1]
    vm = with_disk(image)
    room(CHUNK + fits)
    with pytest.raises(ShadowError) as caught:
        vm.loads(data, shadow=True)
    what = f"block at offset {offset}: the temporary file for what disk 'ide' holds at 1048576 could not be written: "
    assert str(caught.value) == what + "File too large"
    assert (caught.value.code, caught.value.offset, caught.value.errno) == ("shadow", offset, errno.EFBIG)
    assert image.getvalue() == old and not vm.incomplete


def test_no_place_for_a_temporary_file(
    data: bytes, board: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    image, clock = Image(OLD), board.Clock(ticks=7)
    vm = with_disk(image, clock)
    what = "^block: the temporary file for what disks hold could not be made: No such file or directory$"
    with pytest.raises(ShadowError, match=what):
        vm.loads(data, shadow=True)
    assert image.getvalue() == OLD and clock.ticks == 7 and not vm.incomplete


def test_what_was_kept_and_cannot_be_read(
    data: bytes, board: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is one piece less that is put back."""

    class Kept(io.FileIO):
        def readinto(self, room: Any) -> int | None:
            if self.tell() == 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().readinto(room[:1000])

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda buffering: Kept(tmp_path / "kept", "w+b"))
    image = Image(OLD, "write", 2 * CHUNK)
    with pytest.raises(DiskError, match="could not be written at 2097152") as caught:
        with_disk(image, board.Clock()).loads(data, shadow=True)
    assert image.getvalue() == (b"new" * CHUNK)[:CHUNK] + OLD[CHUNK:]
    what = "block: the temporary file for what disk 'ide' held at 0 could not be read: Input/output error; "
    assert caught.value.__notes__ == [
        f"board: Disks was not put back: {what}the machine is incomplete until a load succeeds"
    ]


def test_at_the_end_of_a_load(board: Any, data: bytes) -> None:
    vm = with_disk(Image(OLD, "flush"), board.Clock())
    with pytest.raises(DiskError, match=r"^block: disk 'ide' could not be written out: No space left") as caught:
        vm.loads(data)
    assert (caught.value.disk, caught.value.place, caught.value.offset) == ("ide", None, None)
    assert vm.incomplete


def test_in_a_save(board: Any, data: bytes) -> None:
    image = Image(b"new" * CHUNK, "read", CHUNK)
    offset = records(data)[1]
    with pytest.raises(DiskError, match=f"^block at offset {offset}: disk 'ide' could not be read at 1048576: No spa"):
        with_disk(image, board.Clock(ticks=5)).dumps()


def test_what_its_file_does_is_said_once(board: Any, data: bytes) -> None:
    image = Image(b"new" * CHUNK)
    vm = with_disk(image, board.Clock(ticks=5))
    image.truncate(CHUNK + 512)
    what = f"block at offset {records(data)[1]}: disk 'ide' could not be read at 1048576: "
    with pytest.raises(DiskError) as caught:
        vm.dumps()
    assert str(caught.value) == what + "its file ends at 1049088, it should have 3145728"
    assert caught.value.errno == errno.EIO


@pytest.mark.parametrize("shadow", [False, True])
def test_closed(board: Any, data: bytes, shadow: bool) -> None:
    image, clock = Image(OLD), board.Clock(ticks=7)
    vm = with_disk(image, clock)
    image.close()
    offset = records(data)[0]
    with pytest.raises(DiskError) as caught:
        vm.loads(data, shadow=shadow)
    assert (
        str(caught.value) == f"block at offset {offset}: disk 'ide' could not be written: I/O operation on closed file."
    )
    assert (caught.value.disk, caught.value.place, caught.value.offset) == ("ide", None, offset)
    assert isinstance(caught.value.__cause__, ValueError) and clock.ticks == 7 and not vm.incomplete
    with pytest.raises(DiskError, match="disk 'ide' could not be read at 0: I/O operation on closed file"):
        vm.dumps()


def test_it_goes_from_process_to_process() -> None:
    error = DiskError("no", number=errno.EIO, disk="ide", place=5, offset=7)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.errno, again.disk, again.place, again.offset) == ("no", errno.EIO, "ide", 5, 7)
