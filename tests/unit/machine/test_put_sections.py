"""Sections that go to a channel: short ones straight to its buffer, others by way of a store."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime import building
from tests.unit.runtime.building import build
from vmsgen.backend.c.emit import emit_source
from vmsgen.model.schema import Schema
from vmstate import ChannelError, File
from vmstate._types import Sections
from vmstate.errors import BufferTooSmallError, ValidationError

SCHEMA = """
const SIZE = 0x50000

device short version 1 {
    number      : u32
    payload_len : u8 in 0..200
    payload     : u8[payload_len max 200]
    check number != 5000 "a bad number"
}
device big version 1 { number : u32  data : buffer[SIZE] }
device growing version 1 { items : list<Item max 200000> }
struct Item version 1 { number : u32 }
device hooked version 1 { hook pre_save  number : u32 }
device roomy version 1 { number : u32  data : u8[number max 250000] }
device absent version 1 needed number != 0 { number : u32 }
struct Shrunk version 1..2 { number : u8  old : u8[100000] before 2 }
device pinned version 1 { x : Shrunk at 1 }
"""


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"putting.vms": SCHEMA}, tmp_path_factory.mktemp("putting"), "put_devices")["putting"]


def sections(*states: Any) -> Sections:
    return Sections([(b"<%d" % number, state, b">") for number, state in enumerate(states)])


def mixture(devices: Any) -> list[Any]:
    class Hooked(devices.Hooked):  # type: ignore[misc, name-defined]
        def pre_save(self) -> None:
            self.number += 1

    short = [devices.Short(number=n, payload_len=n % 200) for n in range(900)]
    growing = devices.Growing(items=[{"number": n} for n in range(100)])
    long = devices.Growing(items=[{"number": n} for n in range(100_000)])
    return [
        *short[:400], devices.Big(number=5), short[400], Hooked(number=1), growing, devices.Absent(),
        devices.Absent(number=3), long, *short[401:], Hooked(number=8),
    ]  # fmt: skip


def test_all_kinds_in_their_order(devices: Any) -> None:
    table = sections(*mixture(devices))
    with File.to_bytes() as file:
        file.put_byte(0xAA)
        file._put_sections(table)
        spans = table.spans
        file.put_byte(0xBB)
        written = file.getvalue()
    assert sections(*mixture(devices)).save() == written[1:-1]
    assert written[:4] == b"\xaa<0\0" and written[-2:] == b">\xbb"
    assert spans[404] is None and spans[0] == (0, 2, 7)
    for number, span in enumerate(spans):
        if span is not None:
            start, body, end = (1 + place for place in span)
            assert written[start:body] == b"<%d" % number and written[end : end + 1] == b">"


def test_over_python_operations(devices: Any) -> None:
    pieces: list[bytes] = []

    def put_buffer(buf: bytes, pos: int) -> int:
        assert pos == sum(map(len, pieces))
        pieces.append(bytes(buf))
        return len(buf)

    with File.from_ops(put_buffer=put_buffer) as file:
        file._put_sections(sections(*mixture(devices)))
    assert b"".join(pieces) == sections(*mixture(devices)).save()


@pytest.mark.parametrize(("room", "found"), [(None, [10000]), (4096, [4090, 4090, 1820])])
def test_no_piece_is_handed_on_for_what_might_come(devices: Any, room: int | None, found: list[int]) -> None:
    pieces: list[int] = []

    def put_buffer(buf: bytes, pos: int) -> int:
        pieces.append(len(buf))
        return len(buf)

    table = Sections([(b"<" * 3, devices.Roomy(number=2), b">")] * 1000)
    with File.from_ops(put_buffer=put_buffer) as file:
        if room is not None:
            file.set_room(room)
        file._put_sections(table)
    assert pieces == found


def test_an_operation_must_not_use_its_own_channel(devices: Any) -> None:
    pieces: list[bytes] = []
    inner = sections(devices.Short(number=0xDEAD))

    def put_buffer(buf: bytes, pos: int) -> int:
        with pytest.raises(ChannelError, match="an operation of a channel must not use that channel"):
            file._put_sections(inner)
        pieces.append(buf)
        return len(buf)

    table = sections(*(devices.Short(number=1, payload_len=200) for _ in range(2000)))
    with File.from_ops(put_buffer=put_buffer) as file:
        file._put_sections(table)
    assert len(pieces) == 2 and b"".join(pieces) == table.save()


def test_a_refused_state_leaves_nothing_of_itself(devices: Any) -> None:
    states = [devices.Short(number=1), devices.Short(number=5000)]
    table = sections(*states)
    with File.to_bytes() as file:
        with pytest.raises(ValidationError, match="a bad number"):
            file._put_sections(table)
        assert file.getvalue() == b"<0" + bytes.fromhex("00000001 00") + b">"
        assert table.failed == 1 and table.spans == [(0, 2, 7), None]
        states[1].number = 9
        file._put_sections(table)
        assert table.failed is None and table.spans == [(0, 2, 7), (8, 10, 15)]


def test_a_refusal_names_no_hooks_of_others(devices: Any) -> None:
    class Hooked(devices.Hooked):  # type: ignore[misc, name-defined]
        def pre_save(self) -> None: ...

    table = sections(Hooked(number=1), devices.Short(number=5000))
    with pytest.raises(ValidationError, match=r"a bad number$"):
        table.save()
    with File.to_bytes() as file, pytest.raises(ValidationError, match=r"a bad number$"):
        file._put_sections(table)


def test_what_is_pinned_has_the_size_of_its_version(devices: Any) -> None:
    assert devices.Pinned.size_max == 100001
    table = sections(*(devices.Pinned(x={"number": n}) for n in range(5)))
    with File.to_bytes() as file:
        file._put_sections(table)
        assert file.getvalue() == b"".join(b"<%d" % n + bytes([n]) + bytes(100000) + b">" for n in range(5))
    assert table.spans == [(at, at + 2, at + 100003) for at in range(0, 500020, 100004)]


def test_who_writes_more_than_it_says_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the extension is that says so: nothing is written beside the buffer."""

    def lying(schema: Schema, made_from: str) -> str:
        text = emit_source(schema, made_from)
        assert ".size_max = 100001," in text
        return text.replace(".size_max = 100001,", ".size_max = 1,")

    monkeypatch.setattr(building, "emit_source", lying)
    schema = "device liar version 1 { number : u8  data : u8[100000] }"
    liar = build({"lying.vms": schema}, tmp_path, "put_liar")["lying"].Liar
    with File.to_bytes() as file:
        file.put_buffer(bytes(4000))
        with pytest.raises(BufferTooSmallError):
            file._put_sections(sections(liar()))
        file.put_byte(0xAA)
        assert file.getvalue() == bytes(4000) + b"\xaa"


def test_a_channel_that_fails_says_why(devices: Any) -> None:
    def full(buf: bytes, pos: int) -> int:
        raise OSError("full")

    big = [devices.Short(number=1, payload_len=200) for _ in range(2000)]
    for states in (big, [devices.Big()]):
        table = sections(*states)
        file = File.from_ops(put_buffer=full)
        with pytest.raises(OSError, match="full"):
            file._put_sections(table)
        assert table.failed is None
        with pytest.raises(ChannelError, match="failed at offset 0"):
            file.close()
    file = File.to_bytes()
    file.close()
    with pytest.raises(ChannelError) as caught:
        file._put_sections(sections(devices.Short()))
    assert caught.value.code == "closed"


def test_what_waits_lets_others_run(devices: Any) -> None:
    """A pipe that nobody reads for a while: the reader is a thread of this process."""
    table = sections(*(devices.Short(number=1, payload_len=200) for _ in range(3000)))
    reading, writing = os.pipe()
    found: list[bytes] = []

    def read() -> None:
        time.sleep(0.05)
        while data := os.read(reading, 1 << 16):
            found.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    with File.from_fd(writing, "w") as file:
        file._put_sections(table)
    reader.join()
    os.close(reading)
    assert b"".join(found) == table.save()


def test_it_can_be_cancelled(devices: Any) -> None:
    table = sections(*(devices.Short(number=1, payload_len=200) for _ in range(3000)))
    reading, writing = os.pipe()
    file = File.from_fd(writing, "w")
    timer = threading.Timer(0.05, file.cancel)
    timer.start()
    with pytest.raises(ChannelError) as caught:
        file._put_sections(table)
    timer.join()
    file.abort()
    os.close(reading)
    assert caught.value.code == "cancelled" and table.failed is None


def test_views_of_elements_are_saved_where_they_are(devices: Any) -> None:
    growing = devices.Growing(items=[{"number": 1}, {"number": 2}])
    table = sections(growing.items[1])
    growing.items.insert(0, {"number": 7})
    growing.items.insert(0, {"number": 8})
    with File.to_bytes() as file:
        file._put_sections(table)
        assert file.getvalue() == b"<0\0\0\0\2>"


@pytest.mark.parametrize("arguments", [(), (print, 0), (print, 1, 2), (print, "")])
def test_arguments(devices: Any, arguments: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, ValueError)):
        sections(devices.Short()).save_to(*arguments)
