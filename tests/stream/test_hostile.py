"""Streams that are cut, bent or made to hurt: each is refused with an error that says where, and none takes long."""

import json
from typing import Any

import pytest

from vmstate.errors import FramingError, TruncatedError, VMStateError
from vmstate.stream import read_stream


def refused(data: bytes, kind: type[VMStateError], code: str) -> VMStateError:
    with pytest.raises(kind) as caught:
        read_stream(data)
    assert type(caught.value) is kind
    assert caught.value.code == code
    return caught.value


def test_every_truncation_is_refused_with_its_place(parts: Any) -> None:
    data = parts.data
    for length in range(len(data)):
        with pytest.raises(VMStateError) as caught:
            read_stream(data[:length])
        assert isinstance(caught.value, TruncatedError | FramingError)
        assert caught.value.offset is not None
        assert 0 <= caught.value.offset <= length
        assert caught.value.code is not None


def test_every_altered_byte_is_read_or_refused(parts: Any) -> None:
    data = parts.data
    accepted = 0
    for at in range(len(data)):
        for value in (0x00, 0x05, 0x7B, 0xFF, data[at] ^ 0x01, data[at] ^ 0x80):
            bent = bytearray(data)
            bent[at] = value
            try:
                stream = read_stream(bent)
            except VMStateError:
                continue
            accepted += 1
            assert len(stream.sections) == 1
    assert accepted > 0


@pytest.mark.parametrize(
    ("part", "code", "offset"),
    [
        ({"header": b"QEVN\x00\x00\x00\x03"}, "stream-magic", 0),
        ({"header": b"QEVM\x00\x00\x00\x02"}, "stream-version", 4),
        ({"configuration": b"\x07\x00\x00\x10\x00none"}, "stream-configuration", 9),
        ({"configuration": b"\x07\x00\x00\x00\x04\xff\xfe\xfd\xfc"}, "stream-name", 13),
        ({"configuration": b"\x07\x00\x00\x00\x01x\x05\x05other\x00\x00\x00\x01"}, "stream-configuration", 14),
        ({"configuration": b"\x0a"}, "stream-element", 8),
        ({"configuration": b"\x08\x00\x07\x00\x04\x00\x00\x00\x00"}, "stream-command", 8),
        ({"configuration": b"\x02\x00\x00\x00\x00"}, "stream-section-id", 8),
        ({"configuration": b"\x01\x00\x00\x00\x02\x05block\x00\x00\x00\x00\x00\x00\x00\x01"}, "stream-live-section", 8),
        ({"configuration": b"\x01\x00\x00\x00\x02\x03ram\x00\x00\x00\x00\x00\x00\x00\x05"}, "stream-live-section", 8),
        ({"tail": b"!"}, "stream-trailing", None),
        ({"end": b"\x00\x00"}, "stream-trailing", None),
        ({"sections": b""}, "stream-missing-section", None),
        ({"devices": ()}, "stream-undescribed-section", None),
        ({"page_size": 4097}, "stream-description", None),
        ({"page_size": "4096"}, "stream-description", None),
        ({"json": b"{}"}, "stream-description", None),
        ({"json": b'{"page_size": 4096, "devices": 3}'}, "stream-description", None),
        ({"json": b'{"page_size": 4096, "devices": [3]}'}, "stream-description", None),
        ({"json": b'{"page_size": 4096, "devices": [{"name": "x"}]}'}, "stream-description", None),
        ({"json": b'{"page_size": 4096, "devices": [}'}, "stream-description", None),
        ({"json": b'{"page_size": 4096.0, "devices": []}'}, "stream-description", None),
        ({"json": b'{"page_size": ' + b"9" * 5000 + b', "devices": []}'}, "stream-description", None),
        ({"json": b'{"page_size": 4096, "devices": "\xff"}'}, "stream-description", None),
    ],
)
def test_a_bent_frame(parts: Any, part: dict[str, Any], code: str, offset: int | None) -> None:
    error = refused(parts.with_(**part).data, FramingError, code)
    if offset is not None:
        assert error.offset == offset


def test_an_empty_stream() -> None:
    assert refused(b"", TruncatedError, "stream-truncated").offset == 0


def test_no_description() -> None:
    refused(b"QEVM\x00\x00\x00\x03\x07\x00\x00\x00\x04none\x00", FramingError, "stream-no-description")


def test_a_cut_description_says_how_much_is_missing(parts: Any) -> None:
    data = parts.data
    whole = len(data) - data.index(b'{"page_size"')
    error = refused(data[:-10], TruncatedError, "stream-truncated")
    assert (error.found, error.allowed) == (whole - 10, whole)


@pytest.mark.parametrize("length", [0x7B, 0x7B22, 0x7B7B, 0x10000, 0x7B0000])
def test_a_description_is_found_whatever_its_length_looks_like(parts: Any, length: int) -> None:
    text = json.dumps({"page_size": 4096, "devices": []}).encode()
    padded = text + b" " * (length - len(text))
    assert read_stream(parts.with_(sections=b"", json=padded).data).sections == ()


def test_deep_nesting_is_refused_before_it_is_parsed(parts: Any) -> None:
    deep = b'{"page_size": 4096, "devices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert refused(parts.with_(json=deep).data, FramingError, "stream-description-depth").found == 97


def test_brackets_in_strings_do_not_nest(parts: Any) -> None:
    device = parts.devices[0] | {"note": '[{"\\' * 1000}
    assert len(read_stream(parts.with_(devices=(device,)).data).sections) == 1


def nested(depth: int, note: str = "") -> bytes:
    """So deep, the object and the list around included, and a device with that note."""
    device = f'{{"name": "x", "instance_id": 0, "note": "{note}", "deep": {"[" * (depth - 3)}{"]" * (depth - 3)}}}'
    return f'{{"page_size": 4096, "devices": [{device}]}}'.encode()


@pytest.mark.parametrize("note", ["", "]" * 300, "}]" * 50, '\\"]' * 300, "[", "}"])
@pytest.mark.parametrize("depth", [10, 31, 32, 33, 34, 95, 96])
def test_what_may_nest(parts: Any, depth: int, note: str) -> None:
    """Whatever stands in strings. The description is read: the section that it lists is missed."""
    refused(parts.with_(json=nested(depth, note), sections=b"").data, FramingError, "stream-missing-section")


@pytest.mark.parametrize("note", ["", "]" * 300, "}]" * 50, '\\"]' * 300, "[", "}"])
@pytest.mark.parametrize("depth", [97, 98, 200])
def test_what_may_not(parts: Any, depth: int, note: str) -> None:
    refused(parts.with_(json=nested(depth, note)).data, FramingError, "stream-description-depth")


@pytest.mark.parametrize("text", [b"{]", b"[" * 90, b'{"a": [}', b'"', b'"[]', b'{"a" "b" ]', b"]" * 200])
def test_brackets_that_do_not_match(parts: Any, text: bytes) -> None:
    refused(parts.with_(json=b'{"page_size": 4096, "devices": ' + text).data, FramingError, "stream-description")


def test_a_string_that_never_ends_costs_no_more_than_its_length(parts: Any) -> None:
    refused(parts.with_(json=b'{"page_size": "' + b'\\"' * 500_000).data, FramingError, "stream-description")


def altered(parts: Any, **field: object) -> bytes:
    """The stream with its first field, `mode`, described otherwise."""
    device = parts.devices[0]
    first = device["fields"][0] | field
    return bytes(parts.with_(devices=(device | {"fields": [first, *device["fields"][1:]]},)).data)


@pytest.mark.parametrize("size", [-1, 1 << 32, 1.5, True, None, "1"])
def test_sizes_that_are_none(parts: Any, size: object) -> None:
    with pytest.raises(FramingError):
        read_stream(altered(parts, size=size))


@pytest.mark.parametrize("field", [{"size": 2**32 - 1}, {"array_len": 2**32 - 1}, {"size": 2**31, "array_len": 2**31}])
def test_sizes_past_the_end(parts: Any, field: dict[str, int]) -> None:
    error = refused(altered(parts, **field), TruncatedError, "stream-truncated")
    assert (error.device, error.instance) == ("board/dev", 2)


def test_four_thousand_million_elements_of_nothing_are_not_counted_one_by_one(parts: Any) -> None:
    nothing = {"type": "struct", "size": 0, "array_len": 2**32 - 1, "struct": {"vmsd_name": "n", "fields": []}}
    refused(altered(parts, **nothing), FramingError, "stream-description-mismatch")


@pytest.mark.parametrize("size", [0, 2])
def test_a_body_of_another_length_misses_its_footer(parts: Any, size: int) -> None:
    with pytest.raises(FramingError) as caught:
        read_stream(altered(parts, size=size))
    assert caught.value.code in ("stream-footer", "stream-description-mismatch")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x05\x0binner/extra", b"\x04\x0binner/extra"),
        (b"inner/extra\x00", b"inner/extrA\x00"),
        (b"extra\x00\x00\x00\x07", b"extra\x00\x00\x00\x08"),
    ],
)
def test_a_subsection_stands_where_and_as_described(parts: Any, old: bytes, new: bytes) -> None:
    sections = parts.sections.replace(old, new)
    assert sections != parts.sections
    refused(parts.with_(sections=sections).data, FramingError, "stream-description-mismatch")


def test_sizes_of_parts_add_up(parts: Any) -> None:
    device = json.loads(json.dumps(parts.devices[0]))
    device["fields"][2]["size"] = 23
    refused(parts.with_(devices=(device,)).data, FramingError, "stream-description-mismatch")
    device["fields"][2]["size"] = 22
    device["fields"][3]["size"] = 2
    refused(parts.with_(devices=(device,)).data, FramingError, "stream-description-mismatch")


@pytest.mark.parametrize("change", [{"name": "other"}, {"instance_id": 3}, {"version": 8}])
def test_section_and_description_must_speak_of_the_same(parts: Any, change: dict[str, Any]) -> None:
    refused(parts.with_(devices=(parts.devices[0] | change,)).data, FramingError, "stream-order")


def test_a_footer_of_another_section(parts: Any) -> None:
    error = refused(parts.with_(sections=parts.sections[:-1] + b"\x06").data, FramingError, "stream-footer")
    assert (error.device, error.instance, error.found, error.allowed) == ("board/dev", 2, 6, 5)


def test_footers_are_everywhere_or_nowhere(parts: Any) -> None:
    refused(parts.with_(sections=parts.sections[:-5]).data, FramingError, "stream-footer")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("0000000000000000", "stream-ram-record"),
        ("0000000000000001", "stream-ram-record"),
        ("000000000000000a 00", "stream-ram-record"),
        ("0000000000000040 00", "stream-ram-record"),
        ("0000000000000100 00", "stream-ram-record"),
        ("0000000000000022 00", "stream-ram-page"),  # continues nothing
        ("0000000000000002 03 616263 00", "stream-ram-page"),  # a block nobody announced
        ("0000000000002002 06 70632e72616d 00", "stream-ram-page"),  # behind the block's end
        ("ffffffffffffe004 01 61 ffffffffffffffff", "stream-ram-block"),
        ("0000000000001004 00 0000000000001000", "stream-ram-block"),  # no name
        ("0000000000001004 01 61 0000000000000000", "stream-ram-block"),  # no bytes
        ("0000000000001004 06 70632e72616d 0000000000001000", "stream-ram-block"),  # announced before
    ],
)
def test_bent_ram_records(parts: Any, record: str, code: str) -> None:
    part = b"\x02\x00\x00\x00\x02" + bytes.fromhex(record) + bytes.fromhex("0000000000000010 7e00000002")
    error = refused(parts.with_(ram=parts.ram + part).data, FramingError, code)
    assert error.offset is not None
    assert error.offset >= len(parts.header + parts.configuration + parts.ram)


def test_block_lists_end(parts: Any) -> None:
    many = b"".join(b"\x04" + f"{n:04x}".encode() + (1).to_bytes(8, "big") for n in range(0x1300))
    part = b"\x02\x00\x00\x00\x02" + (0x2000 | 4).to_bytes(8, "big") + many
    refused(parts.with_(ram=parts.ram + part).data, FramingError, "stream-ram-block")
