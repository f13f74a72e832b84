"""Streams whose pages have places of their own ("mapped-ram"): read, and refused where they are bent."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import pytest

from tests.stream.conftest import EOS, be32, be64, name
from vmstate.errors import FramingError, TruncatedError, VMStateError
from vmstate.file import File
from vmstate.machine import Machine
from vmstate.stream import Configuration, Page, RamBlock, read_stream

PAGE = 4096
CAPABILITY = b"\x05\x1aconfiguration/capabilities" + be32(1) + be32(1) + name("mapped-ram")
BOTH = CAPABILITY[:-11].replace(be32(1) + be32(1), be32(1) + be32(2)) + name("x-ignore-shared") + name("mapped-ram")

# Where the things stand in `stream`: header, bitmap and pages of each block; what follows.
RAM_HEADER, RAM_BITMAP, RAM_PAGES = 0x68, 0x84, 0x1000
BIOS_LENGTH, BIOS_HEADER, BIOS_BITMAP, BIOS_PAGES = 0x4008, 0x4010, 0x402C, 0x5000
BEHIND = 0x6000


def places(bitmap_at: int, pages_at: int, version: int = 1, size: int = PAGE) -> bytes:
    return be32(version) + be64(size) + be64(bitmap_at) + be64(pages_at)


def stream(parts: Any, tail: bytes = EOS, begin: int = 0) -> bytearray:
    """Three pages, of which the first and the last are stored, and one page of zeros, with old bytes at its place.

    `tail` ends the list. `begin`: where it is in its file.
    """
    configuration = parts.configuration + CAPABILITY
    data = bytearray(parts.header + configuration + b"\x01" + be32(2) + name("ram") + be32(0) + be32(4))
    data += be64(0x4000 | 0x04) + name("pc.ram") + be64(0x3000) + places(begin + RAM_BITMAP, begin + RAM_PAGES)
    assert len(data) == RAM_BITMAP
    data += bytes([0b101]) + bytes(7)
    data = data.ljust(RAM_PAGES, b"\0") + b"\x11" * PAGE + b"\x99" * PAGE + b"\x33" * PAGE
    data += name("pc.bios") + be64(0x1000) + places(begin + BIOS_BITMAP, begin + BIOS_PAGES)
    assert len(data) == BIOS_BITMAP
    data = data.ljust(BIOS_PAGES, b"\0") + b"\x44" * PAGE + tail
    footer = b"\x7e" + be32(2)
    data += parts.with_(header=b"", configuration=b"", ram=footer + b"\x03" + be32(2) + EOS + footer).data
    return data


def refused(data: bytes | bytearray, code: str = "stream-ram-mapped", **known: Any) -> VMStateError:
    with pytest.raises(FramingError) as caught:
        read_stream(data, **known)
    assert caught.value.code == code
    return caught.value


def test_pages_are_found_at_their_places(parts: Any) -> None:
    data, pages = stream(parts), list[Page]()
    read = read_stream(data, pages=pages.append)
    assert read.configuration == Configuration("none", capabilities=("mapped-ram",))
    assert read.blocks == (RamBlock("pc.ram", 0x3000), RamBlock("pc.bios", 0x1000))
    assert [(page.block.name, page.start, page.length, page.contents()) for page in pages] == [
        ("pc.ram", 0, PAGE, b"\x11" * PAGE),
        ("pc.ram", 0x1000, PAGE, bytes(PAGE)),
        ("pc.ram", 0x2000, PAGE, b"\x33" * PAGE),
        ("pc.bios", 0, PAGE, bytes(PAGE)),
    ]
    # The pages are views of the stream, not copies.
    data[RAM_PAGES] = 0x12
    assert pages[0].contents()[:2] == b"\x12\x11"
    assert [(section.name, section.offset) for section in read.sections] == [("board/dev", BEHIND + 8 + 5 + 18)]


def test_one_that_is_cut_out_of_a_file(parts: Any) -> None:
    data = stream(parts, begin=0x7000)
    assert read_stream(data, begin=0x7000).blocks[0] == RamBlock("pc.ram", 0x3000)
    error = refused(data)
    assert (error.offset, error.found, error.allowed) == (RAM_HEADER + 12, 0x7000 + RAM_BITMAP, RAM_BITMAP)
    error = refused(stream(parts), begin=0x7000)
    assert (error.offset, error.found, error.allowed) == (RAM_HEADER + 12, RAM_BITMAP, 0x7000 + RAM_BITMAP)


@pytest.mark.parametrize(
    ("at", "value", "offset", "found", "allowed"),
    [
        (RAM_HEADER, be32(2), RAM_HEADER, 2, 1),
        (RAM_HEADER, be32(0), RAM_HEADER, 0, 1),
        (RAM_HEADER + 4, be64(8192), RAM_HEADER + 4, 8192, PAGE),
        (RAM_HEADER + 12, be64(0), RAM_HEADER + 12, 0, RAM_BITMAP),
        (RAM_HEADER + 12, be64(RAM_BITMAP + 8), RAM_HEADER + 12, RAM_BITMAP + 8, RAM_BITMAP),
        (BIOS_HEADER + 12, be64(2**64 - 1), BIOS_HEADER + 12, 2**64 - 1, BIOS_BITMAP),
        (RAM_HEADER + 20, be64(0), RAM_HEADER + 20, 0, None),  # in front of the bitmap
        (RAM_HEADER + 20, be64(0x1800), RAM_HEADER + 20, 0x1800, None),  # not at a page
        (RAM_HEADER + 20, be64(0x5000), RAM_HEADER + 20, 0x5000, None),  # the last of three is behind the end
        (BIOS_HEADER + 20, be64(0x4000), BIOS_HEADER + 20, 0x4000, None),
        (BIOS_HEADER + 20, be64(0x3000), BIOS_HEADER + 20, 0x3000, None),  # pages of the first block
        (BIOS_HEADER + 20, be64(2**64 - PAGE), BIOS_HEADER + 20, 2**64 - PAGE, None),
        (RAM_BITMAP, b"\x08", RAM_BITMAP, 3, 2),  # the fourth of three pages
        (RAM_BITMAP + 7, b"\x80", RAM_BITMAP + 7, 63, 2),
        (BIOS_BITMAP + 1, b"\x01", BIOS_BITMAP + 1, 8, 0),
        (BIOS_LENGTH, be64(0x0800), BIOS_HEADER, 0x0800, 0),  # half a page
    ],
)
def test_bent_places(parts: Any, at: int, value: bytes, offset: int, found: int, allowed: int | None) -> None:
    data = stream(parts)
    data[at : at + len(value)] = value
    error = refused(data)
    assert (error.device, error.offset, error.found) == ("ram", offset, found)
    assert error.allowed == (_end(data) if allowed is None else allowed)
    # Who takes the pages sees it too, and none of a block that is refused.
    pages: list[Page] = []
    with pytest.raises(FramingError):
        read_stream(data, pages=pages.append)
    assert [page.block.name for page in pages] == ["pc.ram"] * (3 if at >= BIOS_LENGTH else 0)


def _end(data: bytearray) -> int:
    """Where the elements end: at the end mark, before the description."""
    return data.rindex(b'{"page_size"') - 5


@pytest.mark.parametrize("length", [1 << 40, 1 << 62])
def test_a_block_that_is_larger_than_its_file(parts: Any, length: int) -> None:
    data = stream(parts)
    data[0x51:0x59] = be64(length | 0x04)
    data[0x60:0x68] = be64(length)
    with pytest.raises(TruncatedError) as caught:
        read_stream(data)
    assert (caught.value.code, caught.value.offset, caught.value.allowed) == (
        "stream-truncated",
        RAM_BITMAP,
        length // PAGE // 8,
    )


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (be64(0x02) + name("pc.ram") + b"\0", "a page"),
        (be64(0x08) + name("pc.ram") + bytes(PAGE), "a page"),
        (be64(0x22) + b"\0", "a page"),
        (be64(0x40) + name("pc.ram"), "an XBZRLE page"),
        (be64(0x80), "an RDMA record"),
        (be64(0x200), "a multifd flush"),
    ],
)
def test_records_of_pages_have_no_place_in_it(parts: Any, record: bytes, what: str) -> None:
    error = refused(stream(parts, tail=record + EOS), "stream-ram-record")
    assert error.offset == BEHIND
    assert f"is {what}; all pages have places in this file" in str(error)


def test_cut_bytes(parts: Any) -> None:
    data = stream(parts)
    for length in [*range(0x90), *range(BIOS_LENGTH - 9, BIOS_BITMAP + 12), *range(BEHIND, len(data))]:
        with pytest.raises(VMStateError) as caught:
            read_stream(data[:length])
        assert caught.value.offset is not None
        assert 0 <= caught.value.offset <= length


def test_every_altered_byte_is_read_or_refused(parts: Any) -> None:
    data, accepted = stream(parts), 0
    for at in [*range(0x90), *range(BIOS_LENGTH - 9, BIOS_BITMAP + 12), *range(BEHIND, len(data))]:
        for value in (data[at] ^ 0x01, data[at] ^ 0x80, 0xFF):
            bent, pages = bytearray(data), list[Page]()
            bent[at] = value
            try:
                read_stream(bent, pages=pages.append)
            except VMStateError:
                continue
            accepted += 1
            assert sum(len(page.contents()) for page in pages) == 0x4000
    assert accepted > 0


def test_a_block_that_both_machines_see_may_have_no_place(parts: Any) -> None:
    data = parts.header + parts.configuration + BOTH + b"\x01" + be32(2) + name("ram") + be32(0) + be32(4)
    data += be64(0x3000 | 0x04) + name("pc.ram") + be64(0x3000) + be64(1 << 20) + places(0, 0) + EOS
    rest = parts.with_(header=b"", configuration=b"", ram=b"\x7e" + be32(2))
    pages: list[Page] = []
    assert read_stream(data + rest.data, pages=pages.append).blocks == (RamBlock("pc.ram", 0x3000),)
    assert pages == []


def test_what_a_machine_saved(tmp_path: Path) -> None:
    memory, rom = bytearray(300 * PAGE), bytearray(b"\x55" * 2 * PAGE)
    memory[7 * PAGE] = memory[8 * PAGE + 1] = memory[299 * PAGE + 4095] = 5
    vm, path = Machine("x"), tmp_path / "x.vm"
    vm.add_ram("main", memory)
    vm.add_ram("rom", rom)
    vm.save(path, mapped_ram=True)
    loaded = {"main": bytearray(b"\xcc" * len(memory)), "rom": bytearray(b"\xcc" * len(rom))}
    stored = []

    def store(page: Page) -> None:
        loaded[page.block.name][page.start : page.start + page.length] = page.contents()
        if page.data is not None:
            stored.append((page.block.name, page.start // PAGE))

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        with memoryview(whole) as view:
            read = read_stream(view, pages=store)
        assert (read.blocks, read.size) == ((RamBlock("main", 300 * PAGE), RamBlock("rom", 2 * PAGE)), len(whole))
        del read
    assert loaded == {"main": memory, "rom": rom}
    assert stored == [("main", 7), ("main", 8), ("main", 299), ("rom", 0), ("rom", 1)]


def test_what_a_machine_saved_within_a_file(tmp_path: Path) -> None:
    memory, path = bytearray(3 * PAGE), tmp_path / "both"
    memory[PAGE] = 5
    vm = Machine("x")
    vm.add_ram("main", memory)
    path.write_bytes(b"something else, " * 1000)
    with path.open("r+b") as raw:
        raw.seek(16000)
        with File.from_fd(raw.fileno(), "w", close=False) as file:
            vm.save_to(file, mapped_ram=True)
    pages: list[Page] = []
    read_stream(path.read_bytes()[16000:], begin=16000, pages=pages.append)
    assert b"".join(page.contents() for page in pages) == memory
