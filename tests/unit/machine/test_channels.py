"""Pages on connections of their own: how many of those carry them."""

from __future__ import annotations

import random

import pytest

from vmstate.file import File
from vmstate.machine import Machine
from vmstate.machine.channels import COMPRESSING, ReceivingLanes, SendingLanes

PAGE, PAGES, LANES = 4096, 128 * 40, 20
INIT, SYNC = 64, 320 + 8 * 128
"""Bytes that a connection begins with, and of a packet without pages: it ends one of the three bodies."""


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_few_connections_carry_compressed_pages(compression: str) -> None:
    """A compressor and what it needs take some MiB; so not more have one than there is memory for."""
    here, there = Machine("x"), Machine("x")
    memory, loaded = bytearray(PAGES * PAGE), bytearray(PAGES * PAGE)
    for page in range(PAGES):
        memory[page * PAGE : page * PAGE + 64] = random.Random(page).randbytes(64)
    here.add_ram("main", memory)
    there.add_ram("main", loaded)
    files = [File.to_bytes() for _ in range(LANES)]
    here.ram.sending = lanes = SendingLanes(files, compression, None)
    try:
        stream = here.dumps()
    finally:
        lanes.stop(hastily=False)
        here.ram.sending = None
    channels = [file.getvalue() for file in files]
    idle = [number for number, data in enumerate(channels) if len(data) == INIT + 3 * SYNC]
    assert set(idle) >= set(range(COMPRESSING if compression != "none" else LANES, LANES))
    receiving = [File.from_bytes(data) for data in channels]
    there.ram.receiving = ReceivingLanes(receiving, compression, None)
    try:
        with File.from_bytes(stream) as main:
            there.load_from(main)
    finally:
        there.ram.receiving.stop(hastily=False)
    assert loaded == memory
    for file in (*files, *receiving):
        file.close()
