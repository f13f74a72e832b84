"""What a machine writes, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.machine.live import Chunks
from vmstate._types import Sections
from vmstate.errors import TruncatedError, VMStateError
from vmstate.machine import Machine, Switches

BARE = Switches(configuration=False, footers=False, description=False)
HEADER = bytes.fromhex("51 45 56 4d 00 00 00 03")


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


def test_two_devices(board: Any) -> None:
    vm = Machine("none", switches=Switches(description=False))
    vm.register(board.Tiny(a=1, b=2, c=3, d=4))
    vm.register(board.Tiny(a=5))
    assert vm.dumps() == HEADER + hexed(
        "07 00000004 6e6f6e65"
        "04 00000000 04 74696e79 00000000 00000001 01020304 7e 00000000"
        "04 00000001 04 74696e79 00000001 00000001 05000000 7e 00000001"
        "00"
    )


def test_an_old_machine_type_has_neither_configuration_nor_footers(board: Any) -> None:
    vm = Machine("pc-i440fx-2.2", switches=Switches.of_machine_type("pc-i440fx-2.2"))
    vm.register(board.Tiny())
    assert vm.dumps() == HEADER + hexed("04 00000000 04 74696e79 00000000 00000001 00000000 00")


@pytest.mark.parametrize(
    ("name", "configuration", "footers", "description"),
    [
        ("pc-i440fx-2.4", True, True, True),
        ("pc-i440fx-2.3", False, False, True),
        ("pc-q35-2.2", False, False, False),
        ("pseries-2.2", False, False, False),
        ("virt-2.2", False, False, True),
        ("pc-i440fx-10.0", True, True, True),
        ("my-board", True, True, True),
    ],
)
def test_switches_of_machine_types(name: str, configuration: bool, footers: bool, description: bool) -> None:
    switches = Switches.of_machine_type(name)
    assert (switches.configuration, switches.footers, switches.description) == (configuration, footers, description)


def test_switches_of_later_machine_types() -> None:
    for name, flush in (("pc-q35-8.0", False), ("pc-q35-8.1", True), ("virt-10.0", True), ("microvm", False)):
        assert Switches.of_machine_type(name) == Switches(multifd_flush=flush)


def test_subsections_of_the_configuration() -> None:
    uuid = bytes(range(16))
    vm = Machine("virt", minimum_page_bits=10, capabilities=["x-ignore-shared"], uuid=uuid,
                 switches=Switches(description=False))  # fmt: skip
    assert vm.dumps() == HEADER + hexed(
        "07 00000004 76697274"
        "05 1e 636f6e66696775726174696f6e2f7461726765742d706167652d62697473 00000001 0000000c"
        "05 1a 636f6e66696775726174696f6e2f6361706162696c6974696573 00000001 00000001 0f 782d69676e6f72652d736861726564"
        "05 12 636f6e66696775726174696f6e2f75756964 00000001"
    ) + uuid + b"\0"  # fmt: skip


def test_the_smallest_page_is_not_said() -> None:
    vm = Machine("x", minimum_page_bits=12, page_bits=12, switches=Switches(description=False))
    assert vm.dumps() == HEADER + hexed("07 00000001 78 00")


def test_live_state_comes_first_and_what_is_early_before_it(board: Any) -> None:
    vm = Machine("x", switches=BARE)
    vm.register(board.Tiny())
    vm.register_live("chunks", Chunks(bytearray(b"abcdefgh")), version=4)
    vm.register(board.Plug(size=9))
    vm.register(board.Bridge(bus=3))
    assert vm.dumps() == HEADER + hexed(
        "04 00000002 04 706c7567 00000000 00000001 00000009"
        "01 00000001 06 6368756e6b73 00000000 00000004 00000008"
        "02 00000001 00 04 61626364 01 04 65666768 ff"
        "03 00000001 ff"
        "04 00000003 06 627269646765 00000000 00000001 03"
        "04 00000000 04 74696e79 00000000 00000001 00000000"
        "00"
    )


def test_without_anything_pending_there_is_no_part() -> None:
    vm = Machine("x", switches=BARE)
    vm.register_live("chunks", Chunks(bytearray()), version=1)
    assert vm.dumps() == HEADER + hexed("01 00000000 06 6368756e6b73 00000000 00000001 00000000 03 00000000 ff 00")


def test_a_device_that_is_not_needed_is_not_sent(board: Any) -> None:
    vm = Machine("x", switches=BARE)
    dma = board.Dma()
    vm.register(dma)
    assert vm.dumps() == HEADER + b"\0"
    dma.update(busy=1, address=2)
    assert vm.dumps() == HEADER + hexed("04 00000000 03 646d61 00000000 00000001 01 00000002 00")


def test_functions_in_between(board: Any) -> None:
    vm = Machine("x", switches=BARE)
    vm.register(board.Tiny(a=1))
    vm.register_savevm(None, "slirp", 0, 4, lambda file, opaque: file.put_buffer(opaque), lambda *_: None, b"xyz")
    vm.register(board.Tiny(a=2))
    assert vm.dumps() == HEADER + hexed(
        "04 00000000 04 74696e79 00000000 00000001 01000000"
        "04 00000001 05 736c697270 00000000 00000004 78797a"
        "04 00000002 04 74696e79 00000001 00000001 02000000"
        "00"
    )


@pytest.mark.parametrize("count", [0, 1, 70, 700])
def test_a_description_is_whole_however_long_it_is(board: Any, count: int) -> None:
    vm = Machine("x", switches=Switches(configuration=False, footers=False))
    for _ in range(count):
        vm.register(board.Tiny())
    fields = ", ".join(f'{{"name": "{name}", "type": "uint8", "size": 1}}' for name in "abcd")
    devices = ", ".join(
        f'{{"name": "tiny", "instance_id": {i}, "vmsd_name": "tiny", "version": 1, "fields": [{fields}]}}'
        for i in range(count)
    )
    text = f'{{"page_size": 4096, "devices": [{devices}]}}'.encode()
    stream = vm.dumps()
    assert stream[8 + 22 * count :] == b"\x00\x06" + len(text).to_bytes(4, "big") + text


def test_the_description_lists_what_was_sent(board: Any) -> None:
    vm = Machine("x", switches=Switches(configuration=False, footers=False), page_bits=13)
    vm.register_savevm(None, "slirp", 3, 4, lambda file, opaque: file.put_buffer(b"abc"), lambda *_: None, None)
    vm.register(board.Dma())
    data = vm.dumps()
    text = (
        b'{"page_size": 8192, "devices": [{"name": "slirp", "instance_id": 3, "size": 3, '
        b'"fields": [{"name": "data", "size": 3, "type": "buffer"}]}]}'
    )
    assert data.endswith(b"abc\x00\x06" + len(text).to_bytes(4, "big") + text)
    vm.register(board.Tiny())
    described = json.loads(
        vm.dumps().rpartition(b'{"page_size"')[0] and vm.dumps()[vm.dumps().index(b'{"page_size"') :]
    )
    assert [(each["name"], each["instance_id"]) for each in described["devices"]] == [("slirp", 3), ("tiny", 0)]


def test_paths_name_a_section_and_leave_the_old_name_to_older_senders(board: Any) -> None:
    vm = Machine("x", switches=BARE)
    first, second = board.Tiny(), board.Tiny()
    one = vm.vmstate_register("0000:00:01.0", -1, board.Tiny, first)
    two = vm.vmstate_register("0000:00:02.0", -1, board.Tiny, second)
    assert (one.idstr, one.instance_id, one.compat) == ("0000:00:01.0/tiny", 0, ("tiny", 0))
    assert (two.idstr, two.instance_id, two.compat) == ("0000:00:02.0/tiny", 0, ("tiny", 1))
    old = HEADER + hexed("04 00000005 04 74696e79 00000001 00000001 09080706 00")
    vm.loads(old, missing="keep")
    assert (first.a, second.a, second.d) == (0, 9, 6)


def test_instances_and_aliases(board: Any) -> None:
    vm = Machine("x", switches=BARE)
    device = board.Tiny()
    assert vm.register(device, instance_id=0x80000000, alias_id=7).instance_id == 0x80000000
    assert vm.register(board.Tiny()).instance_id == 0x80000001
    with pytest.raises(ValueError, match="'tiny', instance 7, is registered already"):
        vm.register(board.Tiny(), instance_id=7)
    vm.loads(HEADER + hexed("04 00000005 04 74696e79 00000007 00000001 09080706 00"), missing="keep")
    assert device.a == 9


def test_the_seeds_names_find_the_machine_that_is_being_built(board: Any) -> None:
    import vmstate

    vm = Machine("x", switches=BARE)
    with vm.building():
        vmstate.vmstate_register(None, -1, board.Tiny, board.Tiny(a=3))
        vmstate.register_savevm(None, "old", 2, 1, lambda file, opaque: file.put_byte(opaque), lambda *_: None, 5)
    assert vm.dumps() == HEADER + hexed(
        "04 00000000 04 74696e79 00000000 00000001 03000000 04 00000001 03 6f6c64 00000002 00000001 05 00"
    )
    with pytest.raises(LookupError, match="no machine is being built"):
        vmstate.vmstate_register(None, -1, board.Tiny, board.Tiny())


def test_an_unmigratable_device_forbids_all(board: Any) -> None:
    vm = Machine("x")
    stuck = vm.register(board.Stuck())
    with pytest.raises(VMStateError, match="cannot save: its device 'stuck' is unmigratable"):
        vm.dumps()
    vm.unregister(stuck)
    assert vm.dumps().startswith(HEADER)


def test_a_save_that_fails_says_where(board: Any) -> None:
    class Clock(board.Clock):  # type: ignore[misc,name-defined]
        def pre_save(self) -> None:
            raise RuntimeError("no")

    vm = Machine("x")
    chunks = Chunks(bytearray(4))
    vm.register_live("chunks", chunks, version=1)
    vm.register(board.Clock())
    vm.register(Clock())
    with pytest.raises(RuntimeError) as caught:
        vm.dumps()
    assert caught.value.__notes__ == [
        "raised by the hook pre_save of clock during a save",
        "in section 'clock', instance 1",
    ]
    assert chunks.calls == ["begin_save", "end_save"]


def test_sections_by_themselves(board: Any) -> None:
    tiny, dma = board.Tiny(a=1), board.Dma()
    sections = Sections([(b"<", tiny, b">"), (b"(", dma, b")")])
    seen: list[bytes] = []
    assert len(sections) == 2 and sections.optional == [False, True]
    assert sections.save() == hexed("3c 01000000 3e")
    assert sections.spans == [(0, 1, 5), None]
    dma.update(busy=1, address=2)
    sections.save_to(lambda view: seen.append(bytes(view)))
    assert seen == [sections.save()] == [hexed("3c 01000000 3e 28 01 00000002 29")]
    with pytest.raises(RuntimeError, match="a hook saves or loads the sections"):
        sections.save_to(lambda view: sections.save())
    kept: list[memoryview] = []
    sections.save_to(lambda view: kept.append(view[:1]))
    tiny.a = 9
    assert sections.save()[1] == 9 and bytes(kept[0]) == b"<"
    assert sections.load(0, b"xx\x05\x06\x07\x08yy", 2, 1, 100) == 6
    assert tiny.as_dict() == {"a": 5, "b": 6, "c": 7, "d": 8}
    with pytest.raises(TruncatedError) as caught:
        sections.load(1, b"\x01\x02", 0, 1, 100)
    assert (caught.value.offset, sections.failed) == (101, 1)
    for wrong in ([(b"", tiny)], [("", tiny, b"")], [(b"", 5, b"")], [(b"", board.Port(), 5)]):
        with pytest.raises(TypeError):
            Sections(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="more than 1048576 bytes around a state"):
        Sections([(b"", tiny, bytes((1 << 20) + 1))])
    with pytest.raises(IndexError):
        sections.load(2, b"", 0, 1, 0)


def test_headers_and_footers_of_all_lengths(board: Any) -> None:
    around = [bytes(range(length)) for length in (0, 1, 31, 32, 33, 64, 200)]
    sections = Sections([(header, board.Tiny(a=7), footer) for header in around for footer in around])
    assert sections.save() == b"".join(header + b"\7\0\0\0" + footer for header in around for footer in around)


def test_sections_that_grow(board: Any) -> None:
    tiny = board.Tiny(a=1)
    sections = Sections([(bytes([number % 256]) * 999, tiny, b"") for number in range(100)])
    whole = b"".join(bytes([number % 256]) * 999 + b"\x01\0\0\0" for number in range(100))
    assert sections.save() == sections.save() == whole


def described(vm: Machine) -> list[dict[str, Any]]:
    data = vm.dumps()
    found: list[dict[str, Any]] = json.loads(data[data.rindex(b'{"page_size"') :])["devices"]
    return found


def test_a_description_is_of_the_state_of_its_save(board: Any) -> None:
    """That of a tiny is always the same, that of a hub is not, and a dma is sent only if it does something."""

    class Hub(board.Hub):  # type: ignore[misc]
        def has_extra(self, version: int) -> bool:
            return bool(self.wanted)

    vm, hub, dma = Machine("x"), Hub(), board.Dma()
    for device in (board.Tiny(), hub, dma, board.Tiny()):
        vm.register(device)
    tiny = {
        "vmsd_name": "tiny",
        "version": 1,
        "fields": [{"name": name, "type": "uint8", "size": 1} for name in "abcd"],
    }
    for wanted, busy in [(False, 0), (True, 1), (False, 1), (True, 0)]:
        hub.wanted, dma.busy = wanted, busy
        devices = described(vm)
        assert [each["name"] for each in devices] == ["tiny", "hub", *["dma"] * busy, "tiny"]
        assert [each["instance_id"] for each in devices if each["name"] == "tiny"] == [0, 1]
        assert [{**each, "name": 0, "instance_id": 0} for each in (devices[0], devices[-1])] == [
            {"name": 0, "instance_id": 0, **tiny}
        ] * 2
        assert [each["vmsd_name"] for each in devices[1].get("subsections", [])] == ["hub/extra"] * wanted


def test_a_description_of_ones_own(board: Any) -> None:
    class Own(board.Tiny):  # type: ignore[misc]
        noted = 0

        def describe(self, *which: Any) -> bytes:
            type(self).noted += 1
            return b'{"name": "tiny", "instance_id": %d, "note": %d}' % (which[1], self.noted)

    vm = Machine("x")
    vm.register(Own())
    assert [described(vm), described(vm)] == [[{"name": "tiny", "instance_id": 0, "note": n}] for n in (1, 2)]
