"""Blocks of RAM that both machines see, whose pages are not sent (x-ignore-shared), to a real QEMU and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.capture_qmp import Qemu
from tests.qemu.test_machine import COMMAND, Bare, devices, loaded, pytestmark

__all__ = ["devices", "pytestmark"]

SIZE = 4 << 20
CONTENT = bytes(range(256)) * (SIZE // 256)


@pytest.mark.parametrize("ignored", [False, True], ids=["sent", "ignored"])
def test_there_and_back(devices: dict[str, Any], tmp_path: Path, ignored: bool) -> None:
    memory = tmp_path / "memory"
    memory.write_bytes(CONTENT if ignored else bytes(SIZE))
    backend = f"memory-backend-file,id=ram,size=4M,mem-path={memory},share={'on' if ignored else 'off'}"
    command = [*COMMAND, "-m", "4M", "-object", backend, "-machine", "memory-backend=ram", "-incoming", "defer"]
    here, there = (Bare(devices, capabilities=["x-ignore-shared"]) for _ in range(2))
    here.vm.add_ram("ram", bytearray(CONTENT), ignored=ignored)
    back = bytearray(SIZE)
    there.vm.add_ram("ram", back, ignored=ignored)
    here.vm.save(tmp_path / "ours")
    with Qemu(command) as qemu:
        qemu.command("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}])
        qemu.command("migrate-incoming", uri=f"exec:cat '{tmp_path}/ours'")
        assert loaded(qemu) == "paused"
        qemu.command("pmemsave", val=0, size=SIZE, filename=str(tmp_path / "seen"))
        assert (tmp_path / "seen").read_bytes() == CONTENT
        qemu.migrate(tmp_path / "theirs")
    there.vm.load(tmp_path / "theirs")
    assert back == (bytes(SIZE) if ignored else CONTENT)
    assert ((tmp_path / "theirs").stat().st_size < SIZE) == ignored
