"""Loading: what is accepted, what is refused, and what a refusal leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.machine.live import Chunks
from vmstate.errors import FramingError, FunctionError, TruncatedError, ValidationError, VersionError, VMStateError
from vmstate.file import File
from vmstate.machine import Difference, DifferentMachineError, IncompleteError, Machine, Switches

BARE = Switches(configuration=False, footers=False, description=False)


def piped(vm: Machine, data: bytes, **how: Any) -> None:
    with File.from_bytes(data) as file:
        vm.load_from(file, **how)


class Board:
    """A machine of every kind of section."""

    def __init__(self, devices: Any, name: str = "board", data: bytes = b"abcdefgh", **rest: Any) -> None:
        self.vm = Machine(name, **rest)
        self.tiny, self.clock, self.chunks = devices.Tiny(), devices.Clock(), Chunks(bytearray(data))
        self.old = bytearray(b"old")
        self.vm.register(self.tiny)
        self.vm.register_live("chunks", self.chunks, version=4)
        self.vm.register_savevm(None, "old", 0, 3, self._save, self._load, self.old)
        self.vm.register(self.clock)

    @staticmethod
    def _save(file: Any, opaque: bytearray) -> None:
        file.put_buffer(opaque)

    @staticmethod
    def _load(file: Any, opaque: bytearray, version: int) -> int:
        found = file.get_buffer(3)
        if found == b"bad":
            return -22
        opaque[:] = found
        return 0

    def state(self) -> tuple[Any, ...]:
        return self.tiny.as_dict(), self.clock.as_dict(), bytes(self.chunks.data), bytes(self.old), self.vm.incomplete


@pytest.fixture
def sender(board: Any) -> Board:
    sender = Board(board, data=b"ABCDEFGH")
    sender.tiny.update(a=1, b=2, c=3, d=4)
    sender.clock.update(ticks=1000, phase=9)
    sender.old[:] = b"new"
    return sender


def test_from_memory_and_from_a_pipe(board: Any, sender: Board) -> None:
    data = sender.vm.dumps()
    one, two = Board(board), Board(board)
    one.vm.loads(data)
    piped(two.vm, data)
    assert one.state() == two.state() == sender.state()
    assert one.state()[2:] == (b"ABCDEFGH", b"new", False)


def test_all_differences_are_told_at_once(board: Any) -> None:
    sender = Machine("other", minimum_page_bits=10, page_bits=13, uuid=bytes(16))
    sender.register_live("chunks", Chunks(bytearray(12)), version=4)
    sender.register(board.Bridge())
    sender.register(board.Tiny())
    sender.register(board.Tiny())
    here = Board(board, uuid=bytes(15) + b"\1")
    before = here.state()
    with pytest.raises(DifferentMachineError) as caught:
        here.vm.loads(sender.dumps())
    assert caught.value.differences == (
        Difference("machine", "machine", "board", "other"),
        Difference("page-bits", "bits of a page", 12, 13),
        Difference("uuid", "uuid", "00" * 15 + "01", "00" * 16),
        Difference("ram", "chunks", 8, 12),
        Difference("extra", "section 'bridge'", None, 0),
        Difference("extra", "section 'tiny', instance 1", None, 1),
        Difference("missing", "section 'old'", 0),
        Difference("missing", "section 'clock'", 0),
    )
    assert "\n  machine: board here, other in the stream\n" in str(caught.value)
    assert "\n  the machine has no section 'tiny', instance 1\n  the stream has no section 'old'\n" in str(caught.value)
    assert here.state() == before


def test_from_a_pipe_they_are_told_before_live_state_changes(board: Any) -> None:
    sender = Board(board, name="other", data=bytes(12))
    here = Board(board)
    before = here.state()
    with pytest.raises(DifferentMachineError) as caught:
        piped(here.vm, sender.vm.dumps())
    assert [each.kind for each in caught.value.differences] == ["machine", "ram"]
    assert here.state() == before


def test_what_is_missing_may_be_kept(board: Any, sender: Board) -> None:
    sender.vm.unregister(sender.clock)
    data = sender.vm.dumps()
    here = Board(board)
    here.clock.ticks = 5
    with pytest.raises(DifferentMachineError):
        here.vm.loads(data)
    here.vm.loads(data, missing="keep")
    assert here.clock.ticks == 5 and here.tiny.a == 1


def test_a_device_that_need_not_come_may_be_missing(board: Any) -> None:
    vm = Machine("x")
    dma = board.Dma(address=4)
    vm.register(dma)
    vm.loads(vm.dumps())
    assert dma.address == 4


@pytest.mark.parametrize("shadow", [False, True])
def test_a_refused_pipe_puts_devices_back_and_live_state_with_a_shadow(board: Any, sender: Board, shadow: bool) -> None:
    data = bytearray(sender.vm.dumps())
    at = data.index(b"\x05clock") + 6 + 8
    data[at : at + 4] = (1001).to_bytes(4, "big")
    here = Board(board)
    before = here.state()
    with pytest.raises(ValidationError) as caught:
        piped(here.vm, data, shadow=shadow)
    error = caught.value
    assert (error.device, error.instance, error.path, error.offset, error.found) == ("clock", 0, "ticks", at, 1001)
    if shadow:
        assert here.state() == before
        return
    assert here.state() == (*before[:2], b"ABCDEFGH", b"old", True)
    with pytest.raises(IncompleteError, match="cannot save: a load has left it incomplete"):
        here.vm.dumps()
    with pytest.raises(IncompleteError, match="cannot run"):
        here.vm.start()
    piped(here.vm, sender.vm.dumps())
    assert here.state() == sender.state()
    here.vm.start()


@pytest.mark.parametrize("load", [Machine.loads, piped])
def test_what_functions_refuse_is_told_with_its_place(board: Any, sender: Board, load: Any) -> None:
    sender.old[:] = b"bad"
    here = Board(board)
    before, data = here.state(), sender.vm.dumps()
    at = data.index(b"\3old") + 4 + 4 + 4
    with pytest.raises(FunctionError, match=rf"_load\(\) at offset {at} returned -22") as caught:
        load(here.vm, data)
    error = caught.value
    assert (error.code, error.device, error.instance, error.offset, error.found) == ("function", "old", 0, at, -22)
    if load is Machine.loads:
        assert here.state() == before


def test_functions_that_cannot_read_on(board: Any, sender: Board) -> None:
    """The file's own error, with the section that it was in."""
    here, data = Board(board), sender.vm.dumps()
    at = data.index(b"\3old") + 4 + 4 + 4
    with pytest.raises(TruncatedError) as caught:
        here.vm.loads(data[: at + 1])
    error = caught.value
    assert (error.device, error.instance, error.offset) == ("old", 0, at)


def test_functions_that_do_not_save() -> None:
    vm = Machine("x")
    vm.register_savevm(None, "old", 2, 3, lambda file, opaque: -5, lambda file, opaque, version: None, None)
    with pytest.raises(FunctionError, match="returned -5") as caught:
        vm.dumps()
    error = caught.value
    assert (error.device, error.instance, error.offset, error.found) == ("old", 2, None, -5)
    assert error.__notes__ == ["in section 'old', instance 2"]


class Stubborn:
    """A number that functions save and load; a load of the one that is hated stops half way."""

    def __init__(self, value: int, hated: int | None = None) -> None:
        self.value, self.hated = value, hated

    def save(self, file: Any, opaque: None) -> None:
        file.put_byte(self.value)

    def load(self, file: Any, opaque: None, version: int) -> int:
        value = file.get_byte()
        self.value = 0xBD if value == self.hated else value
        return -5 if value == self.hated else 0


def stubborn(board: Any, number: Stubborn, fill: int) -> tuple[Machine, Any, Stubborn]:
    """Between two numbers that are put back."""
    vm, clock, other = Machine("x"), board.Clock(ticks=fill), Stubborn(fill)
    for name, each in (("first", number), ("second", other)):
        vm.register_savevm(None, name, 0, 1, each.save, each.load, None)
    vm.register(clock)
    return vm, clock, other


@pytest.mark.parametrize("load", [Machine.loads, piped])
def test_functions_that_do_not_load_what_they_saved(board: Any, load: Any) -> None:
    """They are not as before, whatever the load was refused for; the others are."""
    data = bytearray(stubborn(board, Stubborn(77), 8)[0].dumps())
    at = data.index(b"\5clock") + 6 + 8
    data[at : at + 4] = (1001).to_bytes(4, "big")
    number = Stubborn(5)
    vm, clock, other = stubborn(board, number, 9)
    with pytest.raises(ValidationError, match="found 1001"):
        load(vm, bytes(data))
    assert (number.value, other.value, clock.ticks, vm.incomplete) == (5, 9, 9, False)
    number.hated = 5
    says = "section 'first' does not load what it saved itself: .* returned -5; the machine is incomplete until"
    with pytest.raises(FunctionError if load is Machine.loads else ValidationError, match=says) as caught:
        load(vm, bytes(data))
    assert (number.value, other.value, clock.ticks, vm.incomplete) == (0xBD, 9, 9, True)
    assert load is piped or (caught.value.device, caught.value.offset) == ("first", data.index(b"\5first") + 6 + 8 + 1)
    with pytest.raises(IncompleteError):
        vm.start()
    number.hated = None
    vm.loads(stubborn(board, Stubborn(77), 8)[0].dumps())
    assert (number.value, vm.incomplete) == (77, False)


def test_functions_that_stop_half_way_and_do_not_load_what_they_saved(board: Any) -> None:
    number = Stubborn(77, hated=77)
    vm, _, _ = stubborn(board, number, 9)
    with pytest.raises(FunctionError, match=r"at offset [0-9]+ returned -5") as caught:
        vm.loads(stubborn(board, Stubborn(77), 8)[0].dumps())
    assert number.value == 0xBD and vm.incomplete and "incomplete until a load succeeds" in caught.value.__notes__[1]


def test_hooks_run_once_and_a_refusing_one_leaves_the_devices_as_they_were(board: Any, sender: Board) -> None:
    seen: list[int] = []

    class Clock(board.Clock):  # type: ignore[misc,name-defined]
        def post_load(self, version: int) -> None:
            seen.append(self.ticks)
            if self.phase == 13:
                raise RuntimeError("thirteen")

    here = Board(board)
    here.vm.unregister(here.clock)
    here.clock = Clock()
    here.vm.register(here.clock)
    here.vm.loads(sender.vm.dumps())
    assert seen == [1000]
    sender.clock.phase = 13
    sender.tiny.a = 77
    before = here.state()
    with pytest.raises(RuntimeError, match="thirteen") as caught:
        here.vm.loads(sender.vm.dumps(), shadow=True)
    assert here.state() == before
    assert caught.value.__notes__[0] == "raised by the hook post_load of clock during a load"


def test_older_versions_load_and_newer_ones_do_not(board: Any) -> None:
    vm = Machine("x", switches=BARE)
    clock = board.Clock()
    vm.register(clock)
    stream = "5145564d00000003 04 00000000 05 636c6f636b 00000000 {version:08x} 00000010 00"
    vm.loads(bytes.fromhex(stream.format(version=1)))
    assert (clock.ticks, clock.phase) == (16, 7)
    with pytest.raises(VersionError) as caught:
        vm.loads(bytes.fromhex(stream.format(version=3)))
    assert (caught.value.found, caught.value.allowed, caught.value.offset) == (3, (1, 2), 8)


HEADER = "5145564d00000003"
TINY = "04 {0:08x} 04 74696e79 00000000 00000001 01020304"


@pytest.mark.parametrize(
    ("stream", "code", "offset"),
    [
        ("5145564e00000003", "stream-magic", 0),
        ("5145564d00000002", "stream-version", 4),
        (HEADER + "07 00000001 78 00", "stream-element", 8),
        (HEADER + TINY.format(0) + TINY.format(1) + "00", "stream-repeated-section", 30),
        (HEADER + "01" + TINY.format(0)[2:] + "00", "stream-section-kind", 8),
        (HEADER + TINY.format(0) + "00 00", "stream-trailing", 31),
        (HEADER + TINY.format(0) + "05", "stream-element", 30),
        (HEADER + TINY.format(0) + "02 00000000", "stream-section-id", 30),
        (HEADER + TINY.format(0) + "08 0003 0000", "stream-command", 30),
        (HEADER + TINY.format(0) + "08 0007 0004 00000000", "stream-command", 30),
        (HEADER + TINY.format(0) + "08 0002 0004 00000000", "stream-command", 30),
        (HEADER + "04 00000000 00", "different-machine", 8),
    ],
)
def test_frames_that_are_refused(board: Any, stream: str, code: str, offset: int) -> None:
    vm = Machine("x", switches=BARE)
    tiny = board.Tiny(a=9)
    vm.register(tiny)
    with pytest.raises(VMStateError) as caught:
        vm.loads(bytes.fromhex(stream + ("00000000 00000001" if code == "different-machine" else "")))
    assert (caught.value.code, caught.value.offset) == (code, offset)
    assert tiny.a == 9


def test_a_footer_of_another_section(board: Any) -> None:
    vm = Machine("x", switches=Switches(configuration=False, description=False))
    vm.register(board.Tiny())
    with pytest.raises(FramingError, match=r"at offset 30: the footer of section 'tiny' has another id") as caught:
        vm.loads(bytes.fromhex(HEADER + TINY.format(7) + "7e 00000008 00"))
    assert (caught.value.found, caught.value.allowed, caught.value.code) == (8, 7, "stream-footer")


def test_a_description_that_lists_something_else(board: Any) -> None:
    vm = Machine("x", switches=Switches(configuration=False, footers=False))
    vm.register(board.Tiny())
    text = b'{"page_size": 4096, "devices": []}'
    with pytest.raises(FramingError, match="lists other sections"):
        vm.loads(bytes.fromhex(HEADER + TINY.format(7) + "00 06") + len(text).to_bytes(4, "big") + text)
    with pytest.raises(TruncatedError):
        vm.loads(bytes.fromhex(HEADER + TINY.format(7) + "00"))


def altered(data: bytes, masks: tuple[int, ...]) -> list[bytes]:
    """Every beginning of it, and it with every byte changed by every mask."""
    found = [data[:size] for size in range(len(data))]
    for at in range(len(data)):
        for mask in masks:
            changed = bytearray(data)
            changed[at] ^= mask
            found.append(bytes(changed))
    return found


@pytest.mark.parametrize("how", ["memory", "pipe", "shadow"])
def test_every_truncation_and_every_flipped_byte(board: Any, sender: Board, how: str) -> None:
    here = Board(board)
    clean = here.state()
    loaded, touched = 0, []
    streams = altered(sender.vm.dumps(), (0x01, 0x80, 0xFF) if how == "memory" else (0x41,))
    for stream in streams:
        try:
            here.vm.loads(stream) if how == "memory" else piped(here.vm, stream, shadow=how == "shadow")
        except (VMStateError, OSError, ValueError):
            now = here.state()
            same = (now[0], now[1], now[3]) == (clean[0], clean[1], clean[3]) if how == "pipe" else now == clean
            if not same or (here.vm.incomplete and now[2] == clean[2]):
                touched.append(stream)
        else:
            loaded += 1
        here.tiny.update(**clean[0])
        here.clock.update(**clean[1])
        here.chunks.data[:], here.old[:], here.vm.incomplete = clean[2], clean[3], False
    assert touched == []
    assert 20 < loaded < len(streams) // 4


def test_hooks_of_parts_are_not_called_by_the_first_look(board: Any) -> None:
    seen: list[str] = []

    class MyPort(board.Port):  # type: ignore[misc,name-defined]
        def post_load(self, version: int) -> None:
            seen.append(f"port {self.number}")

    class Hub(board.Hub):  # type: ignore[misc,name-defined]
        Port = MyPort

        def has_extra(self, version: int) -> bool:
            seen.append("has_extra")
            return bool(self.wanted)

        def extra_post_load(self, version: int) -> None:
            seen.append("extra")

    here, there = Machine("x"), Machine("x")
    one, other = Hub(wanted=True, ports=[{"number": 1}, {"number": 2}], extra=5), Hub()
    here.register(one)
    there.register(other)
    data = here.dumps()
    seen.clear()
    there.loads(data)
    assert seen == ["port 1", "port 2", "extra"]
    assert other.extra == 5
