"""What lies outside of a state, and what only a device model can code: the bytes of each, through a module."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace
from typing import Any

import pytest

import vmstate

# fmt: off
N        = bytes.fromhex("02")
RATIO    = bytes.fromhex("3ff8000000000000")                    # 1.5
SEEN     = bytes.fromhex("8000000000000001 0000000000000001")   # bits 0, 63 and 64
BITS     = bytes.fromhex("0000000000008001")                    # 16 of them: one word
THEN     = bytes.fromhex("05")                                  # as version 1, without y
SLOTS    = bytes.fromhex("30 01 0002 30")                       # only number 1
TIMERS   = bytes.fromhex("0000000000000009 30")
QUEUE    = bytes.fromhex("01 03 0004 01 05 0006 00")
MAPPINGS = bytes.fromhex("00000002 01 0000000000000007 08 0009 01 0000000000000107 0a 000b 00")
WORDS    = bytes.fromhex("0001 0002 0003 0004")
RAW      = b"ok"
PAIRS    = bytes.fromhex("0c 000d 0e 000f")
MARKS    = bytes.fromhex("0000000000000001 0000000000008000")   # bits 0 and 79, of 80
IRQS     = bytes.fromhex("cafe")
LATE     = bytes.fromhex("10")
FP       = bytes.fromhex("77")
# fmt: on
ALLOCATED = WORDS + RAW + PAIRS + MARKS
BODY = N + RATIO + SEEN + BITS + THEN + SLOTS + TIMERS + QUEUE + MAPPINGS + ALLOCATED + IRQS + LATE + FP
FIELDS: dict[str, Any] = {
    "n": 2, "ratio": 1.5, "seen": 1 | 1 << 63 | 1 << 64, "bits": 0x8001, "then": {"x": 5},
    "slots": [None, {"a": 1, "b": 2}, None], "timers": [9, None], "queue": [{"a": 3, "b": 4}, {"a": 5, "b": 6}],
    "mappings": {263: {"a": 10, "b": 11}, 7: {"a": 8, "b": 9}}, "words": [[1, 2], [3, 4]], "raw": b"ok",
    "pairs": [{"a": 12, "b": 13}, {"a": 14, "b": 15}], "marks": 1 | 1 << 79, "late": 16,
}  # fmt: skip


class Coding:
    """The hooks that only a device model can have; a mix-in."""

    def get_irqs(self, reader: vmstate.Reader) -> None:
        assert reader.get_be16() == 0xCAFE

    def put_irqs(self, writer: vmstate.Writer) -> None:
        writer.put_be16(0xCAFE)

    def fp_pre_save(self) -> None:
        self.fp.mantissa = 0x77

    def load_state_old(self, reader: vmstate.Reader, version: int) -> None:
        self.n, self.old_version = reader.get_byte(), version


_made: dict[int, type] = {}


@pytest.fixture
def rest(modules: SimpleNamespace) -> Any:
    """The device with its hooks; the class is at module level, so that it can be pickled."""
    if id(modules) not in _made:
        _made[id(modules)] = type("Rest", (Coding, modules.rest.Rest), {"__module__": __name__, "__qualname__": "Rest"})
        globals()["Rest"] = _made[id(modules)]
    return _made[id(modules)]


def test_every_kind_has_its_bytes(rest: Any) -> None:
    assert rest(**FIELDS).save() == BODY


def test_they_come_back(rest: Any) -> None:
    sender = rest(**FIELDS, fp={"mantissa": 0x77})
    loaded = rest.load(BODY, 3, layout=sender)
    assert loaded == sender
    assert loaded.ratio == 1.5
    assert [bit for bit, on in enumerate(loaded.seen) if on] == [0, 63, 64]
    assert (len(loaded.bits), int(loaded.bits)) == (16, 0x8001)
    assert loaded.slots[0] is None and (loaded.slots[1].a, loaded.slots[1].b) == (1, 2)
    assert list(loaded.timers) == [9, None]
    assert [(pair.a, pair.b) for pair in loaded.queue] == [(3, 4), (5, 6)]
    assert list(loaded.mappings) == [7, 263] and loaded.mappings[263].b == 11
    assert loaded.words.tolist() == [[1, 2], [3, 4]] and bytes(loaded.raw) == b"ok"
    assert loaded.pairs[1].b == 15
    assert (len(loaded.marks), int(loaded.marks)) == (80, 1 | 1 << 79)
    assert loaded.fp.mantissa == 0x77
    assert loaded.save() == BODY


def test_dict_copy_pickle_and_blob(rest: Any) -> None:
    device = rest(**FIELDS)
    device.save()  # its hook sets the tmp
    plain = device.as_dict()
    assert plain == {**FIELDS, "mappings": dict(sorted(FIELDS["mappings"].items())), "then": {"x": 5, "y": 0},
                     "fp": {"mantissa": 0x77}}  # fmt: skip
    again = rest()
    again.update(plain)
    assert again == device
    for other in (
        copy.copy(device),
        copy.deepcopy(device),
        pickle.loads(pickle.dumps(device)),
        rest.loads(device.dumps()),
    ):
        assert other == device and other.save() == BODY
        other.queue[0].a = 99
        other.mappings[7].b = 99
        other.words[0, 0] = 99
        other.marks[1] = True
        assert device.marks == 1 | 1 << 79
        assert device.queue[0].a == 3 and device.mappings[7].b == 9 and device.words[0, 0] == 1
        assert other != device


def test_every_cut_is_refused_and_leaves_all_as_it_was(rest: Any) -> None:
    device = rest(**FIELDS, fp={"mantissa": 1})
    before = device.as_dict()
    for size in range(len(BODY)):
        with pytest.raises(vmstate.TruncatedError):
            device.restore(BODY[:size], 3)
        assert device.as_dict() == before


def test_an_element_that_the_receiver_misses(rest: Any) -> None:
    with pytest.raises(vmstate.ValidationError) as refused:
        rest.load(BODY, 3)
    assert (refused.value.code, refused.value.path, refused.value.found, refused.value.allowed) == (
        "marker", "slots[1]", 1, 0x30,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        (QUEUE, "01 03 0004 01 05 0006 01 05 0006 01 05 0006 00", "count", "queue"),
        (QUEUE, "01 03 03e9 00", "range", "queue[0].b"),
        (MAPPINGS, "00000002 01 0000000000000007 08 0009 01 0000000000000007 0a 000b 00", "key", "mappings[1].key"),
        (MAPPINGS, "00000002 01 0000000000000007 08 0009 00", "count", "mappings"),
        (MAPPINGS, "00000004", "count", "mappings"),
    ],
)
def test_refused_contents(rest: Any, old: bytes, new: str, code: str, path: str) -> None:
    device = rest(**FIELDS)
    with pytest.raises(vmstate.ValidationError) as refused:
        device.restore(BODY.replace(old, bytes.fromhex(new)), 3)
    assert (refused.value.code, refused.value.path) == (code, path)
    assert device == rest(**FIELDS)


def test_what_ends_inside_of_a_hook_is_told_with_its_place(rest: Any) -> None:
    end = BODY.index(IRQS)
    with pytest.raises(vmstate.TruncatedError) as refused:
        rest(**FIELDS).restore(BODY[: end + 1], 3)
    assert (refused.value.path, refused.value.offset, refused.value.allowed) == ("irqs", end, 2)


def test_without_the_hooks(modules: SimpleNamespace) -> None:
    with pytest.raises(vmstate.HookError) as refused:
        modules.rest.Rest().save()
    assert (refused.value.code, refused.value.path) == ("no-hook", "irqs")
    with pytest.raises(vmstate.HookError) as refused:
        modules.rest.Rest().restore(b"\1", 0)
    assert refused.value.code == "no-hook"


def test_old_versions_go_to_their_hook(rest: Any) -> None:
    device = rest(**FIELDS)
    device.restore(b"\x07", 0)
    assert (device.n, device.old_version, len(device.queue)) == (7, 0, 2)
    with pytest.raises(vmstate.TrailingError):
        device.restore(b"\x07\x08", 0)


def test_a_device_that_codes_itself(modules: SimpleNamespace) -> None:
    class Legacy(modules.rest.Legacy):
        text = ""

        def save_state(self, writer: vmstate.Writer) -> None:
            writer.put_counted_string(self.text)
            writer.put_sbe16(-2)
            writer.put_be64(1 << 63)
            writer.put_buffer(bytes(3000))

        def load_state(self, reader: vmstate.Reader, version: int) -> None:
            self.text = reader.get_counted_string()
            self.loaded = (reader.get_sbe16(), reader.get_be64(), reader.get_buffer(3000), reader.offset, version)
            self.reader = reader

    device = Legacy()
    device.text = "hé"
    body = bytes.fromhex("03 68c3a9 fffe 8000000000000000") + bytes(3000)
    assert device.save() == body
    loaded = Legacy.load(body, 2)
    assert (loaded.text, loaded.loaded) == ("hé", (-2, 1 << 63, bytes(3000), 3014, 2))
    with pytest.raises(ValueError, match="the hook that this was for is over"):
        loaded.reader.get_byte()
    with pytest.raises(vmstate.VersionError):
        Legacy.load(body, 5)
    assert Legacy.is_opaque and not modules.rest.Rest.is_opaque


def test_words_about_a_device(rest: Any) -> None:
    device = rest(n=9)
    assert device.needed is False
    device.n = 8
    assert device.needed is True
    assert device.dev_unplug_pending() is False
    assert (rest.priority, rest.unmigratable, rest.early_setup) == ("default", False, False)
