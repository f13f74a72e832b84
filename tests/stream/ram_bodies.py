"""The bodies of a stream's `ram` sections, found by loading them."""

from __future__ import annotations

from vmstate.file import File
from vmstate.ram import Ram, RamBlock, RamLoader
from vmstate.stream import read_stream

CONFIGURATION, FOOTER = 7, 0x7E
START, PART, END = 1, 2, 3


def blocks_of(stream: bytes, fill: int = 0) -> Ram:
    """Blocks as the stream lists them, of bytes that are all `fill`."""
    return Ram([RamBlock(b.name, bytearray([fill]) * b.used_length) for b in read_stream(stream).blocks])


def load_bodies(file: File, loader: RamLoader) -> list[tuple[int, int]]:
    """Reads a stream up to the first section of a device; where the bodies began and ended."""
    assert file.get_be64() == 0x5145564D_00000003
    kind = file.get_byte()
    if kind == CONFIGURATION:
        file.get_buffer(file.get_be32())
        kind = file.get_byte()
    found = []
    while kind in (START, PART, END, FOOTER):
        file.get_be32()
        if kind == START:
            assert file.get_counted_string() == "ram"
            assert (file.get_be32(), file.get_be32()) == (0, 4)
        if kind != FOOTER:
            start = file.get_position
            loader.load(file)
            found.append((start, file.get_position))
        kind = file.get_byte()
    return found
