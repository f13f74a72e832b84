"""A real QEMU loads what is written from the schemas: altered states, and bodies of every older version."""

import json
import lzma
import shlex
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scripts.capture_firmware import firmware
from scripts.capture_qmp import CaptureError, Qemu
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import State, decode, encode, reset_state
from vmsgen.model.description import Description
from vmsgen.passes import compile_files
from vmstate.stream import Section, Stream, read_stream

ROOT = Path(__file__).parents[2]
BINARY = shutil.which("qemu-system-x86_64")
pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(BINARY is None, reason="qemu-system-x86_64 is not installed"),
]

# Section, schema, older version.
OLD = [
    ("timer", "cpu_timers", 1),
    ("cpu", "x86_cpu", 11),
    ("fw_cfg", "fw_cfg", 1),
    ("0000:00:01.0/PIIX3", "piix3", 2),
    ("ioapic", "ioapic", 1),
    ("hpet", "hpet", 1),
    ("mc146818rtc", "mc146818rtc", 1),
    ("mc146818rtc", "mc146818rtc", 2),
    ("i8254", "i8254", 2),
    ("ps2kbd", "ps2kbd", 2),
    ("0000:00:01.1/ide", "ide", 0),
    ("0000:00:01.1/ide", "ide", 2),
]


@cache
def data() -> bytes:
    return lzma.decompress((ROOT / "tests" / "data" / "pc.mig.xz").read_bytes())


@cache
def device(schema: str) -> Description:
    diagnostics = Diagnostics()
    (made,) = compile_files([ROOT / "schemas" / "qemu" / f"{schema}.vms"], diagnostics)
    (found,) = made.devices
    return found


def decoded(section: Section, schema: str) -> State:
    state = reset_state(device(schema))
    decode(device(schema), state, bytes(section.body), section.version_id, receiver=False)
    return state


def with_body(section: Section, body: bytes, version: int | None = None) -> bytes:
    """The whole stream with another body in that section. The description is not touched: QEMU does not read it."""
    head = data()[: section.body_offset - 4]
    rest = data()[section.body_offset + len(section.body) :]
    return head + (section.version_id if version is None else version).to_bytes(4, "big") + body + rest


class Loaded:
    """A QEMU that loads a stream, and what it writes when asked at once for its state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, stream: bytes) -> Stream:
        image, source, out = self.folder / "firmware.bin", self.folder / "in.mig", self.folder / "out.mig"
        image.write_bytes(firmware(set_up=False, stop=False))
        source.write_bytes(stream)
        index = json.loads((ROOT / "tests" / "data" / "index.json").read_text())
        (command,) = (entry["command"] for entry in index if entry["name"] == "pc")
        arguments = [part.replace("FIRMWARE", str(image)) for part in command.split()[1:]]
        assert BINARY is not None
        with Qemu([BINARY, *arguments, "-incoming", f"exec:cat {shlex.quote(str(source))}"]) as qemu:
            qemu.wait_for("the load", lambda: qemu.command("query-status")["status"] != "inmigrate")
            qemu.migrate(out)
        return read_stream(out.read_bytes())


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return Loaded(tmp_path)


def test_an_unaltered_stream_comes_back(loaded: Loaded) -> None:
    before, after = read_stream(data()), loaded(data())
    differing = {
        (old.name, old.instance_id)
        for old, new in zip(before.sections, after.sections, strict=True)
        if old.body != new.body
    }
    # Clocks that QEMU sets by the host's when it loads.
    assert differing <= {("timer", 0), ("globalstate", 0), ("mc146818rtc", 0), ("i8254", 0)}


def test_altered_states_arrive(loaded: Loaded) -> None:
    stream = read_stream(data())
    alterations: dict[str, tuple[str, dict[str, Any]]] = {
        "mc146818rtc": ("mc146818rtc", {"cmos_index": 0x2A}),
        "ps2kbd": ("ps2kbd", {"ledstate": 5, "scan_enabled": 0}),
        "port92": ("port92", {"outport": 2}),
        "PCIHost": ("pci_host", {"config_reg": 0x8000_1234}),
        "fw_cfg": ("fw_cfg", {"cur_entry": 3, "cur_offset": 7}),
        "cpu": ("x86_cpu", {"eip": 0x1234, "regs": list(range(100, 116)), "msr_ia32_misc_enable": 0x40001}),
    }
    altered = data()
    wanted: dict[str, State] = {}
    # From the back, so that the places in front stay where they are.
    for section in reversed(stream.sections):
        if section.name in alterations:
            schema, values = alterations[section.name]
            wanted[section.name] = decoded(section, schema)
            wanted[section.name].update(values)
            start, end = section.body_offset, section.body_offset + len(section.body)
            altered = altered[:start] + encode(device(schema), wanted[section.name]) + altered[end:]
    assert len(wanted) == len(alterations)
    after = loaded(altered)
    for name, (schema, values) in alterations.items():
        came = decoded(after.find(name), schema)
        assert {key: came[key] for key in values} == values, name


@pytest.mark.parametrize(("name", "schema", "version"), OLD)
def test_a_body_of_an_older_version_is_accepted(loaded: Loaded, name: str, schema: str, version: int) -> None:
    section = read_stream(data()).find(name)
    body = encode(device(schema), decoded(section, schema), version=version)
    assert len(body) < len(section.body)
    assert loaded(with_body(section, body, version)).find(name).version_id == device(schema).version


def test_one_byte_too_many_is_not(loaded: Loaded) -> None:
    section = read_stream(data()).find("i8254")
    with pytest.raises(CaptureError, match="Missing section footer for i8254"):
        loaded(with_body(section, bytes(section.body) + b"\0"))
