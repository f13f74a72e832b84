"""Descriptions against those of a real QEMU, byte for byte; and QEMU's own programs, where they are at hand."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.qemu.test_schemas import DATA, OPAQUE, ROOT, devices, receiver, stream
from vmsgen.backend.names import c_struct
from vmsgen.cli.build import build
from vmsgen.describe import describe, dump
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import decode
from vmsgen.model.schema import Schema
from vmsgen.passes import compile_files
from vmstate.locations import get_include, get_sources
from vmstate.stream import Section

CAPTURES = sorted(path.name.removesuffix(".mig.xz") for path in DATA.glob("*.mig.xz"))
DESCRIBED = [name for name in CAPTURES if name != "none-bare"]
HERE = Path(__file__).parent


def raw(name: str) -> bytes:
    return lzma.decompress((DATA / f"{name}.mig.xz").read_bytes())


def whole(entries: list[bytes]) -> bytes:
    """All of a description. QEMU's PC has pages of 4 KiB."""
    return b'{"page_size": 4096, "devices": [' + b", ".join(entries) + b"]}"


def legacy(section: Section) -> bytes:
    """The user-mode network writes its body by itself, and we have no device for it."""
    size = len(section.body)
    text = f'{{"name": "{section.name}", "instance_id": 0, "size": {size}, '
    return (text + f'"fields": [{{"name": "data", "size": {size}, "type": "buffer"}}]}}').encode()


def ends_with(name: str, entries: list[bytes]) -> None:
    made, stream_ = whole(entries), raw(name)
    there = stream_[stream_.rindex(b'{"page_size"') :]
    assert made == there
    assert stream_.endswith(b"\x06" + len(made).to_bytes(4, "big") + made)


def entry(name: str, section: Section) -> bytes:
    if section.name in OPAQUE:
        return legacy(section)
    device, state = receiver(section, stream(name))
    decode(device, state, bytes(section.body), section.version_id, receiver=False)
    return describe(device, state, name=section.name, instance_id=section.instance_id, version=section.version_id)


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_oracle_describes_a_stream_as_qemu_did(name: str) -> None:
    ends_with(name, [entry(name, section) for section in stream(name).sections])


# The same by the C ------------------------------------------------------------------------------------------------


def schemas() -> tuple[Schema, ...]:
    diagnostics = Diagnostics()
    return compile_files(sorted((ROOT / "schemas" / "qemu").glob("*.vms")), diagnostics)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The program, and its devices by number."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("described")
    build(sorted((ROOT / "schemas" / "qemu").glob("*.vms")), folder, c_only=True)
    made = [(schema.name, device) for schema in schemas() for device in schema.devices]
    lines = [f'#include "{name}.h"' for name, _ in made]
    lines.append("static const vms_device *const devices[] = {")
    lines += [f"    &{c_struct(device.name)}_device," for _, device in made]
    lines.append("};")
    lines.append("static void set_old(const vms_device *device, uint8_t *state) {")
    lines.append("    struct piix4_pm *pm = (struct piix4_pm *)(void *)state;")
    lines.append("    if (device == &piix4_pm_device) pm->smb_migrated = pm->acpi_index_migrated = 0;")
    lines.append("}")
    (folder / "devices.h").write_text("\n".join([*lines, ""]))
    sources = [HERE / "described_main.c", *sorted(folder.glob("*.c")), *map(Path, get_sources())]
    command = ["gcc", "-std=c11", "-O0", f"-I{get_include()}", f"-I{folder}", "-o", str(folder / "program")]
    subprocess.run([*command, *map(str, sources)], check=True)
    return folder / "program", [device.wire_name for _, device in made]


@pytest.mark.native
@pytest.mark.parametrize("name", DESCRIBED)
def test_c_describes_a_stream_as_qemu_did(program: tuple[Path, list[str]], name: str) -> None:
    path, names = program
    sections = [section for section in stream(name).sections if section.name not in OPAQUE]
    question = bytearray()
    for section in sections:
        old = section.vmsd_name == "piix4_pm" and stream(name).configuration is None
        for number in (names.index(str(section.vmsd_name)), section.version_id, int(old), len(section.body)):
            question += number.to_bytes(4, "big")
        question += section.body
    answer = subprocess.run([str(path)], input=question, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr
    described = iter(answer.stdout.splitlines())
    entries = []
    for section in stream(name).sections:
        if section not in sections:
            entries.append(entry(name, section))
            continue
        head = f'{{"name": "{section.name}", "instance_id": {section.instance_id}, '.encode()
        entries.append(head + next(described) + b"}")
    ends_with(name, entries)
    assert not list(described)


# What QEMU's own dump says ------------------------------------------------------------------------------------------

TYPES = {
    "acpi-ged": "acpi-ged", "fdc": "isa-fdc", "fw_cfg": "fw_cfg", "hpet": "hpet", "I440FX": "i440FX",
    "i8254": "isa-pit", "dma": "i8257", "i8259": "isa-i8259", "ich9_ahci": "ich9-ahci", "ICH9LPC": "ICH9-LPC",
    "ich9_smb": "ICH9-SMB", "ioapic": "ioapic", "mc146818rtc": "mc146818rtc", "mch": "mch",
    "parallel_isa": "isa-parallel", "PCIHost": "i440FX-pcihost", "pckbd": "i8042", "pcspk": "isa-pcspk",
    "PIIX3": "PIIX3", "piix4_pm": "PIIX4_PM", "port92": "port92", "ps2kbd": "ps2-kbd", "ps2mouse": "ps2-mouse",
    "serial": "isa-serial", "vmmouse": "vmmouse",
}  # fmt: skip
"""Our devices that have a type in QEMU."""

UNLIKE = [
    # For ARM's servers alone.
    "acpi-ged: no ['acpi-ged/ghes']",
    # Beside a predicate QEMU does not ask for it, and a schema cannot say it.
    "ich9_smb.smb: version_id 0, 1",
    "piix4_pm.smb: version_id 0, 3",
    "piix4_pm.acpi_pci_hotplug.acpi_pcihp_pci_status[0x0]: version_id 0, 2",
    "piix4_pm.acpi_pci_hotplug.acpi_pcihp_pci_status: version_id 0, 1",
    # Here a member of the struct.
    "serial.state/recv_fifo.recv_fifo.data: size 16, 0",
    "serial.state/xmit_fifo.xmit_fifo.data: size 16, 0",
]
"""Ours, then QEMU's. That PCI Express has a configuration of its own comes on top."""


@pytest.mark.qemu
@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="qemu-system-x86_64 is not installed")
def test_a_dump_is_that_of_qemu(tmp_path: Path) -> None:
    """Names, versions, predicates, and the sizes of all that is no struct."""
    about = subprocess.run(["qemu-system-x86_64", "--version"], check=True, capture_output=True, text=True)
    if " version 7.2" not in about.stdout:
        pytest.skip(f"the schemas are those of QEMU 7.2, this is {about.stdout.splitlines()[0]}")
    target = tmp_path / "qemu.json"
    command = ["qemu-system-x86_64", "-M", "isapc", "-display", "none", "-dump-vmstate", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    theirs = json.loads(target.read_text())
    ours = json.loads(dump(tuple(devices().values()), "isapc"))
    found = [
        line
        for name, type_ in TYPES.items()
        for line in unlike(name, ours[name]["Description"], theirs[type_]["Description"])
    ]
    assert found == UNLIKE


def unlike(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    """What differs in two descriptions, and in what is in them."""
    for key in ("name", "version_id", "minimum_version_id"):
        if ours[key] != theirs[key]:
            yield f"{path}: {key} {ours[key]}, {theirs[key]}"
    for field, other in zip(ours["Fields"], without_express(theirs)["Fields"], strict=True):
        here = f"{path}.{field['field']}"
        for key in ("field", "version_id", "field_exists", *(["size"] if "Description" not in field else [])):
            if field[key] != other[key]:
                yield f"{here}: {key} {field[key]}, {other[key]}"
        if "Description" in field:
            yield from unlike(here, field["Description"], other["Description"])
    others = {each["name"]: each for each in theirs.get("Subsections", [])}
    for each in ours.get("Subsections", []):
        yield from unlike(f"{path}/{each['name'].rpartition('/')[2]}", each, others.pop(each["name"]))
    if others:
        yield f"{path}: no {list(others)}"


def without_express(description: Any) -> Any:
    """Of a PCI device the configuration that conventional ones have, as streams call it: the first of one name."""
    if description["name"] != "PCIDevice":
        return description
    first, conventional, _, *others = description["Fields"]
    return {**description, "Fields": [first, {**conventional, "field": "config[0]", "field_exists": False}, *others]}


# QEMU's own programs --------------------------------------------------------------------------------------------------


def script(name: str) -> Path:
    """One of QEMU's, which no package of Debian's has: only its source."""
    named = os.environ.get("VMS_QEMU_SCRIPTS")
    for folder in [Path(named)] if named else sorted(Path("/usr/src").glob("qemu*/scripts")):
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is not here: set VMS_QEMU_SCRIPTS to the folder `scripts` of QEMU's source")


@pytest.mark.parametrize("name", DESCRIBED)
def test_analyze_migration_reads_a_stream_with_our_descriptions(name: str, tmp_path: Path) -> None:
    """Device sections only: the program then needs nothing but what we said of them."""
    program_ = script("analyze-migration.py")
    out = bytearray(b"QEVM\0\0\0\3")
    sections = [section for section in stream(name).sections if section.name not in OPAQUE]
    for number, section in enumerate(sections):
        idstr = section.name.encode()
        out += b"\4" + number.to_bytes(4, "big") + bytes([len(idstr)]) + idstr
        out += section.instance_id.to_bytes(4, "big") + section.version_id.to_bytes(4, "big") + section.body
        out += b"\x7e" + number.to_bytes(4, "big")
    description = whole([entry(name, section) for section in sections])
    out += b"\0\6" + len(description).to_bytes(4, "big") + description
    target = tmp_path / "stream"
    target.write_bytes(out)
    done = subprocess.run(
        [sys.executable, str(program_), "-f", str(target)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    decoded = json.loads(done.stdout)
    assert [key.rsplit(" (", 1)[0] for key in decoded] == [section.name for section in sections]
    if name == "pc-used":
        rtc = next(value for key, value in decoded.items() if key.startswith("mc146818rtc"))
        assert rtc["irq_coalesced"] == "0x00000000"


def check_statically(old: str, new: str, folder: Path) -> subprocess.CompletedProcess[str]:
    for name, text in (("old", old), ("new", new)):
        diagnostics = Diagnostics()
        (folder / f"{name}.vms").write_text(text)
        made = compile_files([folder / f"{name}.vms"], diagnostics)
        assert made, diagnostics.found
        (folder / f"{name}.json").write_text(dump(made[0].devices, "none"))
    command = [sys.executable, str(script("vmstate-static-checker.py"))]
    command += ["-s", str(folder / "old.json"), "-d", str(folder / "new.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_static_checker_takes_our_dumps(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text(dump(tuple(devices().values()), "none"))
    command = [sys.executable, str(script("vmstate-static-checker.py")), "-s", str(path), "-d", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("a : u8  b : u16", "a : u8  b : u16  c : u8 since 2", ""),
        ("a : u8  b : u16", "a : u8  c : u16", 'Section "d",  Description "d": expected field "b", got "c"'),
        ("a : u8  b : u16", "a : u8  b : u32", 'Section "d" Description "d" Field "b" size mismatch: 2 , 4'),
        ("a : u8  subsection s version 1 needed a != 0 { b : u8 }", "a : u8", 'Entry "Subsections" missing'),
    ],
)
def test_the_static_checker_finds_what_differs(old: str, new: str, complaint: str, tmp_path: Path) -> None:
    done = check_statically(f"device d version 1 {{ {old} }}", f"device d version 1..2 {{ {new} }}", tmp_path)
    assert done.stderr == ""
    assert done.returncode == (1 if complaint else 0), done.stdout
    assert " ".join(complaint.split()) in " ".join(done.stdout.split())
