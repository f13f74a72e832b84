"""Where the sections of a well-formed stream are found."""

import lzma
from pathlib import Path
from typing import Any

import pytest

from vmstate.stream import Configuration, Page, RamBlock, read_stream

BODY = bytes.fromhex("01 00020003 000000aa 050b696e6e65722f657874726100000007ff 112233")


def test_a_section_is_found_to_the_byte(parts: Any) -> None:
    data = parts.data
    stream = read_stream(data)
    (section,) = stream.sections
    assert (section.name, section.instance_id, section.version_id, section.section_id) == ("board/dev", 2, 9, 5)
    assert section.vmsd_name == "dev"
    assert bytes(section.body) == BODY
    assert section.offset == data.index(b"\x04\x00\x00\x00\x05\x09board/dev")
    assert section.body_offset == section.offset + 1 + 4 + 10 + 4 + 4
    assert data[section.body_offset : section.body_offset + len(BODY)] == BODY
    assert section.description["fields"][0] == {"name": "mode", "type": "uint8", "size": 1}


def test_what_the_stream_says_of_itself(parts: Any) -> None:
    data = parts.data
    stream = read_stream(data)
    assert stream.configuration == Configuration("none")
    assert stream.footers
    assert stream.page_size == 4096
    assert stream.blocks == (RamBlock("pc.ram", 0x2000), RamBlock("pc.bios", 0x1000))
    assert stream.size == len(data)
    assert data[stream.description_offset :].startswith(b'{"page_size": 4096')


def test_the_body_is_a_view_not_a_copy(parts: Any) -> None:
    data = bytearray(parts.data)
    section = read_stream(data).find("board/dev", 2)
    data[section.body_offset] = 0x55
    assert section.body[0] == 0x55


def test_find_names_what_is_missing(parts: Any) -> None:
    with pytest.raises(KeyError, match="no section 'board/dev', instance 0"):
        read_stream(parts.data).find("board/dev")


def test_two_sections_of_one_name_come_in_the_descriptions_order(parts: Any) -> None:
    first = parts.sections
    second = first.replace(b"\x00\x00\x00\x05\x09board", b"\x00\x00\x00\x06\x09board", 1)
    second = second.replace(b"dev\x00\x00\x00\x02", b"dev\x00\x00\x00\x03", 1)[:-1] + b"\x06"
    device = parts.devices[0]
    stream = read_stream(parts.with_(sections=first + second, devices=(device, device | {"instance_id": 3})).data)
    assert [(s.instance_id, s.section_id) for s in stream.sections] == [(2, 5), (3, 6)]


def test_a_stream_of_an_old_machine_has_neither_configuration_nor_footers(parts: Any) -> None:
    ram = parts.ram.replace(b"\x7e\x00\x00\x00\x02", b"")
    stream = read_stream(parts.with_(configuration=b"", ram=ram, sections=parts.sections[:-5]).data)
    assert stream.configuration is None
    assert not stream.footers
    assert bytes(stream.sections[0].body) == BODY


def test_an_opaque_body_has_the_size_the_description_gives(parts: Any) -> None:
    device = {"name": "board/dev", "instance_id": 2, "size": 30, "fields": [{"name": "data", "size": 30}]}
    (section,) = read_stream(parts.with_(devices=(device,)).data).sections
    assert bytes(section.body) == BODY
    assert section.vmsd_name is None


def test_a_null_element_is_one_byte(parts: Any) -> None:
    device = parts.devices[0] | {"fields": [{"name": "css", "array_len": 4, "type": "struct", "struct": {}, "size": 1}]}
    sections = parts.sections.replace(BODY, b"0000")
    (section,) = read_stream(parts.with_(sections=sections, devices=(device,)).data).sections
    assert bytes(section.body) == b"0000"


def test_configuration_subsections(parts: Any) -> None:
    extra = (
        b"\x05\x1econfiguration/target-page-bits\x00\x00\x00\x01\x00\x00\x00\x0c"
        b"\x05\x1aconfiguration/capabilities\x00\x00\x00\x01\x00\x00\x00\x01\x06xbzrle"
        b"\x05\x12configuration/uuid\x00\x00\x00\x01" + bytes(range(16))
    )
    stream = read_stream(parts.with_(configuration=parts.configuration + extra).data)
    assert stream.configuration == Configuration("none", 12, ("xbzrle",), bytes(range(16)))


def test_block_addresses_come_with_the_capability(parts: Any) -> None:
    extra = b"\x05\x1aconfiguration/capabilities\x00\x00\x00\x01\x00\x00\x00\x01\x0fx-ignore-shared"
    plain = b"\x06pc.ram" + (0x2000).to_bytes(8, "big")
    ram = parts.ram.replace(plain, plain + bytes(8)).replace(
        b"\x07pc.bios\x00\x00\x00\x00\x00\x00\x10\x00", b"\x07pc.bios\x00\x00\x00\x00\x00\x00\x10\x00" + bytes(8)
    )
    stream = read_stream(parts.with_(configuration=parts.configuration + extra, ram=ram).data)
    assert [block.name for block in stream.blocks] == ["pc.ram", "pc.bios"]


def test_the_elements_of_a_migration_with_a_return_path(parts: Any) -> None:
    commands = b"\x08\x00\x01\x00\x00" + b"\x08\x00\x02\x00\x04\x00\x00\x00\x01"
    assert len(read_stream(parts.with_(ram=commands + parts.ram).data).sections) == 1


def test_pages_reach_the_sink_in_stream_order(parts: Any) -> None:
    records = (
        bytes.fromhex("0000000000000002 06") + b"pc.ram\x00"  # zero page 0
        + bytes.fromhex("0000000000001028") + b"\x5a" * 4096  # same block, page 1, in full
        + bytes.fromhex("0000000000000002 07") + b"pc.bios\xff"  # filled with ff
    )  # fmt: skip
    part = b"\x02\x00\x00\x00\x02" + records + bytes.fromhex("0000000000000010 7e00000002")
    pages: list[Page] = []
    stream = read_stream(parts.with_(ram=parts.ram + part).data, pages=pages.append)
    assert [(page.block.name, page.start, page.fill) for page in pages] == [
        ("pc.ram", 0, 0), ("pc.ram", 0x1000, 0), ("pc.bios", 0, 0xFF),
    ]  # fmt: skip
    assert pages[0].contents() == bytes(4096)
    assert pages[1].contents() == b"\x5a" * 4096
    assert pages[2].contents() == b"\xff" * 4096
    assert pages[0].block == stream.blocks[0]


def test_the_smallest_stream_of_a_real_qemu() -> None:
    data = lzma.decompress((Path(__file__).parents[1] / "data" / "none.mig.xz").read_bytes())
    stream = read_stream(data)
    assert [(s.name, s.offset, s.body_offset, len(s.body)) for s in stream.sections] == [
        ("timer", 0x49, 0x5C, 24),
        ("slirp", 0x79, 0x8C, 131),
        ("globalstate", 0x114, 0x12D, 104),
    ]
    assert bytes(stream.find("timer").body) == bytes(24)
    assert bytes(stream.find("globalstate").body) == b"\x00\x00\x00\x0aprelaunch" + bytes(91)
