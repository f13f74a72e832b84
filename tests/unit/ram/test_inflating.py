"""What compressed pages may take of a receiver's memory, whoever sends them."""

from __future__ import annotations

import threading

import pytest

from tests.unit.ram.test_channels import END, PAGE, compressions
from vmstate import FramingError
from vmstate.file import File
from vmstate.machine.channels import COMPRESSING, states
from vmstate.ram import MultifdReceiver, Ram, RamBlock, RamLoader
from vmstate.ram.compression import ZSTD_STATE, compressor, zstd_window
from vmstate.ram.inflating import Inflating, Share

MAGIC = "28b52ffd"
needs_zstd = pytest.mark.skipif(
    "zstd" not in compressions(), reason="zstd needs Python 3.14, or the package backports.zstd"
)


@pytest.mark.parametrize(
    ("head", "window"),
    [
        ("00 48 0000", 512 << 10),  # as level 1 writes it
        ("04 58", 2 << 20),
        ("00 00", 1024),
        ("00 01", 1024 + 128),
        ("00 8f", (128 << 20) + 7 * (16 << 20)),
        ("00 ff", (1 << 41) + 7 * (1 << 38)),
        ("20 17", 0x17),  # one segment, with its size
        ("60 3412", 0x1234 + 256),
        ("a0 78563412", 0x12345678),
        ("e0 efcdab8967452301", 0x0123456789ABCDEF),
        ("a1 99 78563412", 0x12345678),  # behind the number of a dictionary
        ("a3 99999999 78563412", 0x12345678),
    ],
)
def test_the_window_of_a_frame(head: str, window: int) -> None:
    assert zstd_window(bytes.fromhex(MAGIC + head)) == window


@pytest.mark.parametrize("head", ["", "28b52ffd00", "28b52ffc0048", "502a4d18 04000000 00000000"])
def test_what_is_no_frame(head: str) -> None:
    with pytest.raises(ValueError, match="no frame of zstd begins like this"):
        zstd_window(bytes.fromhex(head))


def test_a_share_is_given_once() -> None:
    share = Share(10)
    assert [share.take(6), share.take(5), share.take(4), share.take(1)] == [True, False, True, False]


def test_what_there_is_for_windows() -> None:
    """Few channels leave more; those that our own sender fills always fit."""
    assert [states(count) >> 10 for count in (1, 2, 16, 40, 255)] == [54976, 52608, 35840, 30208, 16448]
    assert states(255) >= COMPRESSING * ((512 << 10) + ZSTD_STATE)


def test_work_is_done_in_few_threads() -> None:
    inflating, names = Inflating(2, 0), set[str]()
    callers = [
        threading.Thread(target=inflating.run, args=(lambda: names.add(threading.current_thread().name),))
        for _ in range(20)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    inflating.close()
    assert 1 <= len(names) <= 2
    assert {name.rpartition("_")[0] for name in names} == {"inflating"}


def test_what_fails_leaves_no_memory_behind() -> None:
    inflating = Inflating(1, 0)

    def work() -> None:
        payload = bytearray(1 << 20)
        raise ValueError(f"{len(payload)} bytes")

    with pytest.raises(ValueError, match="1048576 bytes") as caught:
        inflating.run(work)
    inflating.close()
    last = caught.traceback[-1]
    assert last.name == "work"
    assert last.locals == {}


# Channels -------------------------------------------------------------------------------------------------------------


def packet(payload: bytes) -> bytes:
    header = bytes.fromhex("11223344 00000001 00000004 00000080 00000001") + len(payload).to_bytes(4, "big")
    return header + bytes(40) + b"b".ljust(256, b"\0") + bytes(1024) + payload


def channel(ram: Ram, data: bytes, **more: object) -> MultifdReceiver:
    loader = RamLoader(ram)
    with File.from_bytes(bytes.fromhex("0000000000001004 0162 0000000000001000") + END) as main:
        loader.load(main)
    start = bytes.fromhex("11223344 00000001") + bytes(56)
    return MultifdReceiver(loader, File.from_bytes(start + data), 1, compression="zstd", **more)  # type: ignore[arg-type]


@needs_zstd
@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (f"{MAGIC} 00 88 0100 00", "a window of 134217728 bytes, and all channels together may take 16777216"),
        (f"{MAGIC} e0 0000000000000010 0100 00", "a window of 1152921504606846976 bytes"),
        (f"{MAGIC} 00 48 ffffffff", ": "),
        (f"{MAGIC} 00 48 010000", "0 bytes"),  # a frame of nothing, which ends there
        ("00112233 4455", "no frame of zstd begins like this"),
        ("502a4d18 04000000 00000000", "no frame of zstd begins like this"),  # one to be skipped
    ],
)
def test_a_payload_that_is_refused(payload: str, why: str) -> None:
    ram = Ram([RamBlock("b", bytearray(b"\x01" * PAGE))])
    receiver = channel(ram, packet(bytes.fromhex(payload)))
    with pytest.raises(
        FramingError, match="multifd at offset 1408: the payload does not inflate to 4096 bytes"
    ) as caught:
        receiver.load()
    receiver.file.close()
    assert why in str(caught.value) or "end of a stream" in str(caught.value)
    assert (caught.value.code, caught.value.device, caught.value.offset) == ("ram-record", "ram", 1408)
    assert ram.blocks[0].memory == b"\x01" * PAGE


@needs_zstd
def test_channels_share_what_windows_take() -> None:
    compress = compressor("zstd", 1)
    assert compress is not None
    data = packet(compress(b"\x07" * PAGE))
    ram, inflating = Ram([RamBlock("b", bytearray(PAGE))]), Inflating(1, 2 * ((512 << 10) + ZSTD_STATE))
    receivers = [channel(ram, data, inflating=inflating) for _ in range(3)]
    for receiver in receivers[:2]:
        receiver.load()
    assert ram.blocks[0].memory == b"\x07" * PAGE
    with pytest.raises(FramingError, match="a window of 524288 bytes, and all channels together may take 1835008"):
        receivers[2].load()
    inflating.close()
    for receiver in receivers:
        receiver.file.close()
