"""Disks to and from a real QEMU, which has the section `block` up to 9.0."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts.capture_qmp import Qemu
from tests.qemu.test_machine import COMMAND, Bare, devices, loaded  # noqa: F401  (devices is a fixture)
from vmstate import Machine, transport

pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="qemu-system-x86_64 is not installed"),
]
MIB = 1 << 20
CONTENT = random.Random(5).randbytes(MIB) + bytes(MIB) + random.Random(6).randbytes(MIB // 2).ljust(MIB, b"\0")


def with_disk(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    return [*COMMAND, "-drive", f"if=none,id=hd0,format=raw,file={path}"]


def has_blocks(qemu: Qemu) -> None:
    names = [each["capability"] for each in qemu.command("query-migrate-capabilities")]
    if "block" not in names:
        pytest.skip("this QEMU has no block migration any more: it went with 9.1")


def add_disk(vm: Machine, path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return vm.add_block("hd0", path.open("r+b", buffering=0))


@pytest.mark.parametrize("zero_blocks", [False, True])
def test_qemu_takes_our_disk(devices: dict[str, Any], tmp_path: Path, zero_blocks: bool) -> None:  # noqa: F811
    """Into a PC, since a disk of no device cannot be written there. What else a PC has stays as it is at reset."""
    none, theirs = Bare(devices, "pc"), tmp_path / "theirs"
    disk = add_disk(none.vm, tmp_path / "ours", CONTENT)
    none.vm.blocks.zero_blocks = zero_blocks
    command = with_disk(theirs, b"\xff" * len(CONTENT))
    command += ["-M", "pc", "-m", "16", "-device", "ide-hd,drive=hd0"]
    with Qemu([*command, "-incoming", f"unix:{tmp_path}/q"]) as qemu:
        has_blocks(qemu)
        none.vm.migrate(f"unix:{tmp_path}/q").result(30)
        assert loaded(qemu) == "paused"
    assert theirs.read_bytes() == CONTENT
    disk.file.close()


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) - MIB + 2560])
@pytest.mark.parametrize("zero_blocks", [False, True])
def test_qemu_sends_its_disk(devices: dict[str, Any], tmp_path: Path, zero_blocks: bool, size: int) -> None:  # noqa: F811
    none = Bare(devices)
    disk = add_disk(none.vm, tmp_path / "ours", b"\xff" * size)
    with (
        transport.listen(f"unix:{tmp_path}/q") as listener,
        Qemu(with_disk(tmp_path / "theirs", CONTENT[:size])) as qemu,
    ):
        has_blocks(qemu)
        qemu.command("migrate-set-capabilities", capabilities=[{"capability": "zero-blocks", "state": zero_blocks}])
        qemu.command("migrate", uri=listener.uri, blk=True)
        none.vm.incoming(listener, accept_timeout=30)
        qemu.wait_for("the end", lambda: bool(qemu.command("query-migrate")["status"] == "completed"))
    assert disk.read(0, size) == CONTENT[:size]
    disk.file.close()
