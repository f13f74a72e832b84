"""The examples in every VMState text: a keyboard controller, a drive with a PIO transfer, a processor in a kernel."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vmstate import UnknownSubsectionError

DRQ_STAT = 0x08


def test_pckbd(modules: SimpleNamespace) -> None:
    kbd = modules.pckbd.Pckbd(status=0x18)
    assert kbd.save() == b"\x00\x18\x00\x00"
    kbd.restore(b"\x01\x02\x03\x04", version=3)
    assert kbd.as_dict() == {"write_cmd": 1, "status": 2, "mode": 3, "pending": 4}


def drive(modules: SimpleNamespace, **values: Any) -> Any:
    return modules.ide_drive.IDEState(**values)


def test_drive_at_rest(modules: SimpleNamespace) -> None:
    at_rest = drive(modules, mult_sectors=16, feature=1, status=0x50, cdrom_changed=2)
    assert at_rest.save().hex(" ") == "00 00 00 10 00 00 00 00 01 50 02"


def test_garbage_does_not_travel_when_nothing_is_needed(modules: SimpleNamespace) -> None:
    clean, dirty = drive(modules, status=0x50), drive(modules, status=0x50)
    dirty.io_buffer[:4] = b"junk"
    dirty.req_nb_sectors = dirty.cur_io_buffer_len = 77
    assert dirty.save() == clean.save()


def test_a_transfer_in_flight(modules: SimpleNamespace) -> None:
    busy = drive(modules, status=DRQ_STAT, io_buffer_total_len=3, req_nb_sectors=1)
    busy.io_buffer[:3] = b"abc"
    data = busy.save()
    head = bytes.fromhex("00000000 00000000 00 08 00")
    section = b"\x05\x13ide_drive/pio_state" + bytes.fromhex("00000001 00000001") + b"abc" + bytes(4 + 4 + 1 + 4 + 4)
    assert data == head + section
    other = drive(modules, io_buffer_total_len=3)
    other.restore(data, version=3)
    assert bytes(other.io_buffer[:3]) == b"abc"
    assert other.present("pio_state")


def test_an_unknown_subsection_is_refused(modules: SimpleNamespace) -> None:
    data = drive(modules).save() + b"\x05\x14ide_drive/tray_state\x00\x00\x00\x01\x00"
    target = drive(modules, feature=9)
    with pytest.raises(UnknownSubsectionError, match="ide_drive/tray_state"):
        target.restore(data, version=3)
    assert target.feature == 9


def test_post_load_runs_after_all_subsections(modules: SimpleNamespace) -> None:
    seen: list[object] = []

    class Drive(modules.ide_drive.IDEState):  # type: ignore[misc,name-defined]
        def pio_state_post_load(self, version: int) -> None:
            seen.append(("pio_state", version, self.req_nb_sectors))

        def post_load(self, version: int) -> None:
            seen.append(("drive", version, self.req_nb_sectors))

    source = drive(modules, status=DRQ_STAT, io_buffer_total_len=1, req_nb_sectors=5)
    Drive(io_buffer_total_len=1).restore(source.save(), version=3)
    assert seen == [("pio_state", 1, 5), ("drive", 3, 5)]


def test_the_new_device_without_its_subsection_loads_in_the_old_one(modules: SimpleNamespace) -> None:
    new = modules.ide_slot.IdeSlot()
    new.drive.status, new.drive.mult_sectors = 0x50, 16
    old = modules.ide_slot_old.IdeSlotOld()
    old.restore(new.save(), version=1)
    assert (old.drive.status, old.drive.mult_sectors) == (0x50, 16)
    new.drive.status = DRQ_STAT
    with pytest.raises(UnknownSubsectionError, match="pio_state"):
        old.restore(new.save(), version=1)
    assert old.drive.status == 0x50


def test_versions_before_the_tray(modules: SimpleNamespace) -> None:
    old = drive(modules, cdrom_changed=1)
    old.restore(bytes.fromhex("00000010 00000000 01 50"), version=2)
    assert (old.status, old.cdrom_changed) == (0x50, 0)


def test_state_is_fetched_before_a_save_and_pushed_after_a_load(modules: SimpleNamespace) -> None:
    """As a hypervisor in a kernel has it: the object is only a stop on the way."""

    class Cpu(modules.kvmcpu.Kvmcpu):  # type: ignore[misc,name-defined]
        def __init__(self, kernel: dict[str, int]) -> None:
            super().__init__()
            self.kernel = kernel

        def pre_save(self) -> None:
            self.rip, self.rflags = self.kernel["rip"], self.kernel["rflags"]

        def post_load(self, version: int) -> None:
            self.kernel.update(rip=self.rip, rflags=self.rflags)

    there: dict[str, int] = {"rip": 0, "rflags": 0}
    data = Cpu({"rip": 0xFFF0, "rflags": 2}).save()
    Cpu(there).restore(data, version=2)
    assert there == {"rip": 0xFFF0, "rflags": 2}
