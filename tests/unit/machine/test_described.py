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


def test_those_that_the_last_save_wrote(board: Any) -> None:
    tiny, dma = board.Tiny(), board.Dma()
    sections = Sections([(b"", tiny, b""), (b"", dma, b""), (b"", tiny, b"")])
    how = (("tiny", 7), lambda size: DMA % size, b"{}")
    assert sections.describe(how) == b""
    sections.save()
    assert sections.describe(how) == TINY % (b"tiny", 7) + b", {}"
    dma.busy = 1
    assert sections.describe(how) == TINY % (b"tiny", 7) + b", {}"
    sections.save()
    assert sections.describe(how) == TINY % (b"tiny", 7) + b", " + DMA % 5 + b", {}"
    assert sections.describe((b"a", b"b", ("x/tiny", 1))) == b"a, b, " + TINY % (b"x/tiny", 1)
    assert Sections([]).describe(()) == b""


def test_one_text_while_all_say_the_same(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"") for _ in range(3)])
    said = [b"one", b"two", b"three"]
    how: Any = tuple((lambda size, number=number: bytes(bytearray(said[number]))) for number in range(3))
    sections.save()
    whole = sections.describe(how)
    assert whole == b"one, two, three"
    assert sections.describe(how) is whole
    said[1] = b"2.."
    assert sections.describe(how) == b"one, 2.., three"
    said[1] = b"two"
    assert sections.describe(how) == b"one, two, three"
    assert whole == b"one, two, three"
    for said[:] in ([b"1", b"two", b"three"], [b"1", b"two", b"3"], [b"1", b"2", b"33"], [b"one", b"two", b"three"]):
        assert sections.describe(how) == b", ".join(said)
        assert sections.describe(how) is sections.describe(how)


def test_more_than_16_mebibytes_are_not_kept(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"") for _ in range(2)])
    sections.save()
    long = b"x" * (9 << 20)
    first = sections.describe((long, long))
    assert first == long + b", " + long
    again = sections.describe((long, long))
    assert again == first and again is not first
    assert sections.describe((long, b"y")) == long + b", y"


def test_who_fails_is_named_and_the_next_time_is_whole(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"") for _ in range(3)])

    def fails(size: int) -> bytes:
        raise KeyError(size)

    sections.save()
    assert sections.describe((b"a", b"b", b"c")) == b"a, b, c"
    with pytest.raises(KeyError):
        sections.describe((b"A", fails, b"C"))
    assert sections.failed == 1
    assert sections.describe((b"A", b"b", b"C")) == b"A, b, C"
    assert sections.failed is None
    with pytest.raises(RuntimeError, match="a hook saves or loads the sections"):
        sections.describe((b"a", lambda size: sections.save(), b"c"))
    assert sections.describe((b"a", b"b", b"c")) == b"a, b, c"


def test_what_is_wrong(board: Any) -> None:
    sections = Sections([(b"", board.Tiny(), b"")])
    sections.save()
    wrong_ones: tuple[Any, ...] = (5, ("tiny",), (b"tiny", 1), b"", lambda size: "text")
    for how in ([b"a"], (), (b"a", b"b"), 5, *((wrong,) for wrong in wrong_ones)):
        with pytest.raises(TypeError):
            sections.describe(how)  # type: ignore[arg-type]
    gc.collect()
    assert sections.describe((("tiny", 0),)) == TINY % (b"tiny", 0)
