"""A disk that was loaded is on the storage before the load is over."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from vmstate import File, Machine
from vmstate.block import CHUNK


def with_disk(file: object) -> Machine:
    vm = Machine("board")
    vm.add_block("ide", file)
    return vm


@pytest.fixture
def data() -> bytes:
    return with_disk(io.BytesIO(b"new!" * (CHUNK // 4))).dumps()


def test_what_was_loaded_is_synced(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(CHUNK))
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.pread(descriptor, 4, CHUNK - 4)))
    with image.open("r+b") as file:
        vm = with_disk(file)
        with File.from_bytes(data) as stream:
            vm.load_from(stream)
        assert synced == [b"new!"]


def test_a_disk_that_cannot_be_synced_is_not_loaded(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(CHUNK))

    def fail(_: int) -> None:
        raise OSError(5, "no")

    monkeypatch.setattr(os, "fsync", fail)
    with image.open("r+b") as file, pytest.raises(OSError, match="no"):
        with_disk(file).loads(data)


def test_a_file_without_a_descriptor_is_flushed(data: bytes) -> None:
    flushed = []

    class Image(io.BytesIO):
        def flush(self) -> None:
            flushed.append(self.getvalue()[:4])

    with_disk(Image(bytes(CHUNK))).loads(data)
    assert flushed == [b"new!"]
