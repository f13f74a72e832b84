"""`incoming(wake=)`: what it ends, and what it leaves alone."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vmstate import Machine, transport
from vmstate.errors import ChannelError
from vmstate.file import File
from vmstate.machine import channels
from vmstate.migration import Status

PAGE = 4096


def machine(fill: bytes = b"\0") -> Machine:
    vm = Machine("m")
    vm.add_ram("ram", bytearray(fill * PAGE))
    return vm


@pytest.fixture
def wake() -> Iterator[transport.Wake]:
    with contextlib.closing(transport.Wake()) as wake:
        yield wake


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[transport.Listener]:
    with transport.listen(f"unix:{tmp_path}/s", idle_timeout=5) as listener:
        assert isinstance(listener, transport.Listener)
        yield listener


def cancelled(call: Callable[[], object]) -> None:
    with pytest.raises(ChannelError) as caught:
        call()
    assert caught.value.code == "cancelled"


def arrives(listener: transport.Listener, **how: Any) -> None:
    migration = machine().migrate(listener.uri)
    machine().incoming(listener, accept_timeout=5, **how)
    assert migration.result(20).status == Status.COMPLETED


def test_a_listener_lives_on(listener: transport.Listener, wake: transport.Wake) -> None:
    """Be it set when the load is over, or before: the wait ends that was to end, and no other."""
    arrives(listener, wake=wake)
    wake.set()
    cancelled(lambda: machine().incoming(listener, accept_timeout=5, wake=wake))
    arrives(listener)


def test_a_file_is_the_wake_s_for_the_load_alone(wake: transport.Wake) -> None:
    one, other = socket.socketpair()
    with other, File.from_fd(one.detach(), "rw", idle_timeout=5) as file:
        other.sendall(machine().dumps())
        other.shutdown(socket.SHUT_WR)
        machine().incoming(file, wake=wake)
        wake.set()
        file.put_byte(7)
        file.flush()
        assert other.recv(1) == b"\7"


def test_it_ends_a_load_from_a_file(wake: transport.Wake) -> None:
    """Nothing comes: whenever it is set, this is what ends it."""
    one, other = socket.socketpair()
    file = File.from_fd(one.detach(), "rw", idle_timeout=5)
    with other:
        thread = threading.Thread(target=wake.set)
        thread.start()
        cancelled(lambda: machine().incoming(file, wake=wake))
        thread.join()
    file.abort()


def test_a_command_is_not_run_any_more(wake: transport.Wake, tmp_path: Path) -> None:
    wake.set()
    cancelled(lambda: machine().incoming(f"exec:touch {tmp_path}/run", wake=wake))
    assert not (tmp_path / "run").exists()


def test_it_ends_a_wait_for_channels(
    listener: transport.Listener, wake: transport.Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main connection has brought all of a body, the other one nothing but its first packet."""
    wait = channels.wait

    def woken(*how: Any) -> Any:
        wake.set()
        return wait(*how)

    monkeypatch.setattr(channels, "wait", woken)
    size = PAGE.to_bytes(8, "big")
    start = bytes.fromhex("01 00000000 03 72616d 00000000 00000004")
    block = (PAGE | 4).to_bytes(8, "big") + b"\x03ram" + size + bytes.fromhex("0000000000000010")
    main = bytes.fromhex("5145564d 00000003 07 00000001 6d") + start + block + bytes.fromhex("7e 00000000")
    first = bytes.fromhex("11223344 00000001") + bytes(56)
    with contextlib.ExitStack() as stack:
        for data in (main, first):
            file = stack.enter_context(transport.connect(listener.uri))
            file.put_buffer(data)
            file.flush()
        cancelled(lambda: machine().incoming(listener, channels=1, wake=wake))


def test_it_may_be_set_while_it_is_set(wake: transport.Wake) -> None:
    """By a signal's handler, wherever its thread is just now: it must not wait for itself."""
    done: list[str] = []

    def action() -> None:
        done.append("action")
        wake.set()

    def work() -> None:
        with wake.also(action):
            wake.set()
        with wake.also(action):
            done.append("block")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive() and done == ["action", "action", "action", "block"]


def test_an_action_that_raises_is_done_when_it_is_set_again(wake: transport.Wake) -> None:
    done: list[str] = []

    def action() -> None:
        done.append("action")
        if len(done) == 1:
            raise KeyboardInterrupt

    with wake.also(action):
        with pytest.raises(KeyboardInterrupt):
            wake.set()
        wake.set()
    assert done == ["action", "action"]


def test_a_file_on_disk_is_not_begun(wake: transport.Wake, tmp_path: Path) -> None:
    machine().save(tmp_path / "m.vm")
    machine().incoming(f"file:{tmp_path}/m.vm", wake=wake)
    wake.set()
    cancelled(lambda: machine().incoming(f"file:{tmp_path}/m.vm", wake=wake))


def passes(there: Machine, monkeypatch: pytest.MonkeyPatch, wake: transport.Wake, when: str) -> list[bool]:
    """Sets it where the RAM's load begins or goes on, in a pass: `begin 1`, `load 2`. Returns which passes look."""
    begin_load, load, begun = there.ram.begin_load, there.ram.load, []

    def begins(check: bool, shadow: bool) -> None:
        begun.append(check)
        if when == f"begin {len(begun)}":
            wake.set()
        begin_load(check, shadow)

    def loads(*how: Any) -> Any:
        if when == f"load {len(begun)}":
            wake.set()
        return load(*how)

    monkeypatch.setattr(there.ram, "begin_load", begins)
    monkeypatch.setattr(there.ram, "load", loads)
    return begun


@pytest.mark.parametrize(("when", "looks"), [("load 1", [True]), ("begin 2", [True, False])])
def test_a_file_on_disk_is_not_read_on(
    wake: transport.Wake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, looks: list[bool]
) -> None:
    """In the first pass, and before the second: the machine is what it was."""
    machine(b"\1").save(tmp_path / "m.vm")
    there = machine(b"\2")
    begun = passes(there, monkeypatch, wake, when)
    cancelled(lambda: there.incoming(f"file:{tmp_path}/m.vm", wake=wake))
    assert begun == looks and not there.incomplete
    assert bytes(there.ram.blocks[0].memory) == b"\2" * PAGE


@pytest.mark.parametrize("mapped_ram", [False, True])
def test_a_file_that_was_found_good_is_loaded_to_its_end(
    wake: transport.Wake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapped_ram: bool
) -> None:
    """In the second pass it is too late to stay what it was."""
    machine(b"\1").save(tmp_path / "m.vm", mapped_ram=mapped_ram)
    there = machine(b"\2")
    begun = passes(there, monkeypatch, wake, "load 2")
    there.incoming(f"file:{tmp_path}/m.vm", wake=wake)
    assert begun == [True, False] and not there.incomplete
    assert bytes(there.ram.blocks[0].memory) == b"\1" * PAGE


def test_a_file_of_which_not_all_could_be_judged_is_not_read_on(
    wake: transport.Wake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a lost connection would: what was overwritten by then makes the machine incomplete."""
    machine(b"\1").save(tmp_path / "m.vm")
    there = machine(b"\2")
    monkeypatch.setattr(there.ram, "can_check", False)
    begun = passes(there, monkeypatch, wake, "load 1")
    cancelled(lambda: there.incoming(f"file:{tmp_path}/m.vm", wake=wake))
    assert begun == [False] and there.incomplete
