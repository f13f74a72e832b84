"""`exec:`: how a command ends is how the channel ends, and nothing of it is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from vmstate import ChannelError, ChannelTimeoutError, transport

MANY = bytes(1 << 22)


def children() -> set[str]:
    """Command lines of the processes whose parent we are, zombies (empty) too; not those of multiprocessing's own."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_text().replace("\0", " ")
            if int(parent) == os.getpid() and "multiprocessing" not in command:
                found.add(f"{folder.name} {command}")
    return found


def test_the_exit_status_is_the_error_of_close() -> None:
    file = transport.connect("exec:cat > /dev/null; exit 3")
    file.put_be32(1)
    with pytest.raises(ChannelError) as caught:
        file.close()
    assert str(caught.value) == "exec:cat > /dev/null; exit 3: exit status 3"
    assert (caught.value.code, caught.value.found) == ("exit-status", 3)
    file = transport.listen("exec:printf ab; exit 4").accept()
    assert file.get_be16() == 0x6162 and file.at_end()
    with pytest.raises(ChannelError, match="exit status 4"):
        file.close()
    with pytest.raises(ChannelError, match="exit status 127"):
        transport.connect("exec:/no/such/program 2> /dev/null").close()
    file = transport.listen("exec:kill -9 $$").accept()
    assert file.at_end()
    with pytest.raises(ChannelError, match="ended by SIGKILL") as caught:
        file.close()
    assert caught.value.found == -signal.SIGKILL and not children()


def test_a_command_that_breaks_is_reaped_and_says_why() -> None:
    before = children()
    file = transport.connect("exec:exit 5", idle_timeout=10)
    with pytest.raises(ChannelError, match="Broken pipe"):
        file.put_buffer(MANY)
    with pytest.raises(ChannelError, match="exit status 5") as caught:
        file.close()
    assert isinstance(caught.value.__context__, ChannelError) and "Broken pipe" in str(caught.value.__context__)

    def block() -> None:
        with transport.connect("exec:exit 6") as file:
            file.put_buffer(MANY)

    with pytest.raises(ChannelError, match="Broken pipe") as caught:
        block()
    assert caught.value.__notes__ == ["exec:exit 6: exit status 6"] and children() == before


def test_a_command_that_we_stop_listening_to_is_no_error() -> None:
    for command in ("yes", "yes | cat"):
        with transport.listen(f"exec:{command}").accept() as file:
            assert file.get_buffer(4) == b"y\ny\n"
    assert not children()


def test_a_command_that_does_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    file = transport.connect(f"exec:sleep 100 & echo $! > '{pids}'; echo $$ >> '{pids}'; wait", idle_timeout=0.2)
    with pytest.raises(ChannelTimeoutError, match=r"still running 0\.2 seconds after its pipe was closed; killed"):
        file.close()
    for pid in pids.read_text().split():
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    file = transport.connect("exec:sleep 100")
    start = time.monotonic()
    file.abort()
    assert time.monotonic() - start < 10 and not children()


def test_a_command_that_does_not_read_is_waited_for_no_longer_than_allowed() -> None:
    file = transport.connect("exec:sleep 100", idle_timeout=0.05)
    with pytest.raises(ChannelTimeoutError, match="idle for too long"):
        file.put_buffer(MANY)
    file.abort()
    assert not children()
