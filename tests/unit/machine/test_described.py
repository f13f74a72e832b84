"""Sections.describe: what a description says of all sections of a save, kept while it is what it was."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from vmstate._types import Sections

TINY = (
    b'{"name": "%s", "instance_id": %d, "vmsd_name": "tiny", "version": 1, "fields": ['
    b'{"name": "a", "type": "uint8", "size": 1}, {"name": "b", "type": "uint8", "size": 1}, '
    b'{"name": "c", "type": "uint8", "size": 1}, {"name": "d", "type": "uint8", "size": 1}]}'
)
DMA = b'{"name": "dma", "instance_id": 0, "own": %d}'


def text(sections: Sections, how: Any) -> bytes:
    """All of it, without the comma in front."""
    texts = sections.describe(how)
    assert all(each.startswith(b", ") for each in texts)
    return b"".join(texts)[2:]


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
    assert Sections([]).describe(()) == []


def test_one_text_while_all_say_the_same(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"") for _ in range(3)])
    said = [b"one", b"two", b"three"]
    how: Any = tuple((lambda size, number=number: bytes(bytearray(said[number]))) for number in range(3))
    sections.save()
    (whole,) = sections.describe(how)
    assert whole == b", one, two, three"
    assert sections.describe(how)[0] is whole
    said[1] = b"2.."
    assert text(sections, how) == b"one, 2.., three"
    said[1] = b"two"
    assert text(sections, how) == b"one, two, three"
    assert whole == b", one, two, three"
    for said[:] in ([b"1", b"two", b"three"], [b"1", b"two", b"3"], [b"1", b"2", b"33"], [b"one", b"two", b"three"]):
        assert text(sections, how) == b", ".join(said)
        assert sections.describe(how)[0] is sections.describe(how)[0]


def test_more_than_16_mebibytes_are_not_kept(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"") for _ in range(2)])
    sections.save()
    long = b"x" * (9 << 20)
    (first,) = sections.describe((long, long))
    assert first == b", " + long + b", " + long
    (again,) = sections.describe((long, long))
    assert again == first and again is not first
    assert text(sections, (long, b"y")) == long + b", y"


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


def test_a_text_for_every_64_of_them(board: Any) -> None:
    states = [board.Tiny() if number % 3 else board.Dma(busy=number % 2) for number in range(200)]
    sections = Sections([(b"<", state, b">>") for state in states])
    how = [b"%d" % number for number in range(200)]
    sizes: list[int] = []
    how_all: Any = (lambda size: (sizes.append(size), b"first")[1], *how[1:])
    states[0].busy = 1
    sections.save()
    before = sections.describe(how_all)
    assert b"".join(before) == b", first" + b"".join(b", " + how[n] for n in range(1, 200) if n % 3 or n % 2)
    assert len(before) == 4 and before[1].startswith(b", 64, 65, 67") and before[3] == b", 193, 194, 195, 196, 197, 199"
    how[130] = b"other"
    after = sections.describe((how_all[0], *how[1:]))
    assert [mine is theirs for mine, theirs in zip(after, before, strict=True)] == [True, True, False, True]
    assert after[2] == before[2].replace(b", 130,", b", other,") and sizes == [5, 5]
    others = Sections([(b"", board.Dma(), b"") for _ in range(70)] + [(b"", board.Tiny(), b"")])
    others.save()
    assert others.describe((b"x",) * 71) == [b", x"]


def test_what_is_wrong(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"")])
    sections.save()
    wrong_ones: tuple[Any, ...] = (5, ("tiny",), (b"tiny", 1), b"", lambda size: "text")
    for how in ([b"a"], (), (b"a", b"b"), 5, *((wrong,) for wrong in wrong_ones)):
        with pytest.raises(TypeError):
            sections.describe(how)  # type: ignore[arg-type]
    gc.collect()
    assert text(sections, (("tiny", 0),)) == TINY % (b"tiny", 0)
