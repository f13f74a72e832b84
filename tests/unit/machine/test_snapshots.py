"""Snapshots on disk: whole or not at all, by tags, compressed."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from vmstate.errors import FramingError, TruncatedError, VMStateError
from vmstate.machine import DifferentMachineError, Machine, SnapshotError, snapshots
from vmstate.machine.zstd import library


@pytest.fixture
def tiny(board: Any) -> Any:
    return board.Tiny(a=1)


@pytest.fixture
def vm(tiny: Any, tmp_path: Path) -> Machine:
    vm = Machine("x", snapshots=tmp_path / "shots")
    vm.register(tiny)
    return vm


def test_a_file_is_the_stream(vm: Machine, tiny: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.vm"
    vm.save(path)
    assert path.read_bytes() == vm.dumps()
    tiny.a = 2
    vm.load(path)
    assert tiny.a == 1
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_save_that_fails_leaves_the_old_file(vm: Machine, board: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.vm"
    vm.save(path)
    old = path.read_bytes()

    def fail(*_: Any) -> None:
        raise RuntimeError("no")

    vm.register_savevm(None, "bad", 0, 1, fail, fail, None)
    with pytest.raises(RuntimeError, match="no"):
        vm.save(path)
    assert path.read_bytes() == old
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "link to a fifo"])
def test_what_is_no_regular_file_is_not_replaced(vm: Machine, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
    else:
        os.mkfifo(tmp_path / "fifo")
        path.symlink_to("fifo") if kind == "link to a fifo" else (tmp_path / "fifo").rename(path)
    before, folder = path.stat(), tmp_path.stat()
    with pytest.raises(SnapshotError, match="is a folder" if kind == "folder" else "no regular file") as caught:
        vm.save(path)
    assert caught.value.code == "no-file" and str(path.resolve()) in str(caught.value)
    assert path.stat() == before
    assert tmp_path.stat().st_mtime_ns == folder.st_mtime_ns  # nothing was written beside it either


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_file_is_not_loaded(vm: Machine, tmp_path: Path, kind: str) -> None:
    """Nobody writes into it, and nobody waits for that."""
    path = tmp_path / "it"
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    with pytest.raises(SnapshotError, match="is a folder" if kind == "folder" else "no regular file") as caught:
        vm.load(path)
    assert caught.value.code == "no-file" and str(path) in str(caught.value)


def test_a_name_as_long_as_names_may_be(vm: Machine, tmp_path: Path) -> None:
    path, left = tmp_path / ("é" * 127 + "x"), tmp_path / ("." + "é" * 100 + ".1234.partial")
    left.write_bytes(b"?")
    vm.save(path)
    assert list(tmp_path.iterdir()) == [path]
    vm.load(path)


def test_what_a_dead_save_left_is_swept(vm: Machine, tmp_path: Path) -> None:
    left, other = tmp_path / ".a.vm.1234.partial", tmp_path / ".b.vm.1234.partial"
    left.write_bytes(b"?")
    other.write_bytes(b"?")
    vm.save(tmp_path / "a.vm")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.vm.1234.partial", "a.vm"]


def test_it_is_synced_renamed_and_the_folder_synced(
    vm: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def seen(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*given: Any) -> Any:
            done.append(name)
            return real(*given)

        monkeypatch.setattr(owner, name, call)

    seen(os, "fsync")
    seen(os, "replace")
    seen(snapshots, "sync_folder")
    vm.save(tmp_path / "a.vm")
    assert done == ["fsync", "replace", "sync_folder"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        snapshots.sync_folder(tmp_path / "nowhere")


def test_links_and_modes_stay(vm: Machine, tmp_path: Path) -> None:
    target, link = tmp_path / "a.vm", tmp_path / "link"
    target.write_bytes(b"")
    target.chmod(0o640)
    link.symlink_to(target)
    vm.save(link)
    assert link.is_symlink() and target.read_bytes() == vm.dumps()
    assert target.stat().st_mode & 0o777 == 0o640


def test_tags(vm: Machine, tiny: Any) -> None:
    assert vm.snapshots() == []
    vm.savevm("first")
    tiny.a = 2
    vm.savevm("second")
    assert [each.tag for each in vm.snapshots()] == ["first", "second"]
    assert vm.snapshots()[0].size == len(vm.dumps())
    vm.loadvm("first")
    assert tiny.a == 1
    vm.delvm("first")
    assert [each.tag for each in vm.snapshots()] == ["second"]
    with pytest.raises(SnapshotError, match=r"there is no snapshot 'first' in .*; there are: second"):
        vm.loadvm("first")


@pytest.mark.parametrize("tag", ["", ".", "..", "../a", "a/b", "-a", ".a", "a\0", "a\n", "ä", "a" * 101])
def test_tags_that_are_none(vm: Machine, tag: str) -> None:
    for call in (vm.savevm, vm.loadvm, vm.delvm):
        with pytest.raises(SnapshotError) as caught:
            call(tag)
        assert caught.value.code == "tag"


def test_a_cut_snapshot_changes_nothing(vm: Machine, tiny: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.vm"
    vm.save(path)
    path.write_bytes(path.read_bytes()[:-1])
    tiny.a = 5
    with pytest.raises(TruncatedError):
        vm.load(path)
    assert tiny.a == 5


def test_differences_of_a_file_are_all_told(board: Any, vm: Machine, tmp_path: Path) -> None:
    vm.register(board.Bridge())
    vm.register(board.Clock())
    vm.save(tmp_path / "a.vm")
    other = Machine("x")
    other.register(board.Tiny())
    with pytest.raises(DifferentMachineError) as caught:
        other.load(tmp_path / "a.vm")
    assert [each.subject for each in caught.value.differences] == ["section 'bridge'", "section 'clock'"]


@pytest.fixture
def zstd() -> Any:
    try:
        return library()
    except VMStateError as error:
        pytest.skip(str(error))


def test_compressed(vm: Machine, tiny: Any, tmp_path: Path, zstd: Any) -> None:
    path = tmp_path / "a.vm"
    vm.save(path, compression="zstd", level=3)
    assert zstd.decompress(path.read_bytes()) == vm.dumps()
    tiny.a = 2
    vm.load(path)
    assert tiny.a == 1


def test_damage_to_a_compressed_one(vm: Machine, tiny: Any, tmp_path: Path, zstd: Any) -> None:
    path = tmp_path / "a.vm"
    vm.save(path, compression="zstd")
    data = path.read_bytes()
    tiny.a = 5
    for size in range(4, len(data)):
        path.write_bytes(data[:size])
        with pytest.raises(FramingError, match="the compressed data is damaged") as caught:
            vm.load(path)
        assert caught.value.code == "zstd" and tiny.a == 5


@pytest.mark.parametrize(("level", "window"), [(None, 21), (19, 23), (20, 25), (22, 25)])
def test_what_is_written_is_read_at_every_level(
    vm: Machine, tiny: Any, tmp_path: Path, zstd: Any, level: int | None, window: int
) -> None:
    """The highest ones would take more memory than is given to who reads."""
    path = tmp_path / "a.vm"
    vm.save(path, compression="zstd", level=level)
    assert path.read_bytes()[4:6] == bytes([0, window - 10 << 3])
    tiny.a = 77
    vm.load(path)
    assert tiny.a == 1


def test_one_that_takes_too_much_memory(vm: Machine, tiny: Any, tmp_path: Path, zstd: Any) -> None:
    """A window of 64 MiB in the first frame, and in one behind it."""
    options = {zstd.CompressionParameter.window_log: 26}
    compressor, path = zstd.ZstdCompressor(options=options), tmp_path / "a.vm"
    data = vm.dumps()
    large = compressor.compress(data) + compressor.flush()
    path.write_bytes(large)
    tiny.a = 77
    with pytest.raises(FramingError, match="keeps 67108864 bytes in memory, 33554432 at most are given") as caught:
        vm.load(path)
    error = caught.value
    assert (error.code, error.found, error.allowed, error.offset) == ("zstd-window", 1 << 26, (0, 1 << 25), 0)
    path.write_bytes(zstd.compress(data[:9]) + compressor.compress(data[9:]) + compressor.flush())
    with pytest.raises(FramingError, match="too much memory") as caught:
        vm.load(path)
    assert caught.value.code == "zstd" and tiny.a == 77 and not vm.incomplete


def test_without_zstd_it_says_where_it_is_from(vm: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd", "compression", "backports"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(VMStateError, match=r"pip install backports\.zstd") as caught:
        vm.save(tmp_path / "a.vm", compression="zstd")
    assert caught.value.code == "no-zstd"
    assert list(tmp_path.iterdir()) == []


def test_running_machines_are_halted_for_it(board: Any, tmp_path: Path) -> None:
    done: list[str] = []
    vm = Machine("x", stop=lambda: done.append("stop"), start=lambda: done.append("start"))
    vm.register(board.Tiny())
    vm.start()
    vm.save(tmp_path / "a.vm")
    vm.load(tmp_path / "a.vm")
    assert done == ["start", "stop", "start", "stop", "start"] and vm.running
