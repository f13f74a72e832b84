"""Pages on connections of their own: how many of those carry them."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from vmstate.errors import ChannelTimeoutError, FramingError, TruncatedError
from vmstate.file import File
from vmstate.machine import Machine, channels
from vmstate.machine.channels import COMPRESSING, ReceivingLanes, SendingLanes
from vmstate.machine.saver import Saver
from vmstate.ram import PageBitmap, Ram, RamSender

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


class Later(SendingLanes):
    """As QEMU from 9.0 on: it waits for the others once a round, and says so; zero pages are in packets, too."""

    def open(self, ram: Ram) -> None:
        super().open(ram)
        for sender in self._senders:
            sender.zero_pages = True

    def send(self, sender: RamSender, main: File, dirty: Sequence[PageBitmap], most: int) -> bool:
        self._left, self._dry = most, False
        for lane in self._senders:
            if (number := self._take(lane, sender, main, dirty)) is not None:
                lane.send(number)
        if not most or self._dry:
            for lane in self._senders:
                self._sync(lane)
            sender.flush_multifd(main)
        return self._dry


FLUSH = bytes.fromhex("0000000000000200")


def later(vm: Machine) -> tuple[bytes, list[bytes]]:
    """A stream of three rounds: the main connection, and the others. The last body is all but empty."""
    files = [File.to_bytes() for _ in range(2)]
    vm.ram.sending = lanes = Later(files, "none", None)
    with File.to_bytes() as main:
        saver = Saver(vm, main)
        try:
            saver.begin(live=False)
            while not saver.iterate(2 * 128 * PAGE):
                pass
            saver.complete()
            saver.end()
        finally:
            saver.finish()
            lanes.stop(hastily=False)
            vm.ram.sending = None
        stream = main.getvalue()
    found = [file.getvalue() for file in files]
    for file in files:
        file.close()
    return stream, found


def loaded(there: Machine, main: File, channels: Sequence[bytes]) -> ReceivingLanes:
    receiving = [File.from_bytes(data) for data in channels]
    there.ram.receiving = lanes = ReceivingLanes(receiving, "none", None)
    try:
        there.load_from(main)
    finally:
        lanes.stop(hastily=False)
        there.ram.receiving = None
        for file in receiving:
            file.close()
    return lanes


def patterned() -> Machine:
    """Every third page is zeros."""
    vm = Machine("x")
    numbers = [0 if page % 3 == 0 else page for page in range(1, 128 * 8 + 1)]
    vm.add_ram("main", bytearray(b"".join(number.to_bytes(4, "big") * (PAGE // 4) for number in numbers)))
    return vm


def blank() -> Machine:
    vm = Machine("x")
    vm.add_ram("main", bytearray(b"\xff" * (128 * 8 * PAGE)))
    return vm


@pytest.mark.parametrize("last", [True, False], ids=["says it at the end, too", "not at the end"])
def test_a_sender_that_says_where_it_waits(last: bool) -> None:
    here, there = patterned(), blank()
    stream, channels = later(here)
    assert stream.count(FLUSH) == 3 and stream.count(bytes.fromhex("0000000000000010")) > 5
    if not last:  # of 10.0 and later: no packet follows, either
        at = stream.rindex(FLUSH)
        stream, channels = stream[:at] + stream[at + 8 :], [data[:-SYNC] for data in channels]
    with File.from_bytes(stream) as main:
        lanes = loaded(there, main, channels)
    assert bytes(there.ram.blocks[0].memory) == bytes(here.ram.blocks[0].memory)
    assert lanes.pages == 128 * 8  # zero pages, too
    assert not there.incomplete


def test_pages_that_nobody_waited_for() -> None:
    """Whether all of them have come nobody could know."""
    here, there = patterned(), blank()
    stream, channels = later(here)
    packet = channels[0][INIT + SYNC : INIT + SYNC + SYNC]  # of some pages, without them
    assert packet.startswith(bytes.fromhex("11223344 00000001 00000000 00000080 00000056"))
    behind = packet[:16] + bytes(16) + bytes.fromhex("00000001") + packet[36:]  # a zero page
    data, given = stream, [0]
    end = stream.rindex(bytes.fromhex("0000000000000010"))

    def get(buf: memoryview, pos: int) -> int:
        """What ends the last body comes when the page has come."""
        if given[0] == end:
            for _ in range(2000):
                if there.ram.receiving is not None and there.ram.receiving.pages > 128 * 8:
                    break
                threading.Event().wait(0.005)
        size = min(len(buf), (end if given[0] < end else len(data)) - given[0])
        buf[:size] = data[given[0] : given[0] + size]
        given[0] += size
        return size

    with (
        File.from_ops(get_buffer=get) as main,
        pytest.raises(FramingError, match="behind the last place where the sender has waited") as caught,
    ):
        loaded(there, main, [channels[0] + behind, channels[1]])
    assert (caught.value.code, caught.value.device) == ("ram-channels", "ram") and there.incomplete


def test_a_channel_that_ends_before_the_sender_waits_for_it() -> None:
    here, there = patterned(), blank()
    stream, channels = later(here)
    cut = [channels[0], channels[1][: -2 * SYNC]]
    with File.from_bytes(stream) as main, pytest.raises(TruncatedError, match="the data ends"):
        loaded(there, main, cut)
    assert there.incomplete


@pytest.mark.parametrize("flushes", [False, True])
def test_bytes_of_a_body_that_ends_with_a_flush(flushes: bool) -> None:
    vm = Machine("x")
    vm.add_ram("main", bytearray(PAGE))
    files = [File.to_bytes()]
    vm.ram.sending = lanes = SendingLanes(files, "none", None, flushes=flushes)
    try:
        stream = vm.dumps()
    finally:
        lanes.stop(hastily=False)
        vm.ram.sending = None
    start = bytes.fromhex("0000000000001004 046d61696e 0000000000001000")
    assert start + FLUSH * flushes + bytes.fromhex("0000000000000010") in stream
    assert stream.count(FLUSH) == 3 * flushes
    there = Machine("x")
    there.add_ram("main", bytearray(b"\1" * PAGE))
    with File.from_bytes(stream) as main:
        loaded(there, main, [files[0].getvalue()])
    assert there.ram.blocks[0].memory == bytes(PAGE)
    files[0].close()


def test_connections_may_be_silent_while_the_main_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks may be sent for hours before the first page. Only when the main one waits for them they must move."""
    here, there = patterned(), blank()
    files = [File.to_bytes()]
    here.ram.sending = sending = SendingLanes(files, "none", None)
    try:
        stream = here.dumps()
    finally:
        sending.stop(hastily=False)
        here.ram.sending = None
    one, other = socket.socketpair()
    other.sendall(files[0].getvalue()[: INIT + SYNC + 100])  # up to the middle of the first packet's head
    files[0].close()
    lane = File.from_fd(one.detach(), "r", idle_timeout=7)
    assert lane.idle_timeout == 7
    asked: list[tuple[float | None, float | None]] = []

    def waited(futures: set[Any], timeout: float | None, how: str) -> tuple[set[Any], set[Any]]:
        """The first body ends; the second one never does."""
        asked.append((timeout, lane.idle_timeout))
        return wait(futures, 20, how) if len(asked) == 1 else (set(), futures)

    wait = channels.wait
    monkeypatch.setattr(channels, "wait", waited)
    there.ram.receiving = receiving = ReceivingLanes([lane], "none", None)
    try:
        with (
            other,
            File.from_bytes(stream) as main,
            pytest.raises(ChannelTimeoutError, match="the connections for pages were idle for too long"),
        ):
            there.load_from(main)
    finally:
        receiving.stop(hastily=False)
        lane.close()
    assert asked == [(7, None), (7, None)]
