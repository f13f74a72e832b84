"""Sections.describe: what a description says of all sections of a save, in the texts that their states keep."""

from __future__ import annotations

import gc
import random
from typing import Any

import pytest

from tests.unit.runtime.building import build
from vmstate import File, FramingError, Machine
from vmstate._types import Sections, Texts

TINY = (
    b'{"name": "%s", "instance_id": %d, "vmsd_name": "tiny", "version": 1, "fields": ['
    b'{"name": "a", "type": "uint8", "size": 1}, {"name": "b", "type": "uint8", "size": 1}, '
    b'{"name": "c", "type": "uint8", "size": 1}, {"name": "d", "type": "uint8", "size": 1}]}'
)
DMA = b'{"name": "dma", "instance_id": 0, "own": %d}'

SCHEMA = """
device part version 1 {
    number : u8
    subsection odd version 1 needed number & 1 { odd : u8 }
}
device rows version 1 { rows : list<Row max 2000> }
struct Row version 1 { number : u8  more : u8 when number & 1 }
device rare version 1 needed number != 0 { number : u8 }
"""
PART = (
    b'{"name": "part", "instance_id": 0, "vmsd_name": "part", "version": 1, "fields": '
    b'[{"name": "number", "type": "uint8", "size": 1}]%s}'
)
ODD = (
    b', "subsections": [{"vmsd_name": "part/odd", "version": 1, "fields": '
    b'[{"name": "odd", "type": "uint8", "size": 1}]}]'
)
RARE = (
    b'{"name": "rare", "instance_id": 0, "vmsd_name": "rare", "version": 1, "fields": '
    b'[{"name": "number", "type": "uint8", "size": 1}]}'
)


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"varied.vms": SCHEMA}, tmp_path_factory.mktemp("varied"), "varied_devices")["varied"]


def text(sections: Sections, how: Any) -> bytes:
    """All of it."""
    texts = Texts(b", ")
    sections.describe(how, texts)
    with File.to_bytes() as file:
        file._put_texts(texts)
        written = file.getvalue()
    assert len(written) == texts.size
    return written


def test_those_that_the_last_save_wrote(board: Any) -> None:
    tiny, dma = board.Tiny(), board.Dma()
    sections = Sections([(b"", tiny, b""), (b"", dma, b""), (b"", tiny, b"")])
    how = (("tiny", 7), lambda size: DMA % size, b"{}")
    assert text(sections, how) == b""
    sections.save()
    assert text(sections, how) == TINY % (b"tiny", 7) + b", {}"
    dma.busy = 1
    assert text(sections, how) == TINY % (b"tiny", 7) + b", {}"
    sections.save()
    assert text(sections, how) == TINY % (b"tiny", 7) + b", " + DMA % 5 + b", {}"
    assert text(sections, (b"a", b"b", ("x/tiny", 1))) == b"a, b, " + TINY % (b"x/tiny", 1)
    assert text(Sections([]), ()) == b""


def test_after_changes_of_one_of_all_and_of_none(varied: Any) -> None:
    states = [varied.Part() for _ in range(150)]
    sections = Sections([(b"<", state, b">>") for state in states])
    how = (("part", 0),) * 150
    plain, odd = PART % b"", PART % ODD
    sections.save()
    assert text(sections, how) == b", ".join([plain] * 150)
    states[70].number = 1
    sections.save()
    assert text(sections, how) == b", ".join([*[plain] * 70, odd, *[plain] * 79])
    assert text(sections, how) == b", ".join([*[plain] * 70, odd, *[plain] * 79])
    for state in states:
        state.number ^= 1
    sections.save()
    assert text(sections, how) == b", ".join([*[odd] * 70, plain, *[odd] * 79])
    for state in states:
        state.number = 2
    sections.save()
    assert text(sections, how) == b", ".join([plain] * 150)


def test_long_ones_between_short_ones_and_those_that_are_not_needed(varied: Any) -> None:
    part, rows, rare = varied.Part(), varied.Rows(), varied.Rare(number=1)
    sections = Sections([(b"", state, b"") for state in (part, rows, rare, rows)])
    how = (("part", 0), ("rows", 0), ("rare", 0), ("rows", 0))
    head = b'{"name": "rows", "instance_id": 0, "vmsd_name": "rows", "version": 1, "fields": ['

    def long(count: int) -> bytes:
        each = b'"vmsd_name": "Row", "version": 1, "fields": [{"name": "number", "type": "uint8", "size": 1}], '
        return head + b'{"name": "rows", "type": "qtailq", ' + each * count + b'"size": %d}]}' % (2 * count + 1)

    rows.rows = [{} for _ in range(1500)]
    sections.save()
    assert text(sections, how) == b", ".join([PART % b"", long(1500), RARE, long(1500)])
    rows.rows = [{}]
    sections.save()
    assert text(sections, how) == b", ".join([PART % b"", long(1), RARE, long(1)])
    rare.number = 0
    rows.rows = [{} for _ in range(1501)]
    sections.save()
    assert text(sections, how) == b", ".join([PART % b"", long(1501), long(1501)])
    part.number = 1
    rare.number = 5
    sections.save()
    assert text(sections, how) == b", ".join([PART % ODD, long(1501), RARE, long(1501)])


def test_a_state_that_was_described_elsewhere_in_between(board: Any) -> None:
    tiny = board.Tiny()
    sections = Sections([(b"", tiny, b""), (b"", tiny, b"")])
    sections.save()
    how = (("tiny", 1), ("other", 2))
    whole = TINY % (b"tiny", 1) + b", " + TINY % (b"other", 2)
    assert text(sections, how) == whole
    assert tiny.describe("elsewhere", 3) == TINY % (b"elsewhere", 3)
    assert text(sections, how) == whole


def test_all_states_keep_64_mebibytes_of_texts(varied: Any) -> None:
    def kept(states: list[Any]) -> list[bool]:
        texts = [state.describe(name) for state in states]
        return [state.describe(name) is text for state, text in zip(states, texts, strict=True)]

    gc.collect()
    name = "x" * (4 << 20)
    states = [varied.Part() if number % 2 else varied.Rows() for number in range(17)]
    assert kept(states) == [True] * 15 + [False] * 2
    del states[:3]
    assert kept(states) == [True] * 14
    assert kept([*states, varied.Part(), varied.Rows()]) == [True] * 15 + [False]


def test_random_changes_are_described_as_from_scratch(varied: Any) -> None:
    choose = random.Random(20)

    def change(state: Any) -> None:
        if isinstance(state, varied.Rows):
            state.rows = [{"number": choose.randrange(2)} for _ in range(choose.choice((0, 1, 2, 300)))]
        else:
            state.number = choose.randrange(3)

    def machine(states: list[Any]) -> Machine:
        made = Machine("random")
        for number, state in enumerate(states):
            made.register(state, name=f"{type(state).__name__}/{number}")
        return made

    states = [choose.choice((varied.Part, varied.Rows, varied.Rare))() for _ in range(90)]
    lasting = machine(states)
    for _ in range(60):
        for state in choose.sample(states, choose.choice((0, 1, 5, 90))):
            change(state)
        if choose.randrange(4) == 0:
            choose.choice(states).describe("elsewhere")
        fresh = [type(state)() for state in states]
        for mine, theirs in zip(fresh, states, strict=True):
            mine.update(**theirs.as_dict())
        assert lasting.dumps() == machine(fresh).dumps()


def test_who_fails_is_named_and_the_next_time_is_whole(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"") for _ in range(3)])

    def fails(size: int) -> bytes:
        raise KeyError(size)

    sections.save()
    assert text(sections, (b"a", b"b", b"c")) == b"a, b, c"
    with pytest.raises(KeyError):
        text(sections, (b"A", fails, b"C"))
    assert sections.failed == 1
    assert text(sections, (b"A", b"b", b"C")) == b"A, b, C"
    assert sections.failed is None
    with pytest.raises(RuntimeError, match="a hook saves or loads the sections"):
        text(sections, (b"a", lambda size: sections.save(), b"c"))
    assert text(sections, (b"a", b"b", b"c")) == b"a, b, c"


def test_what_no_load_would_take_is_not_saved(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream would be one that nobody can load: it says so before its end."""
    vm = Machine("x")
    vm.register(board.Tiny(a=1))
    data = vm.dumps()
    monkeypatch.setattr("vmstate.machine.wire.MAX_DESCRIPTION", 100)
    with pytest.raises(FramingError, match=r"a description of \d+ bytes, .*description=False") as caught:
        vm.dumps()
    size = caught.value.found
    assert size is not None and int.from_bytes(data[-size - 4 : -size]) == size
    assert (caught.value.allowed, caught.value.code) == (100, "stream-description")
    monkeypatch.setattr("vmstate.machine.wire.MAX_DESCRIPTION", size)
    assert vm.dumps() == data


def test_what_is_wrong(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"")])
    sections.save()
    wrong_ones: tuple[Any, ...] = (5, ("tiny",), (b"tiny", 1), ("tiny", "1"), ("tiny", 1, 2), lambda size: "text")
    for how in ([b"a"], (), (b"a", b"b"), 5, *((wrong,) for wrong in wrong_ones)):
        with pytest.raises(TypeError):
            text(sections, how)
    for how in ((b"",), (lambda size: b"",)):
        with pytest.raises(ValueError, match="a text is not empty"):
            text(sections, how)
    with pytest.raises(OverflowError):
        text(sections, (("tiny", -1),))
    for arguments in ((), ((b"a",),), ((b"a",), []), ((b"a",), Texts(b""), 1)):
        with pytest.raises(TypeError, match="and Texts"):
            sections.describe(*arguments)  # type: ignore[arg-type, call-arg]
    gc.collect()
    assert text(sections, (("tiny", 0),)) == TINY % (b"tiny", 0)
