"""Connections that nobody asked for, at a port where a machine is awaited."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmstate import Machine, transport
from vmstate.errors import ChannelTimeoutError, FramingError, VMStateError
from vmstate.migration import Migration, Status
from vmstate.transport import arrivals

PAGE = 4096
FIRST = bytes.fromhex("11223344 00000001") + bytes(16)
"""What a connection for pages begins with, up to its number."""


def machine(fill: bytes = b"\1", pages: int = 64, uuid: bytes | None = None) -> Machine:
    vm = Machine("m", uuid=uuid)
    vm.add_ram("ram", bytearray(fill * (pages * PAGE)))
    return vm


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[transport.Listener]:
    with transport.listen(f"unix:{tmp_path}/s", idle_timeout=10) as listener:
        assert isinstance(listener, transport.Listener)
        yield listener


@contextlib.contextmanager
def somebody(listener: transport.Listener, says: bytes = b"") -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(listener.uri.removeprefix("unix:"))
        sock.sendall(says)
        yield sock


def loaded(there: Machine, migration: Migration, here: Machine) -> None:
    assert migration.result(20).status == Status.COMPLETED
    assert bytes(there.ram.blocks[0].memory) == bytes(here.ram.blocks[0].memory)
    assert not there.incomplete


@pytest.mark.parametrize(
    "says", [b"", b"GET / HTTP/1.1\r\n\r\n", b"QEVM", b"\x11"], ids=["nothing", "http", "qevm", "11"]
)
@pytest.mark.parametrize("channels", [0, 2])
def test_somebody_else_is_no_reason_to_refuse(listener: transport.Listener, says: bytes, channels: int) -> None:
    """Whatever waits, before and after the sender's own connections."""
    here, there = machine(), machine(b"\2")
    migrations: list[Migration] = []

    def start() -> None:
        migrations.append(here.migrate(listener.uri, channels=channels))

    with contextlib.ExitStack() as stack:
        opened = transport.Listener.accept

        def accept(self: transport.Listener, *how: object) -> object:
            """The main connection is there: somebody comes in between."""
            file = opened(self, *how)  # type: ignore[arg-type]
            stack.enter_context(somebody(listener, says))
            return file

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transport.Listener, "accept", accept)
            start()
            there.incoming(listener, accept_timeout=10, channels=channels)
        loaded(there, migrations[0], here)


def test_two_senders_at_once(listener: transport.Listener) -> None:
    """Each is loaded in its turn: the second one waits while the first one comes."""
    here = [machine(b"\1"), machine(b"\2")]
    there = [machine(b"\3"), machine(b"\3")]
    migrations = [vm.migrate(listener.uri) for vm in here]
    for vm in there:
        vm.incoming(listener, accept_timeout=10)
    for migration in migrations:
        assert migration.result(20).status == Status.COMPLETED
    assert {bytes(vm.ram.blocks[0].memory)[:1] for vm in there} == {b"\1", b"\2"}


def test_two_senders_at_once_each_with_its_connections_for_pages(listener: transport.Listener, tmp_path: Path) -> None:
    """Those of the other one come first, and stay for its own turn."""
    uuids = [bytes(15) + b"\1", bytes(15) + b"\2"]
    one, two = (stream(machine(bytes([n]), 8, uuid=uuids[n - 1]), tmp_path, 2) for n in (1, 2))
    there = [machine(b"\3", 8, uuid=uuid) for uuid in uuids]
    with contextlib.ExitStack() as stack:
        for data in (one[0], two[0], two[1], two[2], one[1], one[2]):
            stack.enter_context(somebody(listener, data)).shutdown(socket.SHUT_WR)
        for vm in there:
            vm.incoming(listener, accept_timeout=10, channels=2)
        assert listener.look(1) == []
    assert [bytes(vm.ram.blocks[0].memory) for vm in there] == [b"\1" * (8 * PAGE), b"\2" * (8 * PAGE)]


def test_connections_of_another_machine_beyond_those_agreed_on(listener: transport.Listener, tmp_path: Path) -> None:
    """They are not this sender's: nothing is wrong with it."""
    sent, there = stream(machine(pages=8), tmp_path, 1), machine(b"\2", 8)
    other = FIRST[:8] + b"\7" * 16 + b"\5"
    with contextlib.ExitStack() as stack:
        stack.enter_context(somebody(listener, sent[0])).shutdown(socket.SHUT_WR)
        stack.enter_context(somebody(listener, other))
        stack.enter_context(somebody(listener, sent[1])).shutdown(socket.SHUT_WR)
        there.incoming(listener, accept_timeout=10, channels=1)
        assert listener.look(25) == [other]
    assert bytes(there.ram.blocks[0].memory) == b"\1" * (8 * PAGE)


def test_connections_of_another_machine_alone(listener: transport.Listener) -> None:
    there = machine(b"\2", uuid=bytes(range(16)))
    what = (
        "^the connections for pages that wait are of another machine: "
        "its uuid is 00000000000000000000000000000000, not 000102030405060708090a0b0c0d0e0f$"
    )
    with (
        somebody(listener, b"QEVM"),
        somebody(listener, FIRST + bytes(40)),
        pytest.raises(FramingError, match=what) as caught,
    ):
        there.incoming(listener, accept_timeout=0.05, channels=1)
    assert caught.value.code == "ram-channels" and isinstance(caught.value.__cause__, ChannelTimeoutError)


def test_connections_of_another_machine_while_pages_are_missing(listener: transport.Listener, tmp_path: Path) -> None:
    """They may be this sender's, whose main connection does not say its uuid."""
    sent, there = stream(machine(), tmp_path, 1), machine(b"\2")
    other = FIRST[:8] + b"\7" * 16 + b"\0"
    with somebody(listener, sent[0]), somebody(listener, other), pytest.raises(VMStateError, match="more connections"):
        there.incoming(listener, accept_timeout=10)


def stream(vm: Machine, folder: Path, channels: int) -> list[bytes]:
    """What it sends on each connection."""
    with transport.listen(f"unix:{folder}/r", idle_timeout=10) as listener:
        assert isinstance(listener, transport.Listener)
        migration = vm.migrate(listener.uri, channels=channels, return_path=False)
        files = [listener.accept(10) for _ in range(1 + channels)]
        data = [bytearray() for _ in files]

        def read(number: int) -> None:
            while some := files[number].get_some():
                data[number] += some

        readers = [threading.Thread(target=read, args=(number,)) for number in range(len(files))]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(20)
        assert migration.result(20).status == Status.COMPLETED
        for file in files:
            file.close()
    return [bytes(each) for each in data]


@pytest.mark.parametrize("agreed", [0, 1, 2])
def test_a_sender_with_more_connections_than_were_agreed_on(
    listener: transport.Listener, tmp_path: Path, agreed: int
) -> None:
    """Found when the first body ends, before a page is stored: nobody must wait for what cannot come."""
    sent, there = stream(machine(), tmp_path, 3), machine(b"\2")
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(somebody(listener, data[: 64 << 10])) for data in sent]
        with pytest.raises(VMStateError, match="the sender has more connections than were agreed on") as caught:
            there.incoming(listener, accept_timeout=10, channels=agreed)
        for sock in socks[1 + agreed :]:  # they are sent away
            with contextlib.suppress(ConnectionResetError):
                sock.settimeout(10)
                assert sock.recv(1) == b""
        assert listener.look(1) == []
    assert caught.value.code == "ram-channels" and not there.incomplete
    assert bytes(there.ram.blocks[0].memory) == b"\2" * (64 * PAGE)


def test_one_that_says_nothing_yet_while_pages_are_missing(listener: transport.Listener, tmp_path: Path) -> None:
    """It may be the one that carries them."""
    sent = stream(machine(), tmp_path, 1)
    there = machine(b"\2")
    with somebody(listener, sent[0]), somebody(listener), pytest.raises(VMStateError, match="more connections"):
        there.incoming(listener, accept_timeout=10)
    there = machine(b"\2")
    with somebody(listener, sent[0]), somebody(listener, FIRST[:3]), pytest.raises(VMStateError, match="more conn"):
        there.incoming(listener, accept_timeout=10)


@pytest.mark.parametrize("channels", [0, 1])
def test_one_that_says_nothing_while_a_block_stays_as_it_is(
    listener: transport.Listener, tmp_path: Path, channels: int
) -> None:
    """No pages of a block that the stream does not list are missing."""
    sent = stream(machine(pages=8), tmp_path, channels)
    there, kept = machine(b"\2", pages=8), bytearray(b"\3" * PAGE)
    there.add_ram("more", kept)
    with contextlib.ExitStack() as stack:
        for data in sent:
            stack.enter_context(somebody(listener, data)).shutdown(socket.SHUT_WR)
        stack.enter_context(somebody(listener))
        there.incoming(listener, accept_timeout=10, missing="keep", channels=channels)
        assert listener.look(1) == [b""]
    assert bytes(there.ram.blocks[0].memory) == b"\1" * (8 * PAGE) and kept == b"\3" * PAGE


def test_one_that_says_nothing_while_pages_of_a_listed_block_are_missing(
    listener: transport.Listener, tmp_path: Path
) -> None:
    sent = stream(machine(), tmp_path, 1)
    there = machine(b"\2")
    there.add_ram("more", bytearray(PAGE))
    with somebody(listener, sent[0]), somebody(listener), pytest.raises(VMStateError, match="more connections"):
        there.incoming(listener, accept_timeout=10, missing="keep")


def test_a_sender_that_waits_for_somebody_to_read_its_pages(tmp_path: Path) -> None:
    """Its connection says so only after the first body: what ends the wait tells why there was one."""
    with transport.listen(f"unix:{tmp_path}/s", idle_timeout=0.2) as listener:
        assert isinstance(listener, transport.Listener)
        vm, there = machine(), machine(b"\2")
        whole = vm.dumps()
        end = whole.index(struct.pack(">Q", 0x10)) + 8 + 5
        with somebody(listener, whole[:end]), somebody(listener, FIRST) as lane:
            look = listener.look
            with pytest.MonkeyPatch.context() as patch:

                def looked(count: int) -> list[bytes]:
                    said = look(count)
                    lane.sendall(bytes(40)) if FIRST in said else None
                    return said

                patch.setattr(listener, "look", looked)
                with pytest.raises(VMStateError, match="more connections than were agreed on") as caught:
                    there.incoming(listener, accept_timeout=10)
        assert isinstance(caught.value.__cause__, ChannelTimeoutError)


def test_an_accept_that_is_particular(listener: transport.Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it leaves is there for the next one, with all that it has sent, in its order."""
    monkeypatch.setattr(arrivals, "MOST", 3)
    with contextlib.ExitStack() as stack:
        for says in (b"", b"abcd", b"", b"abXX"):
            stack.enter_context(somebody(listener, says))
        assert listener.look(3) == [b"", b"abc", b""]  # as many as it keeps
        with listener.accept(1, begins=b"abc") as file:
            assert file.get_buffer(4) == b"abcd"
        with listener.accept(1, begins=b"abX") as file:
            assert file.get_buffer(4) == b"abXX"
        late = stack.enter_context(somebody(listener))
        thread = threading.Thread(target=late.sendall, args=(b"later",))
        thread.start()
        with listener.accept(10, begins=b"late") as file:
            assert file.get_buffer(5) == b"later"
        thread.join()
        assert listener.look(1) == [b"", b""]
    assert listener.look(1) == []  # they have hung up


def test_strangers_who_say_nothing_keep_nobody_out(
    listener: transport.Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who came first makes room, but only for somebody, and only where it is asked who begins how."""
    monkeypatch.setattr(arrivals, "MOST", 3)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(somebody(listener)) for _ in range(3)]
        with pytest.raises(ChannelTimeoutError):
            listener.accept(0, begins=b"abc")
        assert listener.look(1) == [b"", b"", b""]  # nobody else came
        stack.enter_context(somebody(listener, b"abcd"))
        with listener.accept(0, begins=b"abc") as file:
            assert file.get_buffer(4) == b"abcd"
        assert listener.look(1) == [b"", b"", b""]  # nobody had to go
        for says in (b"x", b"y", b"abcd"):
            stack.enter_context(somebody(listener, says))
        assert listener.look(1) == [b"", b"", b""]
        with listener.accept(10, begins=b"abc") as file:
            assert file.get_buffer(4) == b"abcd"
        assert listener.look(1) == [b"", b"x", b"y"]
        for sock in silent[:2]:
            sock.settimeout(10)
            assert sock.recv(1) == b""
        silent[2].setblocking(False)
        with pytest.raises(BlockingIOError):
            silent[2].recv(1)


def test_more_channels_than_wait_at_the_socket(listener: transport.Listener) -> None:
    """A sender says nothing on any of them until it has made them all."""
    here, there = machine(), machine(b"\2")
    migration = here.migrate(listener.uri, channels=60)
    there.incoming(listener, accept_timeout=10, channels=60)
    loaded(there, migration, here)


def test_sixteen_idle_connections_and_a_channel(listener: transport.Listener) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(somebody(listener))
        assert listener.look(1) == [b""] * 16
        stack.enter_context(somebody(listener, FIRST))
        with listener.accept(1, begins=FIRST[:8]) as file:
            assert file.get_buffer(8) == FIRST[:8]


def test_a_closed_listener_sends_away_who_waits(tmp_path: Path) -> None:
    with transport.listen(f"unix:{tmp_path}/s") as listener:
        assert isinstance(listener, transport.Listener)
        with somebody(listener) as sock:
            assert listener.look(1) == [b""]
            listener.close()
            assert sock.recv(1) == b"" and listener.look(1) == []


@pytest.mark.parametrize("timeout", [0, 0.05])
def test_further_connections_are_waited_for_as_long_as_the_sender(
    listener: transport.Listener, timeout: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float | None] = []
    opened = transport.Listener.accept

    def accept(self: transport.Listener, seconds: float | None = None, *how: object) -> object:
        waited.append(seconds)
        return opened(self, seconds, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(transport.Listener, "accept", accept)
    with somebody(listener, b"QEVM"), pytest.raises(ChannelTimeoutError, match=f"not within {timeout:g} seconds"):
        machine().incoming(listener, accept_timeout=timeout, channels=1)
    assert waited == [timeout, timeout]
