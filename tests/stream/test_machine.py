"""Machines against streams of a real QEMU: loaded, and written again byte for byte."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.building import build
from vmstate.errors import VMStateError
from vmstate.file import File
from vmstate.machine import Machine
from vmstate.machine.memory import GuestMemory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    names = ("cpu_timers", "globalstate")
    texts = {f"{name}.vms": (ROOT / "schemas" / "qemu" / f"{name}.vms").read_text() for name in names}
    return dict(build(texts, tmp_path_factory.mktemp("none"), "none_devices"))


@pytest.fixture(scope="module")
def captured() -> bytes:
    return lzma.decompress((ROOT / "tests" / "data" / "none.mig.xz").read_bytes())


class Bare:
    """QEMU's `-M none`, with the section numbers that it gives."""

    def __init__(self, devices: dict[str, Any]) -> None:
        self.vm = Machine("none")
        self.timer = next(iter(_classes(devices["cpu_timers"])))()
        self.state = next(iter(_classes(devices["globalstate"])))()
        self.slirp = bytearray(131)
        self.vm.register(self.timer, section_id=0)
        self.vm.register_live("ram", GuestMemory(4096), version=4, section_id=2)
        entry = self.vm.register_savevm(None, "slirp", 0, 4, self._save, self._load, None)
        self.vm.register(self.state, section_id=5)
        assert entry.section_id == 1

    def _save(self, file: Any, opaque: None) -> None:
        file.put_buffer(self.slirp)

    def _load(self, file: Any, opaque: None, version: int) -> None:
        self.slirp[:] = file.get_buffer(131) if version == 4 else b""


def _classes(module: Any) -> list[type]:
    import vmstate

    return [each for each in vars(module).values() if isinstance(each, type) and vmstate.Device in each.__bases__]


@pytest.mark.parametrize("piped", [False, True])
def test_what_qemu_wrote_is_loaded_and_written_again(devices: dict[str, Any], captured: bytes, piped: bool) -> None:
    none = Bare(devices)
    if piped:
        with File.from_bytes(captured) as file:
            none.vm.load_from(file)
    else:
        none.vm.loads(captured)
    assert bytes(none.state.runstate).rstrip(b"\0") == b"prelaunch"
    assert len(none.slirp) == 131
    # Slirp's number is its place in our registry, not in QEMU's.
    theirs = captured.replace(b"\x04\0\0\0\4\5slirp", b"\x04\0\0\0\1\5slirp")
    theirs = theirs.replace(b"\x7e\0\0\0\4\x04\0\0\0\5", b"\x7e\0\0\0\1\x04\0\0\0\5")
    assert none.vm.dumps() == theirs
    assert len(theirs) == 1013


def test_every_cut_is_refused_and_changes_nothing(devices: dict[str, Any], captured: bytes) -> None:
    none = Bare(devices)
    before = none.vm.dumps()
    for size in range(0, len(captured), 3):
        with pytest.raises(VMStateError):
            none.vm.loads(captured[:size])
        assert none.vm.dumps() == before
