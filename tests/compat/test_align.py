"""The way from one sequence of slots to the other."""

from __future__ import annotations

import pytest

from vmsgen.compat.align import OTHER_NAME, OTHER_SHAPE, SAME, _path


def way(ours: str, theirs: str, other: int | None = None) -> tuple[list[str], int]:
    """What meets what, a dash for nothing, and how many questions that took. Letters are the same in any case."""
    asked = 0

    def cost(i: int, j: int) -> int | None:
        nonlocal asked
        asked += 1
        if ours[i] == theirs[j]:
            return SAME
        return OTHER_SHAPE if ours[i].lower() == theirs[j].lower() else other

    met = _path(_least(ours, theirs, other), _least(theirs, ours, other), cost)
    return [("-" if i is None else ours[i]) + ("-" if j is None else theirs[j]) for i, j in met], asked


def _least(side: str, others: str, other: int | None) -> list[int | None]:
    known, folded = set(others), set(others.lower())
    return [SAME if slot in known else OTHER_SHAPE if slot.lower() in folded else other for slot in side]


@pytest.mark.parametrize(
    ("ours", "theirs", "met"),
    [
        ("", "", ""),
        ("ab", "", "a- b-"),
        ("", "ab", "-a -b"),
        ("abc", "abc", "aa bb cc"),
        ("abc", "xabc", "-x aa bb cc"),
        ("abcx", "abc", "aa bb cc x-"),
        ("abcde", "bcxde", "a- bb cc -x dd ee"),
        ("abc", "aBc", "aa bB cc"),
    ],
)
def test_the_cheapest_way(ours: str, theirs: str, met: str) -> None:
    assert " ".join(way(ours, theirs)[0]) == met


def test_other_names_meet_where_that_is_cheaper_than_two_gaps() -> None:
    assert way("axb", "ayb", OTHER_NAME)[0] == ["aa", "xy", "bb"]
    assert sorted(way("axb", "ayb")[0]) == ["-y", "aa", "bb", "x-"]


def test_few_questions_about_many_slots() -> None:
    many = "".join(chr(0x4E00 + number) for number in range(2000))
    for ours, theirs in (
        (many, "x" + many),
        (many + "x", many),
        ("x" + many, many + "x"),
        (many, many[:999] + many[1000:]),
    ):
        met, asked = way(ours, theirs)
        assert len(met) <= 2002
        assert asked < 8 * 2000


@pytest.mark.parametrize("longer", [0, 1, 700])
def test_few_questions_where_every_name_is_another(longer: int) -> None:
    ours = "".join(chr(0x4E00 + number) for number in range(1000))
    theirs = "".join(chr(0x7000 + number) for number in range(1000 + longer))
    met, asked = way(ours, theirs, OTHER_NAME)
    assert len(met) == 1000 + longer
    assert asked < 4 * 1000


def test_few_questions_where_every_second_shape_is_another() -> None:
    ours = "aB" * 700
    met, asked = way(ours, "ab" * 700)
    assert met == ["aa", "Bb"] * 700
    assert asked < 4 * 1400
