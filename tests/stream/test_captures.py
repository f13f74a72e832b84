"""Every stream in tests/data, against what its index says of it."""

import hashlib
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from vmstate.errors import FramingError
from vmstate.stream import Page, read_stream

DATA = Path(__file__).parents[1] / "data"
INDEX = json.loads((DATA / "index.json").read_text())
READABLE = [pytest.param(entry, id=entry["name"]) for entry in INDEX if entry["sections"]]


def load(entry: dict[str, Any]) -> bytes:
    return lzma.decompress((DATA / entry["file"]).read_bytes())


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["name"])
def test_the_stream_is_the_one_in_the_index(entry: dict[str, Any]) -> None:
    data = load(entry)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_no_stream_is_left_out() -> None:
    assert {entry["file"] for entry in INDEX} == {path.name for path in DATA.glob("*.xz")}
    assert len(READABLE) >= 8


@pytest.mark.parametrize("entry", READABLE)
def test_its_sections(entry: dict[str, Any]) -> None:
    data = load(entry)
    stream = read_stream(data)
    assert [[s.name, s.instance_id, s.version_id, len(s.body)] for s in stream.sections] == entry["sections"]
    assert stream.footers is entry["footers"]
    assert (stream.configuration.machine if stream.configuration else None) == entry["machine"]
    for section in stream.sections:
        # The header, written out again, stands where the section is said to be; the body ends at the footer.
        head = b"\x04" + section.section_id.to_bytes(4, "big") + bytes([len(section.name)]) + section.name.encode()
        head += section.instance_id.to_bytes(4, "big") + section.version_id.to_bytes(4, "big")
        assert data[section.offset : section.body_offset] == head
        end = section.body_offset + len(section.body)
        if stream.footers:
            assert data[end : end + 5] == b"\x7e" + section.section_id.to_bytes(4, "big")
        else:
            assert data[end] in (0x00, 0x04)


def test_a_stream_without_description_says_so() -> None:
    (entry,) = (entry for entry in INDEX if entry["name"] == "none-bare")
    with pytest.raises(FramingError) as caught:
        read_stream(load(entry))
    assert caught.value.code == "stream-no-description"


@pytest.mark.parametrize("entry", READABLE)
def test_nobody_elses_rom_is_in_its_memory(entry: dict[str, Any]) -> None:
    memory: dict[str, dict[int, bytes]] = {}

    def keep(page: Page) -> None:
        memory.setdefault(page.block.name, {})[page.start] = page.contents()

    data = load(entry)
    blocks = {block.name: block for block in read_stream(data, pages=keep).blocks}
    for name, pages in memory.items():
        whole = b"".join(contents for _, contents in sorted(pages.items()))
        if name == "pc.bios":
            # Ours: it starts with cli; xor ax, ax, ends with a jump to its start, and most of it is empty.
            assert blocks[name].used_length == 0x10000
            assert whole[:3] == b"\xfa\x31\xc0"
            assert whole[0xFFF0:0xFFF5] == b"\xea\x00\x00\x00\xf0"
            assert whole.count(0) > 0xF000
        elif "acpi" not in name and "table-loader" not in name:
            assert len(whole) - whole.count(0) <= 4 or name.endswith(".ram"), name
        for word in (b"SeaBIOS", b"VGABIOS", b"VGA BIOS", b"iPXE", b"\x55\xaa", b"coreboot", b"qboot", b"Option ROM"):
            assert word not in whole, (name, word)
