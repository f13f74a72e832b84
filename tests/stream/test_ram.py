"""The memory in streams of a real QEMU: native code and plain Python read the same."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from tests.stream.ram_bodies import blocks_of, load_bodies
from vmstate.file import File
from vmstate.ram import RamLoader, RamSender
from vmstate.stream import read_stream
from vmstate.stream.model import Page

DATA = Path(__file__).resolve().parents[1] / "data"
REPEATED = {"pc-keys"}
"""Taken while the firmware ran: some page was sent twice."""
NAMES = sorted(path.name.removesuffix(".mig.xz") for path in DATA.glob("*.mig.xz") if not path.name.startswith("none"))


@pytest.mark.parametrize("name", NAMES)
def test_both_readers_agree(name: str) -> None:
    stream = lzma.decompress((DATA / f"{name}.mig.xz").read_bytes())
    expected = {block.name: bytearray(b"\xcc") * block.used_length for block in read_stream(stream).blocks}
    assert "pc.ram" in expected or "microvm.ram" in expected

    def store(page: Page) -> None:
        data = bytes([page.fill]) * page.length if page.data is None else page.data
        expected[page.block.name][page.start : page.start + page.length] = data

    read_stream(stream, pages=store)
    ram = blocks_of(stream, 0xCC)
    for check in (True, False):
        with File.from_bytes(stream) as file:
            spans = load_bodies(file, RamLoader(ram, check=check))
        assert len(spans) >= 3
        if check:
            assert all(bytes(block.memory) == b"\xcc" * block.size for block in ram.blocks)
    assert {block.name: block.memory for block in ram.blocks} == expected
    # Every page was sent once, in order, so that sending again gives the bytes that QEMU sent
    with File.to_bytes() as file:
        sender = RamSender(ram)
        sender.send_blocks(file)
        sender.end(file)
        assert file.getvalue() == stream[slice(*spans[0])]
        start = file.put_position
        sender.send_pages(file)
        sender.end(file)
        ours = file.getvalue()[start:]
    sent = b"".join(stream[start : end - 8] for start, end in spans[1:]) + bytes(7) + b"\x10"
    assert (ours == sent) == (name not in REPEATED)
