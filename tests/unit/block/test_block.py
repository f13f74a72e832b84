"""Disks in a stream: its bytes, what is written meanwhile, and what is refused."""

from __future__ import annotations

import io
import random
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmstate import File, FramingError, Machine, TruncatedError, VMStateError
from vmstate.block import CHUNK, BlockDevice, Disks
from vmstate.machine.wire import Element

EOS = bytes.fromhex("0000000000000002")
DONE = bytes.fromhex("000000000000c804")  # 100 percent: 100 << 9 | 4
DATA_0 = bytes.fromhex("0000000000000001") + b"\x03ide"
ZERO_1 = bytes.fromhex("0000000000100009") + b"\x03ide"  # sector 2048


def disks_of(*contents: bytes, zero_blocks: bool = True) -> tuple[Disks, list[io.BytesIO]]:
    disks, files = Disks(), [io.BytesIO(content) for content in contents]
    disks.zero_blocks = zero_blocks
    for name, file in zip(("ide", "sd"), files, strict=False):
        disks.add(name, file)
    return disks, files


def body(step: Any, *arguments: Any) -> bytes:
    with File.to_bytes() as file:
        step(file, *arguments)
        return file.getvalue()


def load(disks: Disks, data: bytes, *, check: bool = False, shadow: bool = False) -> None:
    disks.begin_load(check, shadow)
    accepted = False
    try:
        with File.from_bytes(data) as file:
            disks.load(file, Element.PART, 1, check)
            accepted = not check
    finally:
        disks.end_load(accepted)
        if accepted:
            disks.settle_load(True)


def test_the_bytes() -> None:
    data = b"\xaa" * CHUNK
    disks, _ = disks_of(data + bytes(CHUNK) + b"\x55" * 512)
    disks.begin_save(live=False)
    assert disks.pending(exact=True) == 3 * CHUNK
    assert body(disks.setup) == EOS
    found = body(disks.iterate, 1 << 40)
    # 2048, 4096 and 4097 of 4097 sectors: 49, 99, 100 percent; the short piece is padded to 1 MiB.
    assert found == (
        DATA_0 + data + bytes.fromhex("0000000000006204")
        + ZERO_1 + bytes.fromhex("000000000000c604")
        + bytes.fromhex("0000000000200001") + b"\x03ide" + b"\x55" * 512 + bytes(CHUNK - 512) + DONE
        + EOS
    )  # fmt: skip
    assert body(disks.complete) == DONE + EOS
    disks.end_save()


def test_zeros_as_data() -> None:
    disks, _ = disks_of(bytes(512), zero_blocks=False)
    disks.begin_save(live=False)
    assert body(disks.complete) == DATA_0 + bytes(CHUNK) + DONE + DONE + EOS
    disks.end_save()


def test_what_is_written_meanwhile() -> None:
    disks, _ = disks_of(bytes(3 * CHUNK))
    device = disks.devices["ide"]
    device.write(0, b"before")
    disks.begin_save(live=True)
    device.write(2 * CHUNK, b"x")  # not sent yet: only once
    assert disks.pending(exact=True) == 4 * CHUNK
    first = body(disks.iterate, 1)
    assert first[:18] == DATA_0 + b"before" and not first[18 : 12 + CHUNK].strip(b"\0")
    while disks.pending(exact=True):
        body(disks.iterate, 1 << 40)
    device.write(CHUNK - 1, b"ab")
    device.mark(2 * CHUNK + 5, 1)
    assert disks.pending(exact=True) == 3 * CHUNK
    assert body(disks.complete) == (
        DATA_0 + b"before" + bytes(CHUNK - 7) + b"a"
        + bytes.fromhex("0000000000100001") + b"\x03ide" + b"b" + bytes(CHUNK - 1)
        + bytes.fromhex("0000000000200001") + b"\x03ide" + b"x" + bytes(CHUNK - 1)
        + DONE + EOS
    )  # fmt: skip
    disks.end_save()
    assert device.write(0, b"after") is None and disks.pending(exact=True) == 0


def test_whole_disks_come_before_anything_else_has_its_turn() -> None:
    disks, _ = disks_of(b"a" * CHUNK * 3)
    disks.begin_save(live=True)
    with File.to_bytes() as file:
        assert [disks.iterate(file, CHUNK) for _ in range(4)] == [False, False, True, True]
    disks.devices["ide"].write(0, b"b")
    # Then a piece must be earned, and RAM has the rest.
    sizes = [len(body(disks.iterate, CHUNK // 4)) for _ in range(20)]
    assert sizes[0] > CHUNK and sizes[1:] == [8] * 19
    for _ in range(20):
        disks.devices["ide"].write(0, b"b")
        sizes.append(len(body(disks.iterate, CHUNK // 4)))
    assert 3 <= sum(size > CHUNK for size in sizes[20:]) <= 8
    disks.end_save()


@pytest.mark.parametrize(
    ("data", "code", "offset", "found", "text"),
    [
        (bytes.fromhex("0000000000000001") + b"\x03usb", "block-device", 0, None, "no disk 'usb', there are: 'ide'"),
        (bytes.fromhex("0000000000200001") + b"\x03ide", "block-sector", 0, 4096, "has 4096 sectors"),
        (b"\xff" * 7 + b"\x09" + b"\x03ide", "block-flags", 0, 0x109, "flags 0x109"),
        (bytes.fromhex("fffffffffffffe09") + b"\x03ide", "block-sector", 0, (1 << 55) - 1, "none is number"),
        (bytes.fromhex("0000000000000201") + b"\x03ide", "block-sector", 0, 1, "no multiple of 2048"),
        (ZERO_1 + bytes.fromhex("0000000000000010"), "block-flags", 12, 0x10, "flags 0x10 with 0"),
        (ZERO_1 + bytes.fromhex("0000000000000003"), "block-flags", 12, 3, "1, 9, 4, or 2 alone"),
        (ZERO_1 + bytes.fromhex("0000000000000008"), "block-flags", 12, 8, "flags 0x8"),
        (ZERO_1 + bytes.fromhex("0000000000000202"), "block-flags", 12, 2, "flags 0x2 with 1"),
        (ZERO_1 + bytes.fromhex("000000000000ca04"), "block-progress", 12, 101, "101 percent"),
        (bytes.fromhex("0000000000000001") + b"\x02\xff\xfe", "stream-name", 8, None, "not UTF-8"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_refusals(data: bytes, code: str, offset: int, found: int | None, text: str, check: bool) -> None:
    disks, _ = disks_of(bytes(2 * CHUNK))
    with pytest.raises(FramingError, match=text) as error:
        load(disks, data, check=check)
    assert (error.value.code, error.value.offset, error.value.found) == (code, offset, found)


def test_an_end_too_early() -> None:
    disks, (file,) = disks_of(b"old!" * 512)
    with pytest.raises(TruncatedError):
        load(disks, DATA_0 + bytes(CHUNK - 1))
    assert file.getvalue() == b"old!" * 512


def test_a_short_last_piece_is_clipped() -> None:
    disks, (file,) = disks_of(b"\xff" * (CHUNK + 512))
    load(disks, bytes.fromhex("0000000000100001") + b"\x03ide" + b"new!" * (CHUNK // 4) + EOS)
    assert file.getvalue() == b"\xff" * CHUNK + b"new!" * 128
    load(disks, ZERO_1 + EOS)
    assert file.getvalue() == b"\xff" * CHUNK + bytes(512)


def test_a_first_look_changes_nothing_and_a_shadow_puts_back() -> None:
    disks, (file,) = disks_of(b"\xff" * 512)
    load(disks, bytes.fromhex("0000000000000009") + b"\x03ide" + EOS, check=True)
    assert file.getvalue() == b"\xff" * 512
    with pytest.raises(FramingError):
        load(disks, DATA_0 + b"1" * CHUNK + DATA_0 + b"2" * CHUNK + bytes(8), shadow=True)
    assert file.getvalue() == b"\xff" * 512
    with pytest.raises(FramingError):
        load(disks, DATA_0 + b"1" * CHUNK + bytes(8))
    assert file.getvalue() == b"1" * 512


@given(
    data=st.binary(max_size=64), flags=st.sampled_from([1, 2, 4, 9, 0, 11]), name=st.sampled_from([b"ide", b"x", b""])
)
@settings(deadline=None)
def test_anything_loads_or_is_refused(data: bytes, flags: int, name: bytes) -> None:
    disks, (file,) = disks_of(b"\xff" * 512)
    start = (int.from_bytes(data[:7], "big") << 9 | flags).to_bytes(8, "big") if data[:7] == bytes(7) else data[:8]
    try:
        load(disks, start + bytes([len(name)]) + name + data, check=True)
    except VMStateError as error:
        offset = error.offset
    else:
        offset = 0
    assert offset is not None
    assert file.getvalue() == b"\xff" * 512


@pytest.mark.parametrize("size", [0, 511, 513, CHUNK + 1])
def test_a_disk_is_whole_sectors(size: int) -> None:
    with pytest.raises(ValueError, match="no multiple of 512"):
        BlockDevice("ide", io.BytesIO(bytes(size)))


def test_the_disk_itself() -> None:
    device = BlockDevice("ide", io.BytesIO(bytes(1024)), length=512)
    device.write(10, b"abc")
    assert device.read(9, 5) == b"\0abc\0"
    for act in (lambda: device.read(510, 3), lambda: device.write(510, b"abc"), lambda: device.mark(512, 1)):
        with pytest.raises(ValueError, match="of 512"):
            act()
    device.file.truncate(256)
    with pytest.raises(OSError, match="its file ends at 256"):
        device.read(0, 512)


# Machines -----------------------------------------------------------------------------------------------------------


def board(*contents: bytes, ram: bytes = bytes(8192)) -> tuple[Machine, list[io.BytesIO], bytearray]:
    vm, memory, files = Machine("board"), bytearray(ram), [io.BytesIO(content) for content in contents]
    vm.add_ram("ram", memory)
    for name, file in zip(("ide", "sd"), files, strict=False):
        vm.add_block(name, file)
    return vm, files, memory


def test_a_machine_takes_its_disks_along(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(CHUNK + 1024), bytes(3 * CHUNK)
    source, _, _ = board(*content, ram=b"\x01" * 8192)
    source.save(tmp_path / "snapshot")
    target, files, memory = board(b"\xff" * (CHUNK + 1024), b"\xff" * 3 * CHUNK)
    target.load(tmp_path / "snapshot")
    assert [file.getvalue() for file in files] == list(content) and memory == b"\x01" * 8192
    stream = (tmp_path / "snapshot").read_bytes()
    assert stream.index(b"\x05block") < stream.index(b"\x03ram")
    # RAM has no records before all disks are there.
    assert stream.index(bytes.fromhex("000000000000c804")) < stream.index(
        bytes.fromhex("0000000000000008") + b"\x03ram"
    )


def test_a_snapshot_by_a_tag_is_refused(tmp_path: Path) -> None:
    vm, files, _ = board(bytes(512))
    vm._folder = Machine("x", snapshots=tmp_path)._folder
    with pytest.raises(VMStateError, match="cannot savevm: its disks would be sent") as error:
        vm.savevm("one")
    assert error.value.code == "disks" and not list(tmp_path.iterdir())
    vm.blocks.enabled = False
    vm.savevm("one")
    vm.blocks.devices["ide"].write(0, b"on")
    vm.loadvm("one")
    assert files[0].getvalue()[:2] == b"on"


def test_a_stream_without_them_is_of_another_machine() -> None:
    plain, _, _ = board()
    vm, _, _ = board(bytes(512))
    with pytest.raises(VMStateError, match="the stream has no section 'block'"):
        vm.loads(plain.dumps())
    vm.blocks.enabled = False
    vm.loads(plain.dumps())


@pytest.mark.parametrize("shadow", [False, True])
def test_a_refused_stream_from_a_pipe(shadow: bool) -> None:
    source, _, _ = board(b"a" * CHUNK * 2)
    data = bytearray(source.dumps())
    at = data.index(bytes.fromhex("0000000000100001"))
    data[at + 5] = 0x20  # sector 4096: behind the end
    vm, files, _ = board(b"b" * CHUNK * 2)
    with pytest.raises(FramingError, match="has 4096 sectors") as error, File.from_bytes(bytes(data)) as file:
        vm.load_from(file, shadow=shadow)
    assert error.value.offset == at
    assert vm.incomplete is (not shadow)
    assert files[0].getvalue() == (b"b" * CHUNK * 2 if shadow else b"a" * CHUNK + b"b" * CHUNK)


@pytest.mark.parametrize("shadow", [None, False, True])
def test_a_disk_that_cannot_be_written_to(tmp_path: Path, shadow: bool | None) -> None:
    """It is sent; a load is refused by the first look, or where its first piece comes: nothing has changed then."""
    (tmp_path / "disk").write_bytes(b"a" * CHUNK)
    vm, memory = Machine("board"), bytearray(b"n" * 4096)
    vm.add_ram("ram", memory)
    with (tmp_path / "disk").open("rb") as image:
        vm.add_block("hd", image)
        data = vm.dumps()
        memory[:] = b"o" * 4096
        at = data.index(b"\2hd") - 8
        with File.from_bytes(data) as file:
            load = partial(vm.load_from, file, shadow=shadow) if shadow is not None else partial(vm.loads, data)
            with pytest.raises(FramingError, match="disk 'hd' is open for reading") as caught:
                load()
    error = caught.value
    assert (error.code, error.device, error.offset) == ("block-read-only", "block", at)
    assert (bytes(memory), vm.incomplete) == (b"o" * 4096, False)


def test_a_running_machine_loses_no_write() -> None:
    size = 6 * CHUNK
    source, (ours,), memory = board(bytes(size))
    device = source.blocks.devices["ide"]
    halt, numbers = threading.Event(), random.Random(7)

    def guest() -> None:
        while True:  # at least once, however soon it is halted
            device.write(numbers.randrange(size - 8), numbers.randbytes(8))
            memory[numbers.randrange(8192)] = 7
            if halt.wait(0.001):
                return

    thread = threading.Thread(target=guest)
    source._hooks = {"start": thread.start, "stop": lambda: (halt.set(), thread.join())}
    source.start()
    with File.to_bytes() as file:
        source.migrate(file, bandwidth=60 << 20, return_path=False).result(60)
        data = file.getvalue()
    target, (theirs,), there = board(bytes(size))
    target.loads(data)
    assert theirs.getvalue() == ours.getvalue() and there == memory
    assert ours.getvalue().strip(b"\0")
