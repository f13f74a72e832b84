"""Pages on connections of their own: what both sides must agree on, and what happens when one of them is lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from examples.tinyvm.board import Board
from tests.tinyvm.killing import board, runs_on
from vmstate import File, Machine, VMStateError, transport
from vmstate.migration import CancelledError, Status


class Receiver(threading.Thread):
    """`incoming` of another machine, at a socket in the folder."""

    def __init__(self, folder: Path, **how: Any) -> None:
        super().__init__(daemon=True)
        self.guest, self.error, self._how = board(), None, how  # type: Board, VMStateError | None, Any
        self._listener = transport.listen(f"unix:{folder}/socket", idle_timeout=10)
        self.uri = self._listener.uri
        self.start()

    def run(self) -> None:
        try:
            with self._listener as listener:
                self.guest.vm.incoming(listener, accept_timeout=10, **self._how)
        except VMStateError as error:
            self.error = error


def running() -> Board:
    guest = board()
    guest.run(5000)
    guest.vm.start()
    return guest


@pytest.mark.parametrize("channels", [1, 5])
def test_any_number_of_them(tmp_path: Path, channels: int) -> None:
    guest, receiver = running(), Receiver(tmp_path, channels=channels)
    assert guest.vm.migrate(receiver.uri, channels=channels).result(30).status == Status.COMPLETED
    receiver.join(30)
    assert receiver.error is None and receiver.guest.cpu.steps == guest.cpu.steps
    assert bytes(receiver.guest.memory) == bytes(guest.memory)
    assert guest.vm.ram.statistics.plain > 32 and guest.vm.ram.sending is None
    receiver.guest.vm.start()
    runs_on(receiver.guest)
    assert guest.vm.dumps()  # nothing is left of it: the next save has no channels


@pytest.mark.parametrize(
    ("here", "there", "why"),
    [
        ({"channels": 2, "compression": "zlib"}, {"channels": 2}, "another compression"),
        ({"channels": 2}, {"channels": 2, "compression": "zlib"}, "another compression"),
        (
            {"channels": 2},
            {"channels": 1},
            "number beyond those agreed on|the sender has more connections than were agreed on",
        ),
    ],
)
def test_what_was_not_agreed_on(tmp_path: Path, here: Any, there: Any, why: str) -> None:
    guest, receiver = running(), Receiver(tmp_path, **there)
    with pytest.raises(VMStateError):
        guest.vm.migrate(receiver.uri, **here).result(30)
    receiver.join(30)
    assert receiver.error is not None
    with pytest.raises(VMStateError, match=why):
        raise receiver.error
    runs_on(guest)


@pytest.mark.parametrize("lost", [0, 1, 2], ids=["main", "first", "second"])
def test_a_lost_connection_leaves_the_source_running(tmp_path: Path, lost: int) -> None:
    """The others stay open, and are read."""
    guest = running()
    with transport.listen(f"unix:{tmp_path}/socket", idle_timeout=10) as listener:
        migration = guest.vm.migrate(listener.uri, channels=2, downtime_limit=0, bandwidth=100_000)
        files = [listener.accept(10) for _ in range(3)]
        readers = [threading.Thread(target=_read, args=(file,), daemon=True) for file in files]
        for reader in readers:
            reader.start()
        files[lost].abort()
        with pytest.raises(VMStateError):
            migration.result(30)
        assert migration.status == Status.FAILED
        for reader in readers:
            reader.join(30)
        for file in files:
            file.abort()
    runs_on(guest)


def _read(file: File) -> None:
    try:
        while file.get_some():
            pass
    except VMStateError:
        pass


def test_cancelling_wakes_what_waits_on_a_connection(tmp_path: Path) -> None:
    """Nobody reads: all of them are full."""
    guest = sized(4 << 20)
    with transport.listen(f"unix:{tmp_path}/socket") as listener:
        migration = guest.vm.migrate(listener.uri, channels=2)
        files = [listener.accept(10) for _ in range(3)]
        threading.Event().wait(0.2)
        assert migration.status == Status.ACTIVE and migration.cancel()
        with pytest.raises(CancelledError):
            migration.result(10)
        for file in files:
            file.abort()
    runs_on(guest)


def sized(ram: int) -> Board:
    from examples.tinyvm.modules import build

    guest = Board(build(), ram, 20_000, len)
    guest.vm.start()
    return guest


def test_what_is_refused_at_once(tmp_path: Path) -> None:
    guest = board()
    with pytest.raises(ValueError, match="channels of their own for pages need tcp: or unix:"):
        guest.vm.migrate(f"file:{tmp_path}/a", channels=2)
    with pytest.raises(ValueError, match="channels of their own for pages need tcp: or unix:"):
        guest.vm.incoming(f"file:{tmp_path}/a", channels=2)
    with pytest.raises(ValueError, match="there are 0 to 255 channels for pages, not 256"):
        guest.vm.migrate("tcp::1", channels=256)
    with pytest.raises(ValueError, match="compression is one of none, zlib, zstd, not 'lz4'"):
        guest.vm.migrate("tcp::1", channels=2, compression="lz4")
    with pytest.raises(ValueError, match="compressed on channels of their own alone"):
        guest.vm.migrate("tcp::1", compression="zlib")
    with transport.listen(f"unix:{tmp_path}/socket") as listener:
        with pytest.raises(ValueError, match="has no RAM to send on channels"):
            Machine("bare").migrate(listener.uri, channels=2).result(10)
        guest.vm.ram.xbzrle_cache = 1 << 20
        with pytest.raises(ValueError, match="XBZRLE and channels of their own for pages do not go together"):
            guest.vm.migrate(listener.uri, channels=2).result(10)
    assert not list(tmp_path.iterdir())
