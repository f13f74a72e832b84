"""Migrations into a file in which every page of RAM has a place of its own ("mapped-ram")."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vmstate import transport
from vmstate.file import File
from vmstate.machine import Machine, Switches
from vmstate.migration.connections import Connections
from vmstate.ram import DirtyTracker, PageBitmap, Ram, Shadow
from vmstate.stream import read_stream
from vmstate.stream.model import Page

PAGE, PAGES = 4096, 100
PLACES = 1 << 20
"""Where the block's pages lie: its list ends far below."""
BITMAP = 0x7F


class Writing(DirtyTracker):
    """A guest that writes whenever it is asked what it wrote: `steps` are what each time, page and value."""

    def __init__(self, memory: bytearray, steps: Sequence[dict[int, int]]) -> None:
        self._memory, self._steps = memory, list(steps)
        self.asked = 0

    def start(self, ram: Ram) -> None: ...

    def collect(self, into: Sequence[PageBitmap]) -> None:
        self.asked += 1
        for page, value in (self._steps.pop(0) if self._steps else {}).items():
            self._memory[page * PAGE] = value
            into[0].mark(page)

    def stop(self) -> None: ...


def machine(devices: Any, ticks: int, **more: Any) -> tuple[Machine, bytearray, Any]:
    vm, memory, clock = Machine("x", **more), bytearray(PAGES * PAGE), devices.Clock(ticks=ticks)
    vm.add_ram("main", memory)
    vm.register(clock)
    return vm, memory, clock


def sender(devices: Any, steps: Sequence[dict[int, int]]) -> tuple[Machine, bytearray]:
    vm, memory, _ = machine(devices, 5)
    memory[7 * PAGE] = memory[8 * PAGE] = memory[99 * PAGE] = 5
    vm.ram.tracker = Writing(memory, steps)
    return vm, memory


def test_pages_that_are_written_again_have_their_places(devices: Any, tmp_path: Path) -> None:
    """One is written twice more, one becomes zero, one is not zero any more."""
    path = tmp_path / "x.vm"
    vm, memory = sender(devices, [{7: 6, 8: 0}, {7: 9, 50: 1}])
    vm.migrate(f"file:{path}", mapped_ram=True).result(20)
    data = path.read_bytes()
    assert data[:0xAB].hex() == (
        "5145564d00000003"
        "07 00000001 78 05 1a 636f6e66696775726174696f6e2f6361706162696c6974696573 00000001"
        "00000001 0a 6d61707065642d72616d"
        "01 00000000 03 72616d 00000000 00000004"
        "0000000000064004 04 6d61696e 0000000000064000"
        "00000001 0000000000001000 000000000000007f 0000000000100000"
        "8000000000000400 0000000008000000" + 28 * "00"
    ).replace(" ", "")
    assert [data[PLACES + page * PAGE] for page in (7, 50, 99)] == [9, 1, 5]
    end = PLACES + PAGES * PAGE
    assert data[end : end + 18].hex() == "0000000000000010" + "7e00000000" + "0200000000"
    there, loaded, clock = machine(devices, 1)
    there.incoming(f"file:{path}")
    assert (loaded, clock.ticks, there.incomplete) == (memory, 5, False)


def test_the_stream_reads_so(devices: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.vm"
    vm, _ = sender(devices, [{7: 6}])
    vm.migrate(f"file:{path}", mapped_ram=True).result(20)
    found: list[Page] = []
    stream = read_stream(path.read_bytes(), pages=found.append)
    stored = [(page.start // PAGE, page.contents()[0]) for page in found if page.data is not None]
    assert stored == [(7, 6), (8, 5), (99, 5)]
    assert [(section.name, bytes(section.body)) for section in stream.sections] == [("clock", bytes(7) + b"\5")]


def test_what_it_tells_was_sent_is_what_was_written(devices: Any, tmp_path: Path) -> None:
    """The room for pages is no bytes, nor are pages of zeros; what is written again counts again."""
    once, again = tmp_path / "once", tmp_path / "again"
    first = sender(devices, [])[0].migrate(f"file:{once}", mapped_ram=True).result(20)
    apart = once.stat().st_size - PAGES * PAGE - PLACES + BITMAP + 16
    assert first.transferred == apart + 3 * PAGE
    second = sender(devices, [{7: 6, 8: 0}])[0].migrate(f"file:{again}", mapped_ram=True).result(20)
    assert second.transferred - (again.stat().st_size - once.stat().st_size) == first.transferred + PAGE


def test_a_rate_is_of_the_pages_too() -> None:
    """The file itself does not see them."""
    beside = 0
    with File.to_bytes() as file:
        connections = Connections(lambda _: file, lambda: beside)
        connections.open()
        connections.limit(1000)
        file.put_buffer(bytes(7))
        beside = 100
        assert (connections.position, file.get_rate_limit()) == (107, 0)
        connections.end()


def test_pages_that_go_beside_the_file_wait_for_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = 99
    monkeypatch.setattr("vmstate.migration.connections.time.monotonic", lambda: 8.0)
    with File.to_bytes() as file:
        connections = Connections(lambda _: file, lambda: beside)
        connections.open()
        connections.limit(1000)
        beside += 99
        assert connections._too_early() == 0
        beside += 1  # a tenth of a second's worth
        assert connections._too_early() == pytest.approx(0.1)
        connections.end()


def test_from_an_offset_of_a_file_on(devices: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.vm"
    path.write_bytes(b"something else, " * 1000)
    vm, memory = sender(devices, [{7: 6}])
    vm.migrate(f"file:{path},offset=16000", mapped_ram=True).result(20)
    there, loaded, _ = machine(devices, 1)
    there.incoming(f"file:{path},offset=16000")
    assert loaded == memory and path.read_bytes()[:32] == b"something else, " * 2


def test_into_a_file_that_is_open(devices: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.vm"
    vm, memory = sender(devices, [{7: 6}])
    with path.open("wb") as raw, File.from_fd(raw.fileno(), "w", close=False) as file:
        vm.migrate(file, mapped_ram=True).result(20)
    there, loaded, _ = machine(devices, 1)
    there.load(path)
    assert loaded == memory


def test_a_copy_is_compared_with(devices: Any, tmp_path: Path) -> None:
    """Where nothing tells of writes."""
    vm, memory = sender(devices, [])
    vm.ram.tracker = Shadow()
    vm.migrate(f"file:{tmp_path}/x", mapped_ram=True).result(20)
    there, loaded, _ = machine(devices, 1)
    there.incoming(f"file:{tmp_path}/x")
    assert loaded == memory
    # Nothing of it stays: what is saved next is a stream like any other.
    assert b"mapped-ram" not in vm.dumps()[:100]


@pytest.mark.parametrize("to", ["tcp:localhost:1", "unix:{}/s", "exec:cat > {}/x", "fd:{{}}"])
def test_where_pages_have_no_places(devices: Any, tmp_path: Path, to: str) -> None:
    vm, _ = sender(devices, [])
    ends = os.pipe()
    try:
        uri = to.format(tmp_path).format(ends[1])
        with pytest.raises(ValueError, match=r"pages have places of their own \(mapped_ram\) in a file: alone"):
            vm.migrate(uri, mapped_ram=True)
    finally:
        os.close(ends[0])
        os.close(ends[1])  # it is still the caller's
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_places_leaves_the_file_alone(devices: Any, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"as it was")
    to = f"file:{path}"
    with pytest.raises(ValueError, match="has no RAM"):
        Machine("x").migrate(to, mapped_ram=True)
    with pytest.raises(ValueError, match="without a configuration"):
        machine(devices, 5, switches=Switches(configuration=False))[0].migrate(to, mapped_ram=True)
    vm, _ = sender(devices, [])
    with pytest.raises(ValueError, match="channels of their own for pages need tcp: or unix:"):
        vm.migrate(to, mapped_ram=True, channels=2)
    with pytest.raises(ValueError, match="pages are compressed on channels of their own alone"):
        vm.migrate(to, mapped_ram=True, compression="zlib")
    vm.ram.xbzrle_cache = 1 << 20
    with pytest.raises(ValueError, match="XBZRLE and places of their own for pages"):
        vm.migrate(to, mapped_ram=True)
    vm.ram.xbzrle_cache = 0
    with File.to_bytes() as file, pytest.raises(ValueError, match="in a plain file"):
        vm.migrate(file, mapped_ram=True)
    assert path.read_bytes() == b"as it was" and not vm.at_work.locked()


def test_a_device_is_no_file(devices: Any) -> None:
    vm, _ = sender(devices, [])
    with pytest.raises(ValueError, match="in a plain file"):
        vm.migrate("file:/dev/null", mapped_ram=True).result(20)
    assert not vm.running and not vm.incomplete
    assert isinstance(transport.parse("file:/dev/null"), transport.Path)
