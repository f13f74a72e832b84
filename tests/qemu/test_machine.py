"""Machines to and from a real QEMU, `-M none`, while it waits, over each transport."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.capture_qmp import Qemu
from tests.unit.runtime.building import build
from vmstate import Machine, transport
from vmstate.migration import Status

ROOT = Path(__file__).parents[2]
BINARY = shutil.which("qemu-system-x86_64")
pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(BINARY is None, reason="qemu-system-x86_64 is not installed"),
]
COMMAND = [str(BINARY), "-M", "none", "-nodefaults", "-display", "none", "-S"]


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    names = ("cpu_timers", "globalstate")
    texts = {f"{name}.vms": (ROOT / "schemas" / "qemu" / f"{name}.vms").read_text() for name in names}
    return dict(build(texts, tmp_path_factory.mktemp("qemu"), "qemu_machine_devices"))


class Bare:
    """What QEMU's `none` has: a clock, the state of the machine, and no RAM."""

    def __init__(
        self, devices: dict[str, Any], name: str = "none", state: bytes = b"paused", capabilities: Sequence[str] = ()
    ) -> None:
        self.vm = Machine(name, capabilities=capabilities)
        self.timer = devices["cpu_timers"].CpuTimers(cpu_clock_offset=1)
        self.state = devices["globalstate"].Globalstate(size=len(state) + 1)
        self.state.runstate[: len(state)] = state
        self.vm.register(self.timer)
        assert self.vm.ram.blocks == []
        self.vm.register(self.state)

    @property
    def runstate(self) -> bytes:
        return bytes(self.state.runstate).rstrip(b"\0")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def loaded(qemu: Qemu) -> str:
    """The state that QEMU is in when it has taken over."""

    def over() -> bool:
        return bool(qemu.command("query-status")["status"] != "inmigrate")

    qemu.wait_for("the load", over)
    return str(qemu.command("query-status")["status"])


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_qemu_takes_over_over_a_socket(devices: dict[str, Any], tmp_path: Path, kind: str) -> None:
    uri = f"unix:{tmp_path}/q" if kind == "unix" else f"tcp:127.0.0.1:{free_port()}"
    with Qemu([*COMMAND, "-incoming", uri]) as qemu:
        stats = Bare(devices).vm.migrate(uri).result(30)
        assert stats.status == Status.COMPLETED  # QEMU has answered on the return path that it has loaded all
        assert loaded(qemu) == "paused"


def test_qemu_takes_over_from_a_command_and_a_descriptor(devices: dict[str, Any], tmp_path: Path) -> None:
    none = Bare(devices)
    none.vm.migrate(f"exec:cat > '{tmp_path}/stream'").result(30)
    with Qemu([*COMMAND, "-incoming", f"exec:cat '{tmp_path}/stream'"]) as qemu:
        assert loaded(qemu) == "paused"
    os.mkfifo(tmp_path / "fifo")
    shell = ["/bin/sh", "-c", f"exec \"$@\" 9< '{tmp_path}/fifo'", "sh"]
    opened: list[int] = []
    opening = threading.Thread(target=lambda: opened.append(os.open(tmp_path / "fifo", os.O_WRONLY)))
    opening.start()
    with Qemu([*shell, *COMMAND, "-incoming", "fd:9"]) as qemu:
        opening.join(10)
        none.vm.migrate(f"fd:{opened[0]}").result(30)
        assert loaded(qemu) == "paused"


@pytest.mark.parametrize("return_path", [False, True])
@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_qemu_comes_over_a_socket(devices: dict[str, Any], tmp_path: Path, kind: str, return_path: bool) -> None:
    none = Bare(devices)
    uri = f"unix:{tmp_path}/q" if kind == "unix" else "tcp:127.0.0.1:0"
    with transport.listen(uri) as listener, Qemu(COMMAND) as qemu:
        capability = {"capability": "return-path", "state": return_path}
        qemu.command("migrate-set-capabilities", capabilities=[capability])
        qemu.command("migrate", uri=listener.uri)
        none.vm.incoming(listener, accept_timeout=30)
        qemu.wait_for("the end", lambda: bool(qemu.command("query-migrate")["status"] == "completed"))
    assert none.runstate == b"prelaunch"


@pytest.mark.parametrize("make", [os.pipe, socket.socketpair], ids=["pipe", "socketpair"])
def test_qemu_comes_over_a_descriptor(devices: dict[str, Any], tmp_path: Path, make: Any) -> None:
    """A live one, which was handed the other end."""
    none = Bare(devices)
    ours, theirs = (end if isinstance(end, int) else end.detach() for end in make())
    with (
        Qemu([*COMMAND, "-qmp", f"unix:{tmp_path}/monitor,server=on,wait=off"]),
        socket.socket(socket.AF_UNIX) as monitor,
    ):
        monitor.connect(f"{tmp_path}/monitor")
        lines = monitor.makefile("rb")

        def command(name: str, *descriptors: int, **arguments: object) -> Any:
            text = json.dumps({"execute": name, "arguments": arguments}) + "\n"
            socket.send_fds(monitor, [text.encode()], descriptors)
            while True:
                answer = json.loads(lines.readline())
                if "event" not in answer:
                    return answer["return"]

        lines.readline()  # the greeting
        command("qmp_capabilities")
        command("getfd", theirs, fdname="stream")
        os.close(theirs)
        command("migrate", uri="fd:stream")
        none.vm.incoming(f"fd:{ours}")
        lines.close()
    assert none.runstate == b"prelaunch"


def test_qemu_comes_from_a_command_and_a_descriptor(devices: dict[str, Any], tmp_path: Path) -> None:
    with Qemu(COMMAND) as qemu:
        qemu.migrate(tmp_path / "stream")
    none = Bare(devices)
    none.vm.incoming(f"exec:cat '{tmp_path}/stream'")
    assert none.runstate == b"prelaunch"
    none = Bare(devices)
    none.vm.incoming(f"fd:{os.open(tmp_path / 'stream', os.O_RDONLY)}")
    assert none.runstate == b"prelaunch"
    none = Bare(devices)
    none.vm.incoming(f"file:{tmp_path}/stream")
    assert none.runstate == b"prelaunch"
