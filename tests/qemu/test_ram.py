"""Guest memory between a real QEMU and our blocks: what its guest has, we have, and what we write, its guest has."""

from __future__ import annotations

import random
import shlex
import shutil
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from scripts.capture_firmware import firmware
from scripts.capture_qmp import Qemu
from tests.stream.ram_bodies import blocks_of, load_bodies
from vmstate.file import File
from vmstate.ram import MultifdReceiver, Ram, RamLoader, RamSender

BINARY = shutil.which("qemu-system-x86_64")
pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(BINARY is None, reason="qemu-system-x86_64 is not installed"),
]
PAGE, PLACE, SIZE = 4096, 0x100000, 6 << 20
CHANNELS = 2


def pattern() -> bytes:
    """Six megabytes: pages of noise, of zeros, of words, and one that is zero but for its last byte."""
    draw = random.Random(1)
    content = bytearray(SIZE)
    for at in range(0, SIZE, PAGE):
        kind = at // PAGE % 4
        if kind == 1:
            content[at : at + PAGE] = draw.randbytes(PAGE)
        elif kind == 2:
            content[at : at + PAGE] = at.to_bytes(8, "little") * 512
        elif kind == 3 and at % 7 == 0:
            content[at + PAGE - 1] = 1
    return bytes(content)


def arguments(folder: Path) -> list[str]:
    """A PC that stands before its first instruction, with the pattern in its memory."""
    image, content = folder / "firmware.bin", folder / "content.bin"
    image.write_bytes(firmware(set_up=False, stop=False))
    content.write_bytes(pattern())
    loader = f"loader,file={content},addr={PLACE:#x},force-raw=on"
    text = f"-M pc-i440fx-7.2 -m 16M -nodefaults -vga none -net none -display none -bios {shlex.quote(str(image))} -S"
    assert BINARY is not None
    return [BINARY, *shlex.split(text), "-device", loader]


def memory_of(qemu: Qemu, path: Path) -> bytes:
    """What the guest has from the pattern's place on."""
    qemu.command("pmemsave", val=PLACE, size=SIZE, filename=str(path))
    return path.read_bytes()


def set_multifd(qemu: Qemu, compression: str) -> None:
    qemu.command("migrate-set-capabilities", capabilities=[{"capability": "multifd", "state": True}])
    parameters: dict[str, Any] = {"multifd-channels": CHANNELS, "multifd-compression": compression, "max-bandwidth": 0}
    qemu.command("migrate-set-parameters", **parameters)


class Channel(threading.Thread):
    """Loads packets until the channel ends; after each that syncs it waits for the main stream's body to end too."""

    def __init__(self, receiver: MultifdReceiver) -> None:
        super().__init__(daemon=True)
        self.receiver = receiver
        self.synced = threading.Semaphore(0)
        self.further = threading.Semaphore(0)
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.receiver.file.at_end():
                if self.receiver.load():
                    self.synced.release()
                    assert self.further.acquire(timeout=30)
        except BaseException as error:
            self.error = error
            self.synced.release()


class BodyByBody(RamLoader):
    """Waits after each body until all channels have seen its end."""

    channels: list[Channel]

    def load(self, file: File) -> None:
        super().load(file)
        for channel in self.channels:
            assert channel.synced.acquire(timeout=30), channel.error
            if channel.error is not None:
                raise channel.error
        for channel in self.channels:
            channel.further.release()


@pytest.mark.parametrize("compression", ["none", "zlib", "zstd"])
def test_multifd_from_a_guest(tmp_path: Path, compression: str) -> None:
    if compression == "zstd":
        pytest.importorskip("backports.zstd", reason="zstd needs Python 3.14, or the package backports.zstd")
    command = arguments(tmp_path)
    with Qemu(command) as qemu:  # for the blocks, which a machine would know
        assert memory_of(qemu, tmp_path / "memory") == pattern()
        qemu.migrate(tmp_path / "plain.mig")
    ram = blocks_of((tmp_path / "plain.mig").read_bytes(), 0xCC)
    with Qemu(command) as qemu, socket.socket(socket.AF_UNIX) as listener:
        set_multifd(qemu, compression)
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        listener.settimeout(30)
        qemu.command("migrate", uri=f"unix:{tmp_path / 'socket'}")
        files = [File.from_fd(listener.accept()[0].detach(), "rw", idle_timeout=30) for _ in range(1 + CHANNELS)]
        loader = BodyByBody(ram)
        receivers = [MultifdReceiver(loader, file, CHANNELS, compression=compression) for file in files[1:]]
        assert sorted(receiver.number for receiver in receivers) == [0, 1]
        loader.channels = [Channel(receiver) for receiver in receivers]
        for channel in loader.channels:
            channel.start()
        assert len(load_bodies(files[0], loader)) >= 3
        for file in files:
            file.abort()
    guest = ram.blocks[ram.index("pc.ram")].memory
    assert bytes(guest)[PLACE : PLACE + SIZE] == pattern()
    assert bytes(guest)[PLACE + SIZE : 16 << 20] == bytes((16 << 20) - PLACE - SIZE)


@pytest.mark.parametrize("xbzrle", [False, True], ids=["plain", "xbzrle"])
def test_what_we_send_a_guest_has(tmp_path: Path, xbzrle: bool) -> None:
    """The bodies of a QEMU's stream are replaced by ours: all pages, then, round after round, what was changed."""
    command = arguments(tmp_path)
    with Qemu(command) as qemu:
        qemu.migrate(tmp_path / "plain.mig")
    stream = (tmp_path / "plain.mig").read_bytes()
    ram = blocks_of(stream)
    with File.from_bytes(stream) as file:
        spans = load_bodies(file, RamLoader(ram))
    memory = ram.blocks[ram.index("pc.ram")].memory
    sender, body = RamSender(ram, xbzrle_cache=8 << 20 if xbzrle else 0), File.to_bytes()
    with body:
        body.put_buffer(stream[: spans[0][0]])
        sender.send_blocks(body)
        sender.end(body)
        body.put_buffer(stream[spans[0][1] : spans[1][0]])
        sender.send_pages(body)
        sender.repeating = True
        _change(ram, sender, body, memory)
        sender.end(body)
        body.put_buffer(stream[spans[1][1] : spans[-1][0]])
        _change(ram, sender, body, memory)
        sender.end(body)
        body.put_buffer(stream[spans[-1][1] :])
        (tmp_path / "ours.mig").write_bytes(body.getvalue())
    assert len(spans) == 3 and (sender.statistics.xbzrle > 500) == xbzrle
    with Qemu([*command, "-incoming", f"exec:cat {shlex.quote(str(tmp_path / 'ours.mig'))}"]) as qemu:
        qemu.wait_for("the load", lambda: qemu.command("query-status")["status"] != "inmigrate")
        found = memory_of(qemu, tmp_path / "memory")
    assert found == bytes(memory[PLACE : PLACE + SIZE]) and found != pattern()  # type: ignore[index]


def _change(ram: Ram, sender: RamSender, file: File, memory: Any) -> None:
    """Rounds of changes, small and large; every changed page is sent."""
    draw = random.Random(2)
    for _ in range(3):
        dirty = ram.bitmaps()
        for page in range(PLACE // PAGE, (PLACE + SIZE) // PAGE, 3):
            for _ in range(draw.choice((1, 8, 64, 2000))):
                memory[page * PAGE + draw.randrange(PAGE)] = draw.randrange(256)
            dirty[ram.index("pc.ram")].mark(page)
        sender.next_round()
        sender.send_dirty(file, dirty)
