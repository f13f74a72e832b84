"""What comes back from the receiver: nothing that it sends, or does not send, leaves the machine on neither side."""

from __future__ import annotations

import errno
import io
import os
import socket
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from tests.migration.guest import Guest
from tests.migration.test_live import Pair, Receiver, moved
from vmstate import transport
from vmstate.errors import ChannelError, ChannelTimeoutError
from vmstate.file import File
from vmstate.machine import Machine
from vmstate.migration import CancelledError, PeerError, Status
from vmstate.migration.return_path import ReturnPath
from vmstate.transport import waiting

PONG = bytes.fromhex("0002 0004 00000001")
LOADED = bytes.fromhex("0001 0004 00000000")
REFUSED = bytes.fromhex("0001 0004 00000001")


def small(*, ram: bool = True) -> Machine:
    """It runs, and its stream fits into the buffer of a socket. Without RAM there is nothing to send but the end."""
    vm = Machine("small")
    if ram:
        vm.add_ram("ram", bytearray(b"r" * 4096))
    vm.start()
    return vm


def sent(vm: Machine, answers: bytes, *, last: bytes = b"", end: str = "", **how: Any) -> Any:
    """What becomes of a migration whose receiver has said all that it says before, and perhaps ended that, or all.

    `last` it says when the machine stands still.
    """
    one, other = socket.socketpair()
    with other:
        other.sendall(answers)
        if last:
            vm._hooks["stop"] = lambda: other.sendall(last)
        if end == "of answers":
            other.shutdown(socket.SHUT_WR)
        elif end == "of all":
            other.close()
        return vm.migrate(f"fd:{one.detach()}", return_path=True, **how).result(20)


def test_it_is_the_receiver_s_when_that_says_so() -> None:
    vm = small(ram=False)
    assert sent(vm, PONG, last=LOADED).status == Status.COMPLETED and not vm.running


@pytest.mark.parametrize(
    ("answers", "offset", "message"),
    [
        (PONG + PONG, 8, "at offset 8 of the return path: the ping 1 is answered, which was not sent, or"),
        (bytes.fromhex("0002 0004 00000002"), 0, "at offset 0 of the return path: the ping 2 is answered"),
        (PONG + bytes.fromhex("0009 0000"), 8, "message 9 with 0 bytes is not one of a precopy migration"),
        (bytes.fromhex("0001 0002 0000"), 0, "message 1 with 2 bytes is not one"),
    ],
)
@pytest.mark.parametrize("ram", [True, False], ids=["while sending", "at the end"])
def test_what_nobody_asked_for(answers: bytes, offset: int, message: str, ram: bool) -> None:
    vm = small(ram=ram)
    with pytest.raises(PeerError, match=message) as caught:
        sent(vm, answers)
    assert (caught.value.code, caught.value.offset) == ("return-path", offset) and vm.running


@pytest.mark.parametrize("answers", [PONG, PONG + LOADED[:4], PONG + LOADED[:7]], ids=[8, 12, 15])
def test_a_receiver_that_does_not_come_to_an_end(answers: bytes) -> None:
    vm = small()
    with pytest.raises(PeerError, match=r"not said that it has loaded the machine: not within 0\.05 seconds"):
        sent(vm, answers, switchover_timeout=0.05)
    assert vm.running
    with pytest.raises(PeerError, match="the receiver has hung up"):
        sent(vm, answers, end="of answers", switchover_timeout=None)
    assert vm.running


@pytest.mark.parametrize("answers", [b"", PONG[:7]])
@pytest.mark.parametrize("ram", [True, False], ids=["with memory", "without"])
def test_it_is_not_halted_for_a_receiver_that_reads_nothing(answers: bytes, ram: bool) -> None:
    """All of it fits into what lies between them: only the answer to the first commands tells that somebody reads."""
    vm = small(ram=ram)
    halted: list[str] = []
    vm._hooks["stop"] = lambda: halted.append("")
    with pytest.raises(
        PeerError, match=r"does not answer, so it may not read at all: the channel was idle for too long"
    ):
        sent(vm, answers, idle_timeout=0.05)
    with pytest.raises(PeerError, match="the receiver has hung up"):
        sent(vm, answers, end="of answers")
    assert vm.running and not halted


def test_cancel_reaches_the_wait_for_a_first_answer(tmp_path: Path) -> None:
    """The port is there, but nobody accepts."""
    vm = small(ram=False)
    with transport.listen(f"unix:{tmp_path}/s") as listener:
        migration = vm.migrate(listener.uri, idle_timeout=None)
        while migration.status != Status.ACTIVE:
            threading.Event().wait(0.002)
        assert migration.cancel()
        with pytest.raises(CancelledError):
            migration.result(20)
    assert migration.status == Status.CANCELLED and vm.running


def test_what_is_written_before_the_first_answer_arrives(guests: tuple[Guest, Guest], tmp_path: Path) -> None:
    """A receiver that comes late finds a machine that has run on."""
    here, there = guests
    with transport.listen(f"unix:{tmp_path}/s") as listener:
        migration = here.vm.migrate(listener.uri, downtime_limit=100)
        while migration.status != Status.ACTIVE:
            threading.Event().wait(0.002)
        here.steps(100)
        assert migration.status == Status.ACTIVE and here.vm.running
        Receiver(there, listener).loaded()
        assert migration.result(20).status == Status.COMPLETED
    moved(here, there)


def test_a_receiver_that_hangs_up_is_noticed_while_the_rate_is_waited_for() -> None:
    """What was sent in one piece is worth more than a day of it."""
    vm = Machine("small")
    vm.add_block("hd", io.BytesIO(b"d" * (1 << 20)))
    vm.start()
    one, other = socket.socketpair()
    with File.from_fd(other.detach(), "rw", idle_timeout=20) as file:
        migration = vm.migrate(f"fd:{one.detach()}", bandwidth=10)
        file.put_buffer(PONG)
        file.flush()
        file.get_buffer(1 << 20)
    with pytest.raises((PeerError, ChannelError)):
        migration.result(20)
    assert vm.running


def test_one_time_for_all_of_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that come one by one do not make it longer."""
    now = [100.0]
    allowed: list[float] = []

    class Slow:
        """A byte in a second."""

        def __init__(self) -> None:
            self.left = bytearray(PONG + LOADED)

        def set_idle_timeout(self, seconds: float) -> None:
            allowed.append(seconds)

        def get_some(self) -> bytes:
            if allowed[-1] < 1:
                raise ChannelTimeoutError("the channel was idle for too long")
            now[0] += 1
            return bytes([self.left.pop(0)])

    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    with pytest.raises(PeerError, match="not within 10 seconds"):
        ReturnPath(cast(File, Slow())).await_loaded(10)
    assert allowed == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    allowed.clear()
    ReturnPath(cast(File, Slow())).await_loaded(16)
    assert allowed == [16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_a_time_that_is_none() -> None:
    with pytest.raises(ValueError, match="switchover_timeout is at least 0, not -1"):
        small().migrate("exec:cat", switchover_timeout=-1)


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_a_refusal_that_comes_before_all_is_sent(kind: str) -> None:
    vm = small()
    if kind == "unix":
        with pytest.raises(PeerError, match="refused the machine: its status is 1"):
            sent(vm, PONG + REFUSED, end="of all")
    else:
        vm.add_ram("more", bytearray(b"x" * (32 << 20)))  # no socket takes that at once
        with transport.listen("tcp:127.0.0.1:0") as listener:
            migration = vm.migrate(listener.uri)
            with listener.accept(20) as file:
                file.get_buffer(100)
                file.put_buffer(PONG + REFUSED)
            with pytest.raises(PeerError, match="refused the machine: its status is 1") as caught:
                migration.result(20)
        assert caught.value.found == 1
    assert vm.running


@pytest.mark.parametrize(
    ("answers", "message"), [(REFUSED, "its status is 1"), (LOADED, "it has loaded what is not sent")]
)
def test_it_is_looked_at_while_the_machine_is_sent(guests: tuple[Guest, Guest], answers: bytes, message: str) -> None:
    """The receiver goes on reading, or at least does not hang up."""
    here, _ = guests
    with pytest.raises(PeerError, match=message):
        sent(here.vm, PONG + answers, downtime_limit=0, bandwidth=20_000)
    here.steps(5)


def test_a_file_on_a_disk_does_not_answer(tmp_path: Path) -> None:
    """Though it can be read."""
    vm = small()
    file = File.from_fd(os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT), "rw")
    assert vm.migrate(file).result(20).status == Status.COMPLETED
    there = Machine("small")
    there.add_ram("ram", bytearray(4096))
    there.incoming(f"file:{tmp_path}/f")


def test_nobody_finds_it_halted_after_a_failure() -> None:
    """It goes on while it is still at work: what came first would take it for one that stands still."""
    at_work: list[bool] = []
    vm = Machine("small", start=lambda: at_work.append(vm.at_work.locked()))
    vm.start()
    with pytest.raises(PeerError, match="its status is 1"):
        sent(vm, PONG, last=REFUSED)
    assert vm.running and at_work == [False, True]


def test_a_close_that_fails_when_the_receiver_has_it() -> None:
    answers = [PONG, LOADED]

    def get(buf: memoryview, pos: int) -> int:
        answer = answers.pop(0)
        buf[: len(answer)] = answer
        return len(answer)

    vm = small()
    file = File.from_ops(lambda buf, pos: len(buf), get, lambda: -errno.EIO)
    migration = vm.migrate(file, return_path=True)
    assert migration.result(20).status == Status.COMPLETED and not vm.running


def test_a_receiver_that_fails_at_the_very_end(guests: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = guests

    def end_load(accepted: bool) -> bool:
        raise OSError(errno.ENOSPC, "no room for the disk")

    monkeypatch.setattr(there.cells, "end_load", end_load)
    with transport.listen("tcp:127.0.0.1:0") as listener:
        receiver = Receiver(there, listener)
        with pytest.raises(PeerError, match="its status is 1"):
            here.vm.migrate(listener.uri).result(20)
        receiver.join()
    assert isinstance(receiver.error, OSError) and not there.vm.running
    here.steps(5)
