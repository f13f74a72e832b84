"""Pages on connections of their own (multifd), to a real QEMU and back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from scripts.capture_qmp import Qemu
from tests.qemu.test_machine import COMMAND, Bare, devices, loaded, pytestmark
from tests.qemu.test_ram import PLACE, arguments, memory_of, pattern
from tests.stream.ram_bodies import blocks_of, load_bodies
from vmstate import File, VMStateError, transport
from vmstate.migration import Status
from vmstate.ram import RamLoader

__all__ = ["devices", "pytestmark"]

SIZE, PAGE = 4 << 20, 4096


def agree(qemu: Qemu, channels: int, compression: str) -> None:
    qemu.command("migrate-set-capabilities", capabilities=[{"capability": "multifd", "state": True}])
    parameters: dict[str, Any] = {"multifd-channels": channels, "multifd-compression": compression}
    qemu.command("migrate-set-parameters", **parameters)


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_there_and_back(devices: dict[str, Any], tmp_path: Path, compression: str) -> None:
    """Every other page is zeros: they have records on the main connection."""
    draw, content = random.Random(1), bytearray(SIZE)
    for at in range(0, SIZE, 2 * PAGE):
        content[at : at + PAGE] = draw.randbytes(PAGE // 2) + bytes(PAGE // 2)
    here, there, uri = Bare(devices), Bare(devices), f"unix:{tmp_path}/q"
    here.vm.add_ram("ram", bytearray(content))
    back = bytearray(b"x" * SIZE)
    there.vm.add_ram("ram", back)
    with Qemu([*COMMAND, "-m", "4M", "-incoming", "defer"]) as qemu:
        agree(qemu, 2, compression)
        qemu.command("migrate-incoming", uri=uri)
        stats = here.vm.migrate(uri, channels=2, compression=compression).result(30)
        assert stats.status == Status.COMPLETED and here.vm.ram.statistics.plain == SIZE // PAGE // 2
        assert loaded(qemu) == "paused"
        qemu.command("pmemsave", val=0, size=SIZE, filename=str(tmp_path / "memory"))
        assert (tmp_path / "memory").read_bytes() == content
        with transport.listen(f"unix:{tmp_path}/back") as listener:
            qemu.command("migrate", uri=listener.uri)
            there.vm.incoming(listener, accept_timeout=30, channels=2, compression=compression)
        assert back == content


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_a_guest_has_what_we_send_from_its_blocks(devices: dict[str, Any], tmp_path: Path, compression: str) -> None:
    """The blocks of a PC, in a machine without its devices: QEMU leaves alone what does not come."""
    command, uri = arguments(tmp_path), f"unix:{tmp_path}/q"
    with Qemu(command) as qemu:
        qemu.migrate(tmp_path / "plain.mig")
    stream = (tmp_path / "plain.mig").read_bytes()
    ram, here, other = blocks_of(stream), Bare(devices, "pc-i440fx-7.2"), pattern()[::-1]
    with File.from_bytes(stream) as file:
        load_bodies(file, RamLoader(ram))
    for block in ram.blocks:
        here.vm.add_ram(block.name, block.memory)
    guest = ram.blocks[ram.index("pc.ram")].memory
    memoryview(guest)[PLACE : PLACE + len(other)] = other
    with Qemu([*command, "-incoming", "defer"]) as qemu:
        agree(qemu, 2, compression)
        qemu.command("migrate-incoming", uri=uri)
        stats = here.vm.migrate(uri, channels=2, compression=compression).result(30)
        assert stats.status == Status.COMPLETED and loaded(qemu) == "paused"
        assert memory_of(qemu, tmp_path / "memory") == other


@pytest.mark.parametrize("agreed", [0, 1])
def test_one_that_has_more_channels_than_were_agreed_on(devices: dict[str, Any], tmp_path: Path, agreed: int) -> None:
    """Refused when it begins, and not when it has waited long enough for somebody to read its pages."""
    there, memory = Bare(devices), bytearray(b"x" * SIZE)
    there.vm.add_ram("ram", memory)
    with transport.listen(f"unix:{tmp_path}/s") as listener, Qemu([*COMMAND, "-m", "4M"]) as qemu:
        agree(qemu, 2, "none")
        qemu.command("migrate", uri=listener.uri)
        with pytest.raises(VMStateError, match=r"more connections than were agreed on|beyond those agreed on"):
            there.vm.incoming(listener, accept_timeout=30, channels=agreed)
    assert memory == b"x" * SIZE and not there.vm.incomplete
