"""Blocks and pages, out and in, over every kind of buffer: literal bytes, and what is refused."""

from __future__ import annotations

import mmap
import threading
import zlib
from collections.abc import Callable
from multiprocessing import shared_memory

import pytest

from vmstate import FramingError, TruncatedError
from vmstate.file import File
from vmstate.ram import Ram, RamBlock, RamDifference, RamLoader, RamSender

numpy = pytest.importorskip("numpy")

PAGE = 4096
LIST = bytes.fromhex("0000000000003004 0670632e72616d 0000000000002000 03726f6d 0000000000001000")
END = bytes.fromhex("0000000000000010")


def machine(**more: bool) -> Ram:
    return Ram([RamBlock("pc.ram", bytearray(2 * PAGE)), RamBlock("rom", mmap.mmap(-1, PAGE))], **more)


def sent(ram: Ram, send: Callable[[RamSender, File], object], sender: RamSender | None = None) -> bytes:
    with File.to_bytes() as file:
        send(sender or RamSender(ram), file)
        return file.getvalue()


def load(loader: RamLoader, data: bytes) -> int:
    with File.from_bytes(data) as file:
        loader.load(file)
        return file.get_position


def test_a_page_that_is_cut_says_how_much_of_it_is_there() -> None:
    record = LIST + END + bytes.fromhex("0000000000000008 0670632e72616d") + bytes(416)
    loader = RamLoader(machine())
    with File.from_bytes(record) as file:
        loader.load(file)
        with pytest.raises(TruncatedError, match="416 of 4096 bytes are there") as cut:
            loader.load(file)
    assert cut.value.offset == len(LIST + END) + 15


def test_a_list_and_its_end() -> None:
    def everything(sender: RamSender, file: File) -> None:
        sender.send_blocks(file)
        sender.end(file)

    assert sent(machine(), everything) == LIST + END
    assert machine().total == 0x3000


def test_pages() -> None:
    ram = machine()
    ram.blocks[0].memory[PAGE + 7] = 0x55  # type: ignore[index]
    data = sent(ram, lambda sender, file: sender.send_pages(file))
    plain = bytes(7) + b"\x55" + bytes(PAGE - 8)
    assert data == (
        bytes.fromhex("0000000000000002 0670632e72616d 00 0000000000001028")
        + plain
        + bytes.fromhex("0000000000000002 03726f6d 00")
    )
    target = machine()
    target.blocks[1].memory[0] = 1  # type: ignore[index]
    loader = RamLoader(target)
    assert load(loader, LIST + data + END + b"~") == len(LIST + data + END)
    assert bytes(target.blocks[0].memory) == bytes(PAGE) + plain
    assert target.blocks[1].memory[:] == bytes(PAGE)  # type: ignore[index]
    assert loader.pages == {"zero": 2, "plain": 1, "xbzrle": 0, "compressed": 0} and loader.listed


@pytest.mark.parametrize("kind", ["bytearray", "mmap", "numpy", "shared"])
def test_any_writable_buffer(kind: str) -> None:
    shared = shared_memory.SharedMemory(create=True, size=PAGE)
    try:
        buffers = {
            "bytearray": bytearray(PAGE),
            "mmap": mmap.mmap(-1, PAGE),
            "numpy": numpy.zeros((64, 8), "<u8"),
            "shared": shared.buf,
        }
        block = RamBlock("b", buffers[kind])
        assert block.size == PAGE
        load(
            RamLoader(Ram([block])),
            bytes.fromhex("0000000000001004 0162 0000000000001000 0000000000000008 0162") + b"\x99" * PAGE + END,
        )
        assert bytes(memoryview(buffers[kind]).cast("B")) == b"\x99" * PAGE
    finally:
        del block, buffers
        shared.close()
        shared.unlink()


def test_buffers_and_blocks_that_cannot_be() -> None:
    with pytest.raises((BufferError, TypeError, ValueError)):
        RamBlock("b", bytes(PAGE))
    with pytest.raises(ValueError, match="'b': 8192 bytes in use, of 4096"):
        RamBlock("b", bytearray(PAGE), used_length=2 * PAGE)
    with pytest.raises(ValueError, match="one page or more, and no part of one"):
        Ram([RamBlock("b", bytearray(PAGE + 1))])
    with pytest.raises(ValueError, match="two blocks have one name"):
        Ram([RamBlock("b", bytearray(PAGE)), RamBlock("b", bytearray(PAGE))])
    with pytest.raises(ValueError, match=r"power of two in 1024..65536"):
        Ram([], page_size=512)
    with pytest.raises(ValueError, match=r"rom: 2 is not in 0\.\.1"):
        sent(machine(), lambda sender, file: sender.send_pages(file, 1, 0, 2))


def test_checking_stores_nothing() -> None:
    ram = machine()
    data = LIST + bytes.fromhex("0000000000001008 0670632e72616d") + b"\x11" * PAGE
    data += bytes.fromhex("0000000000001060 01 0004 e80701ea") + END
    loader = RamLoader(ram, check=True)
    assert load(loader, data) == len(data)
    assert bytes(ram.blocks[0].memory) == bytes(2 * PAGE) and loader.pages["xbzrle"] == 1
    load(RamLoader(ram), data)
    assert bytes(ram.blocks[0].memory) == bytes(PAGE) + b"\x11" * 1000 + b"\xea" + b"\x11" * (PAGE - 1001)


def test_a_refusal_tells_all() -> None:
    data = LIST + bytes.fromhex("0000000000002002 0670632e72616d 00")
    with pytest.raises(FramingError) as caught:
        load(RamLoader(machine()), data)
    error = caught.value
    assert str(error) == "ram: pc.ram at offset 35: a page at 0x2000, in a block of 0x2000 bytes"
    assert (error.device, error.path, error.offset, error.found, error.allowed, error.code) == (
        "ram", "pc.ram", 35, 0x2000, 0x1000, "ram-record",
    )  # fmt: skip
    with pytest.raises(TruncatedError) as cut:
        load(RamLoader(machine()), LIST + bytes(5))
    assert cut.value.offset == 35 and cut.value.found == 5


def test_all_differences_before_anything_changes() -> None:
    ram = machine()
    ram.blocks[0].memory[0] = 1  # type: ignore[index]
    data = bytes.fromhex("0000000000005004 0178 0000000000004000 0670632e72616d 0000000000001000")
    loader = RamLoader(ram)
    with pytest.raises(FramingError, match="the block 'x': the machine does not have it, and 2 more"):
        load(loader, data + END)
    assert loader.differences == [
        RamDifference("unknown", "x", 0x4000, 0, 8),
        RamDifference("length", "pc.ram", 0x1000, 0x2000, 18),
        RamDifference("missing", "rom", 0, 0x1000, 0),
    ]
    assert [str(each) for each in loader.differences] == [
        "the machine has no block 'x' (0x4000 bytes in the stream)",
        "block 'pc.ram' has 0x1000 bytes in the stream, 0x2000 in the machine",
        "the stream has no block 'rom' (0x1000 bytes in the machine)",
    ]
    assert ram.blocks[0].memory[0] == 1 and not loader.listed  # type: ignore[index]


def test_a_block_that_may_change_its_length() -> None:
    ram = Ram([RamBlock("b", bytearray(2 * PAGE), used_length=PAGE, resizable=True)])
    load(RamLoader(ram), bytes.fromhex("0000000000002004 0162 0000000000002000") + END)
    assert ram.used_length(0) == 2 * PAGE and ram.pages(0) == 2


def test_compressed_pages_are_read() -> None:
    page = bytes(range(256)) * 16
    packed = zlib.compress(page, 1)
    record = bytes.fromhex("0000000000000002 0670632e72616d 00 0000000000000120") + len(packed).to_bytes(4, "big")
    ram = machine()
    loader = RamLoader(ram)
    load(loader, LIST + record + packed + END)
    assert bytes(ram.blocks[0].memory) == page + bytes(PAGE) and loader.pages["compressed"] == 1
    for wrong in (packed[:-1], packed + b"x", zlib.compress(page + b"x"), zlib.compress(page[1:]), b"garbage"):
        ram = machine()
        with pytest.raises(FramingError, match="offset 51: a compressed page that does not inflate to one page"):
            load(RamLoader(ram), LIST + record[:-4] + len(wrong).to_bytes(4, "big") + wrong + END)
        assert bytes(ram.blocks[0].memory) == bytes(2 * PAGE)
    with pytest.raises(FramingError, match="nothing inflates it"):
        load(RamLoader(ram, compressed=False), LIST + record + packed + END)


def test_what_a_flush_raises_is_raised() -> None:
    calls = []
    flushed = LIST + bytes.fromhex("0000000000000200") + END
    load(RamLoader(machine(), flush=lambda: calls.append(1)), flushed)
    assert calls == [1]
    with pytest.raises(ZeroDivisionError):
        load(RamLoader(machine(), flush=lambda: calls.append(1 // 0)), flushed)
    with pytest.raises(FramingError, match="a multifd flush, but multifd is off"):
        load(RamLoader(machine()), flushed)
    assert sent(machine(), lambda sender, file: sender.flush_multifd(file)) == flushed[35:43]


def test_changes_are_sent_as_changes() -> None:
    source, target = machine(), machine()
    memory = source.blocks[0].memory
    sender, loader = RamSender(source, xbzrle_cache=1 << 20), RamLoader(target)
    sizes = []
    load(loader, LIST + END)
    memory[:] = b"\x07" * (2 * PAGE)  # type: ignore[index]
    for turn in range(4):
        dirty = source.bitmaps(marked=True)
        data = sent(source, lambda sender, file, dirty=dirty: sender.send_dirty(file, dirty), sender)
        sizes.append(len(data))
        load(loader, data + END)
        assert bytes(target.blocks[0].memory) == bytes(memory)
        sender.repeating = True
        sender.next_round()
        memory[PAGE + 100 * turn] ^= 0xFF  # type: ignore[index]
    # plain; plain into the cache; a byte each of one page, and of the other nothing
    assert sizes == [2 * PAGE + 23 + 13, 2 * PAGE + 23 + 13, 18 + 3 + 13, 18 + 4 + 13]
    statistics = sender.statistics
    assert (statistics.xbzrle, statistics.unchanged, statistics.misses) == (2, 2, 2)


def test_memory_that_others_write_meanwhile() -> None:
    """Two threads: the sender has released the interpreter while it copies."""
    ram = Ram([RamBlock("b", mmap.mmap(-1, 64 << 20))])
    ran, stop = [0], threading.Event()

    def count() -> None:
        while not stop.is_set():
            ran[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        with File.to_bytes() as file:
            before = ran[0]
            RamSender(ram).send_pages(file)
            assert file.put_position == 0x4000 * 9 + 2 and ran[0] >= before
    finally:
        stop.set()
        thread.join()
