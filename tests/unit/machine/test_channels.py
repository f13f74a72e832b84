"""Pages on connections of their own: how many of those carry them."""

from __future__ import annotations

import random

import pytest

from vmstate.file import File
from vmstate.machine import Machine
from vmstate.machine.channels import COMPRESSING, ReceivingLanes, SendingLanes
from vmstate.ram import RamSender

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


def test_few_packets_are_spread() -> None:
    """A body of two of them, round after round, as with a low bandwidth: no connection carries them all."""
    vm = Machine("x")
    vm.add_ram("main", bytearray(b"\1" * (128 * 8 * PAGE)))
    files = [File.to_bytes() for _ in range(4)]
    lanes = SendingLanes(files, "none", None)
    packet = SYNC + 128 * PAGE
    try:
        lanes.open(vm.ram.ram)
        with File.to_bytes() as main:
            sender, dirty = RamSender(vm.ram.ram), vm.ram.ram.bitmaps(marked=True)
            carried = []
            for body in range(1, 5):
                assert not lanes.send(sender, main, dirty, 2 * 128)
                carried.append([(file.put_position - INIT - body * SYNC) // packet for file in files])
    finally:
        lanes.stop(hastily=False)
    assert carried == [[1, 1, 0, 0], [1, 2, 1, 0], [1, 2, 2, 1], [2, 2, 2, 2]]
    for file in files:
        file.close()
