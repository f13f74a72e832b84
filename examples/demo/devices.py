"""Which schema is for which section, and what is worth showing of a decoded device."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
from typing import Any

from vmstate.stream import Stream

__all__ = ["MODULES", "facts", "properties"]

# Name of the description in the stream -> name of the schema in schemas/qemu, which is that of the module too.
MODULES = {
    "timer": "cpu_timers",
    "cpu_common": "cpu_common",
    "cpu": "x86_cpu",
    "apic": "apic",
    "fw_cfg": "fw_cfg",
    "PCIHost": "pci_host",
    "PCIBUS": "pci_bus",
    "I440FX": "i440fx",
    "mch": "mch",
    "dma": "i8257",
    "PIIX3": "piix3",
    "ICH9LPC": "ich9_lpc",
    "i8259": "i8259",
    "ioapic": "ioapic",
    "hpet": "hpet",
    "mc146818rtc": "mc146818rtc",
    "i8254": "i8254",
    "pcspk": "pcspk",
    "serial": "serial",
    "parallel_isa": "parallel_isa",
    "fdc": "fdc",
    "ps2kbd": "ps2kbd",
    "ps2mouse": "ps2mouse",
    "pckbd": "pckbd",
    "vmmouse": "vmmouse",
    "port92": "port92",
    "ide": "ide",
    "isa-ide": "isa_ide",
    "ich9_ahci": "ich9_ahci",
    "i2c_bus": "i2c_bus",
    "piix4_pm": "piix4_pm",
    "ich9_smb": "ich9_smb",
    "acpi-ged": "acpi_ged",
    "acpi_build": "acpi_build",
    "globalstate": "globalstate",
}


def properties(name: str, stream: Stream) -> dict[str, bool]:
    """How the receiver's device must be set up before it loads: what the stream itself does not say."""
    if name == "piix4_pm" and stream.configuration is None:
        # Machine types that send no configuration (up to 2.3) send these two neither.
        return {"smb_migrated": False, "acpi_index_migrated": False}
    return {}


def facts(name: str, device: Any) -> str:
    """One line about a decoded device, or its first numbers if nothing better is known."""
    if name in _FACTS:
        return _FACTS[name](device)
    values = device.as_dict()
    return ", ".join(f"{key} {value:#x}" for key, value in list(values.items())[:3] if isinstance(value, int))


def _queue(state: Any) -> str:
    """The waiting bytes of a PS/2 queue, oldest first."""
    queue = state.queue
    start, count = queue.rptr & 0xFF, min(max(queue.count, 0), 16)
    return bytes(queue.data[(start + i) & 0xFF] for i in range(count)).hex(" ") or "empty"


def _flags(value: IntFlag) -> str:
    return value.name or "none"


def _rtc(device: Any) -> str:
    second, minute, hour, day, month, year = (device.cmos_data[i] for i in (0, 2, 4, 7, 8, 9))
    note = bytes(device.cmos_data[0x50:0x56])
    text = f"{year:02x}-{month:02x}-{day:02x} {hour:02x}:{minute:02x}:{second:02x}"
    return f"{text}, memory at 0x50: {note.decode('ascii')!r}" if note.isalpha() else text


def _serial(device: Any) -> str:
    state = device.state
    text = f"{115200 // max(state.divider, 1)} baud"
    fifo = state.recv_fifo
    return f"{text}, received {bytes(fifo.data[: fifo.num])!r}" if fifo.num else text


def _vmmouse(device: Any) -> str:
    words = min(device.nb_queue, len(device.queue))
    text = f"{words} words waiting, {'absolute' if device.absolute else 'relative'}"
    return f"{text}, last x {device.queue[words - 3]:#x} y {device.queue[words - 2]:#x}" if words >= 4 else text


def _cpu(device: Any) -> str:
    return f"EIP {device.eip:#x}, EBX {device.regs[3]:#x}, CS base {device.segs[1].base:#x}, CR0 {device.cr0:#x}"


def _drives(first: Any, second: Any) -> str:
    return ", ".join(f"{name} status {drive.status:#04x}" for name, drive in (("master", first), ("slave", second)))


_FACTS: dict[str, Callable[[Any], str]] = {
    "timer": lambda d: f"clock offset {d.cpu_clock_offset} ns",
    "cpu": _cpu,
    "apic": lambda d: f"base {d.apicbase:#x}, timer count {d.initial_count:#x}, LVT timer {d.lvt[0]:#x}",
    "fw_cfg": lambda d: f"item {d.cur_entry:#x}, {d.cur_offset} bytes read",
    "PCIHost": lambda d: f"register {d.config_reg:#x}",
    "PCIBUS": lambda d: f"{d.nirq} interrupt lines",
    "I440FX": lambda d: f"PCI {d.parent_obj.config[0:4].hex(' ')}",
    "mch": lambda d: f"PCI {d.parent_obj.config[0:4].hex(' ')}",
    "PIIX3": lambda d: f"PCI {d.dev.config[0:4].hex(' ')}",
    "ICH9LPC": lambda d: f"PM1 status {d.pm.pm1_sts:#x}, TCO timer {d.pm.tco_regs.tmr}",
    "dma": lambda d: "addresses " + " ".join(f"{r.base[0]:04x}+{r.base[1]:x}" for r in d.regs),
    "i8259": lambda d: f"base {d.irq_base:#04x}, requests {d.irr:08b}, mask {d.imr:08b}",
    "ioapic": lambda d: f"entry 0 {d.ioredtbl[0]:#x}, entry 3 {d.ioredtbl[3]:#x}",
    "hpet": lambda d: f"{d.num_timers} timers, counter {d.hpet_counter}, comparator 0 {d.timer[0].cmp:#x}",
    "mc146818rtc": _rtc,
    "i8254": lambda d: "  ".join(f"{i}: mode {c.mode} count {c.count}" for i, c in enumerate(d.channels)),
    "pcspk": lambda d: "on" if d.data_on else "off",
    "serial": _serial,
    "parallel_isa": lambda d: f"data {d.dataw:#04x}, control {d.control:#04x}",
    "fdc": lambda d: f"DOR {d.state.dor_vmstate:#04x}, command {bytes(d.state.fifo[:4]).hex(' ')}",
    "ps2kbd": lambda d: f"queue {_queue(d.parent_obj)}, lights {d.ledstate:03b}",
    "ps2mouse": lambda d: f"queue {_queue(d.parent_obj)}",
    "pckbd": lambda d: f"status {_flags(d.kbd.status)}, mode {_flags(d.kbd.mode)}",
    "vmmouse": _vmmouse,
    "port92": lambda d: f"A20 {'on' if d.outport & 2 else 'off'}",
    "ide": lambda d: _drives(d.drives[0], d.drives[1]),
    "isa-ide": lambda d: _drives(d.drives[0], d.drives[1]),
    "ich9_ahci": lambda d: f"{d.ahci.ports} ports, capabilities {d.ahci.cap:#x}",
    "piix4_pm": lambda d: f"PM1 status {d.pm1_sts:#x} enables {d.pm1_en:#x}",
    "globalstate": lambda d: bytes(d.runstate[: max(d.size - 1, 0)]).decode("ascii", "replace"),
}
