"""Multifd channels and mapped files: what one side sends, the other side has."""

from __future__ import annotations

import mmap
import zlib
from pathlib import Path

import pytest

from vmstate import FramingError
from vmstate.file import File
from vmstate.ram import MultifdReceiver, MultifdSender, Ram, RamBlock, RamLoader, RamSender, load_mapped, save_mapped

PAGE = 4096
UUID = bytes(range(16))
END = bytes.fromhex("0000000000000010")


def machine(filled: bool = False, **more: bool) -> Ram:
    memory = [bytearray(300 * PAGE), bytearray(3 * PAGE)]
    if filled:
        for block, content in enumerate(memory):
            for at in range(0, len(content), PAGE):
                if at // PAGE % 5:
                    content[at : at + PAGE] = bytes((block, at >> 12 & 0xFF, at >> 20 & 0xFF, 1)) * 1024
    return Ram([RamBlock("pc.ram", memory[0]), RamBlock("rom", memory[1])], **more)


def same(one: Ram, other: Ram) -> bool:
    return all(a.memory == b.memory for a, b in zip(one.blocks, other.blocks, strict=True))


def compressions() -> list[str]:
    try:
        from vmstate.ram.compression import compressor

        compressor("zstd", 1)
    except RuntimeError:
        return ["none", "zlib"]
    return ["none", "zlib", "zstd"]


@pytest.mark.parametrize("modern", [False, True], ids=["zero-records", "zero-in-packets"])
@pytest.mark.parametrize("compression", ["none", "zlib", "zstd"])
def test_two_channels(compression: str, modern: bool) -> None:
    if compression not in compressions():
        pytest.skip("zstd needs Python 3.14, or the package backports.zstd")
    source, target = machine(filled=True), machine()
    target.blocks[0].memory[0] = 9  # type: ignore[index]
    main = File.to_bytes()
    files = [File.to_bytes(), File.to_bytes()]
    options = {"uuid": UUID, "compression": compression, "zero_pages": modern}
    channels = [MultifdSender(source, file, n, **options) for n, file in enumerate(files)]
    sender, number = RamSender(source), 0
    sender.send_blocks(main)
    sender.end(main)
    for _ in range(2):
        dirty = source.bitmaps(marked=True)
        while channels[number % 2].pick(sender, main, dirty):
            channels[number % 2].send(number)
            number += 1
        for channel in channels:
            channel.sync(number)
            number += 1
        sender.end(main)
        source.blocks[0].memory[7 * PAGE] ^= 0x5A  # type: ignore[index]
    with main, File.from_bytes(main.getvalue()) as stream:
        loader = RamLoader(target)
        loader.load(stream)
        received = []
        for file in files:
            received.append(MultifdReceiver(loader, File.from_bytes(file.getvalue()), 2, **options))
            file.close()
        assert [channel.number for channel in received] == [0, 1]
        for _ in range(2):
            loader.load(stream)
            for channel in received:
                while not channel.load():
                    pass
    source.blocks[0].memory[7 * PAGE] ^= 0x5A  # type: ignore[index]
    assert same(source, target)
    assert loader.pages["zero"] == (0 if modern else 2 * 61) and number == (12 if modern else 10)
    for channel in received:
        channel.file.close()


def test_bytes_of_a_compressed_packet() -> None:
    """The compressor goes on from packet to packet: only the first has its header."""
    ram = Ram([RamBlock("b", bytearray(b"\x01" * PAGE))])
    with File.to_bytes() as file, File.to_bytes() as main:
        channel, sender = MultifdSender(ram, file, 1, compression="zlib"), RamSender(ram)
        for number in range(2):
            assert channel.pick(sender, main, ram.bitmaps(marked=True)) == 1
            channel.send(number)
        data = file.getvalue()
    deflate = zlib.compressobj(1)
    payloads = [deflate.compress(b"\x01" * PAGE) + deflate.flush(zlib.Z_SYNC_FLUSH) for _ in range(2)]
    assert payloads[0][:1] == b"\x78" and payloads[1][:1] != b"\x78"
    at = 64
    for number, payload in enumerate(payloads):
        head = bytes.fromhex("11223344 00000001 00000002 00000080 00000001") + len(payload).to_bytes(4, "big")
        assert data[at : at + 32] == head + number.to_bytes(8, "big")
        assert data[at + 1344 : at + 1344 + len(payload)] == payload
        at += 1344 + len(payload)
    assert at == len(data)


@pytest.mark.parametrize("damage", ["short", "long", "garbage", "ended"])
def test_payloads_that_are_not_the_pages(damage: str) -> None:
    ram = Ram([RamBlock("b", bytearray(PAGE))])
    deflate = zlib.compressobj(1)
    content = {"short": bytes(PAGE - 1), "long": bytes(PAGE + 1), "ended": bytes(PAGE), "garbage": b""}[damage]
    payload = (
        b"garbage"
        if damage == "garbage"
        else deflate.compress(content) + deflate.flush(zlib.Z_FINISH if damage == "ended" else zlib.Z_SYNC_FLUSH)
    )
    header = bytes.fromhex("11223344 00000001 00000002 00000080 00000001") + len(payload).to_bytes(4, "big")
    header += bytes(40) + b"b".ljust(256, b"\0") + bytes(1024)
    loader = RamLoader(ram)
    with File.from_bytes(bytes.fromhex("0000000000001004 0162 0000000000001000") + END) as main:
        loader.load(main)
    ram.blocks[0].memory[0] = 1  # type: ignore[index]
    start = bytes.fromhex("11223344 00000001") + UUID + bytes(40)
    with File.from_bytes(start + header + payload) as file:
        channel = MultifdReceiver(loader, file, 1, uuid=UUID, compression="zlib")
        with pytest.raises(FramingError, match="multifd at offset 1408: the payload does not inflate to 4096 bytes"):
            channel.load()
    assert ram.blocks[0].memory[0] == 1  # type: ignore[index]


def test_channels_that_cannot_be() -> None:
    ram = machine()
    with File.to_bytes() as file:
        with pytest.raises(ValueError, match="none, zlib, zstd, not 'lz4'"):
            MultifdSender(ram, file, 0, compression="lz4")
        with pytest.raises(ValueError, match="16 bytes, not 3"):
            MultifdSender(ram, file, 0, uuid=b"abc")
    with File.from_bytes(bytes(64)) as file, pytest.raises(FramingError, match="at offset 0: no multifd packet begins"):
        MultifdReceiver(RamLoader(ram), file, 1)


def test_a_mapped_file(tmp_path: Path) -> None:
    source, target = machine(filled=True, mapped=True), machine(mapped=True)
    target.blocks[0].memory[0] = 9  # type: ignore[index]
    path = tmp_path / "mapped"
    with path.open("w+b") as file:
        end = save_mapped(source, file.fileno(), 0x40)
        file.seek(end)
        file.write(END)
        file.flush()
        assert end == 0x303000
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            assert data[0x40:0x57] == bytes.fromhex("000000000012f004 0670632e72616d 000000000012c000")
            assert load_mapped(RamLoader(target, check=True), data, 0x40) == end + 8
            assert target.blocks[0].memory[0] == 9  # type: ignore[index]
            assert load_mapped(RamLoader(target), data, 0x40) == end + 8
            file.seek(0x40)
            with File.from_file(file, close=False) as stream, pytest.raises(FramingError, match="read at any place"):
                RamLoader(target).load(stream)
    assert same(source, target)
