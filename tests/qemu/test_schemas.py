"""The schemas of schemas/qemu against streams of a real QEMU: names, versions and bytes."""

import json
import lzma
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import Refusal, State, decode, encode, reset_state
from vmsgen.model.description import Description, Subsection
from vmsgen.model.types import Struct, innermost
from vmsgen.model.wire import Group, Repeat, Run, WireItem
from vmsgen.passes import compile_files
from vmstate.stream import Section, Stream, read_stream

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
# Sections whose body no description covers: the user-mode network of `-M none` writes it by itself.
OPAQUE = {"slirp"}


@cache
def devices() -> dict[str, Description]:
    diagnostics = Diagnostics()
    schemas = compile_files(sorted((ROOT / "schemas" / "qemu").glob("*.vms")), diagnostics)
    assert not diagnostics.found
    return {device.wire_name: device for schema in schemas for device in schema.devices}


@cache
def stream(name: str) -> Stream:
    return read_stream(lzma.decompress((DATA / f"{name}.mig.xz").read_bytes()))


def _sections() -> Iterator[Any]:
    for entry in json.loads((DATA / "index.json").read_text()):
        for name, instance, _, _ in entry["sections"] or ():
            if name not in OPAQUE:
                yield pytest.param(entry["name"], name, instance, id=f"{entry['name']}:{name}:{instance}")


SECTIONS = list(_sections())


def receiver(section: Section, source: Stream) -> tuple[Description, State]:
    """The section's device at reset, set up as the sender's was."""
    device = devices()[str(section.vmsd_name)]
    state = reset_state(device)
    if section.vmsd_name == "piix4_pm" and source.configuration is None:
        state.update(smb_migrated=0, acpi_index_migrated=0)
    return device, state


@pytest.mark.parametrize(("capture", "name", "instance"), SECTIONS)
def test_a_section_comes_back_byte_for_byte(capture: str, name: str, instance: int) -> None:
    section = stream(capture).find(name, instance)
    device, state = receiver(section, stream(capture))
    decode(device, state, bytes(section.body), section.version_id, receiver=False)
    assert encode(device, state).hex() == section.body.hex()


@pytest.mark.parametrize(("capture", "name", "instance"), SECTIONS)
def test_names_and_versions_are_those_of_the_stream(capture: str, name: str, instance: int) -> None:
    section = stream(capture).find(name, instance)
    device = devices()[str(section.vmsd_name)]
    assert device.version == section.version_id
    agree(device, section.description, device.wire_name)


def agree(ours: Description | Subsection, theirs: Any, path: str) -> None:
    """Every field that the stream describes is declared, under that name; structs and subsections in that version."""
    assert theirs["version"] == ours.version, path
    declared = numbered(list(fields(ours.wire)))
    for field in theirs["fields"]:
        # QEMU may know more fields of one name than we do, and then numbers where we do not.
        name = next((n for n in (field["name"], re.sub(r"\[\d+\]$", "", field["name"])) if n in declared), None)
        if field["type"] == "unused_buffer" or field["name"] == "tmp":
            continue
        assert name is not None, f"{path}/{field['name']}"
        if "struct" in field:
            inner = declared[name]
            assert inner is not None
            assert inner.wire_name == field["struct"]["vmsd_name"]
            if field["struct"]["fields"][0]["type"] != "tmp":
                agree(inner, field["struct"], f"{path}/{name}")
    known = {subsection.wire_name: subsection for subsection in ours.subsections}
    sent = [subsection["vmsd_name"] for subsection in theirs.get("subsections", ())]
    assert [name for name in known if name in sent] == sent, f"subsections of {path}, in order"
    for subsection in theirs.get("subsections", ()):
        agree(known[subsection["vmsd_name"]], subsection, subsection["vmsd_name"])


def numbered(named: list[tuple[str, Description | None]]) -> dict[str, Description | None]:
    """Several fields of one name are told apart by a number, as descriptions do."""
    names = [name for name, _ in named]
    return {
        f"{name}[{names[:at].count(name)}]" if names.count(name) > 1 else name: inner
        for at, (name, inner) in enumerate(named)
    }


def fields(items: tuple[WireItem, ...]) -> Iterator[tuple[str, Description | None]]:
    for item in items:
        if isinstance(item, Group | Run | Repeat):
            yield from fields(item.items)
        elif hasattr(item, "wire_name"):
            type_ = innermost(item.type)
            yield item.wire_name, type_.description if isinstance(type_, Struct) else None


def test_every_section_of_the_captures_has_a_schema() -> None:
    found = {
        section.vmsd_name
        for path in DATA.glob("*.mig.xz")
        if path.name != "none-bare.mig.xz"
        for section in stream(path.name.removesuffix(".mig.xz")).sections
        if section.name not in OPAQUE
    }
    assert found == set(devices())


@pytest.mark.parametrize("name", ["i8254", "pckbd", "ps2kbd", "mc146818rtc", "fw_cfg", "hpet", "serial"])
def test_a_cut_section_is_refused_and_the_state_stays(name: str) -> None:
    section = stream("pc-keys").find(name)
    device, state = receiver(section, stream("pc-keys"))
    before = reset_state(device)
    whole = bytes(section.body)
    ends = set(range(len(whole))) - complete_prefixes(whole)
    for length in sorted(ends):
        with pytest.raises(Refusal):
            decode(device, state, whole[:length], section.version_id, receiver=False)
        assert state == before


def complete_prefixes(body: bytes) -> set[int]:
    """Where a body could end as well: before each of its subsections, which are all optional."""
    return {match.start() for match in re.finditer(rb"\x05[\x0a-\x30](?:pckbd|ps2kbd|fw_cfg|hpet|serial)[/_]", body)}


def test_decoded_values() -> None:
    def decoded(name: str, instance: int = 0) -> State:
        section = stream("pc-used").find(name, instance)
        device, state = receiver(section, stream("pc-used"))
        decode(device, state, bytes(section.body), section.version_id, receiver=False)
        return state

    assert decoded("mc146818rtc")["cmos_data"][0x50:0x56] == b"vmsgen"
    pit = decoded("i8254")["channels"]
    assert [(c["count"], c["mode"]) for c in pit] == [(11932, 2), (18, 2), (0x533, 3)]
    serial = decoded("serial")["state"]
    assert serial["divider"] == 12
    assert bytes(serial["recv_fifo"]["data"]) == b"vmsgen was here!"
    assert decoded("pckbd")["kbd"]["outport"] == 0x03
    assert decoded("ps2kbd")["ledstate"] == 2
    assert decoded("fw_cfg")["cur_offset"] == 2
    assert decoded("i8259", 1)["irq_base"] == 0x70
    assert decoded("port92")["outport"] == 2
    assert decoded("vmmouse")["queue"][0] == 0x3442554A
