"""What is asked of values, with the error's attributes and the state afterwards."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vmstate import UnknownSubsectionError, ValidationError, VersionError

GOOD = "04 0000000a 00000002 00000004 01 02"


@pytest.mark.parametrize(
    ("hex_", "path", "offset", "code", "found"),
    [
        ("05 0000000a 00000002 00000004 01 02", "ncpus", 0, "equal", 5),
        ("04 0000000b 00000002 00000004 01 02", "used", 1, "range", 11),
        ("04 ffffffff 00000002 00000004 01 02", "used", 1, "range", -1),
        ("04 0000000a 00000002 00000003 01 02", "even[1]", 9, "where", 3),
    ],
)
def test_values(modules: SimpleNamespace, hex_: str, path: str, offset: int, code: str, found: int) -> None:
    target = modules.wire.Asks(ncpus=4, used=10, even=[6, 8], low=1, high=2)
    before = target.as_dict()
    with pytest.raises(ValidationError) as refused:
        target.restore(bytes.fromhex(hex_), version=1)
    error = refused.value
    assert (error.device, error.path, error.offset, error.code, error.found) == ("asks", path, offset, code, found)
    assert target.as_dict() == before


def test_hint_and_message_are_told(modules: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="number of CPUs differs"):
        modules.wire.Asks(ncpus=3).restore(bytes.fromhex(GOOD), version=1)
    with pytest.raises(ValidationError, match="low runs past high"):
        modules.wire.Asks().restore(bytes.fromhex("04 0000000a 00000002 00000004 03 02"), version=1)


def test_the_receivers_own_values_bound(modules: SimpleNamespace) -> None:
    modules.wire.Asks(used=11).restore(bytes.fromhex("04 0000000b 00000002 00000004 01 02"), version=1)


def test_without_a_receiver_nothing_is_compared(modules: SimpleNamespace) -> None:
    loaded = modules.wire.Asks.load(bytes.fromhex("05 0000ffff 00000002 00000004 01 02"), version=1)
    assert (loaded.ncpus, loaded.used) == (5, 0xFFFF)
    with pytest.raises(ValidationError):
        modules.wire.Asks.load(bytes.fromhex("05 ffffffff 00000002 00000004 01 02"), version=1)


def test_saves_ask_the_same(modules: SimpleNamespace) -> None:
    asks = modules.wire.Asks()
    asks.even[1] = 3
    with pytest.raises(ValidationError) as refused:
        asks.save()
    assert (refused.value.path, refused.value.code, refused.value.found) == ("even[1]", "where", 3)
    asks.even[1] = 4
    asks.low, asks.high = 5, 4
    with pytest.raises(ValidationError, match="low runs past high"):
        asks.save()


def test_assignment_names_the_field(modules: SimpleNamespace) -> None:
    arrays = modules.wire.Arrays()
    with pytest.raises(OverflowError, match=r"n\b.*5.*0\.\.4"):
        arrays.n = 5
    with pytest.raises(TypeError, match="n"):
        arrays.n = "4"


def sums(a: int = 0, b: int = 0, s: int = 0, n: int = 0, rest: str = "") -> bytes:
    head = a.to_bytes(8, "big") + b.to_bytes(8, "big", signed=True) + bytes([s, n, 0, 0, 1, 0])
    return head + bytes.fromhex(rest)


@pytest.mark.parametrize(
    ("values", "attribute"),
    [
        ({"b": -7, "a": 0, "rest": "01 02 03 04"}, "quotient rest larger lazy"),
        ({"a": 2**64 - 1, "b": -1, "rest": "02 03 04"}, "rest larger lazy"),
        ({"n": 1, "a": 3, "rest": "03 01 04"}, "larger sum lazy"),
        ({"n": 2, "s": 4, "rest": "01 02"}, "shifted lazy"),
        ({"n": 3, "s": 3, "rest": "01 02"}, "divided lazy"),
        ({"n": 4, "s": 2, "rest": "01 02"}, "indexed lazy"),
        ({"n": 9, "s": 1, "rest": "01"}, "lazy"),
    ],
)
def test_expressions_mean_mathematical_integers(
    modules: SimpleNamespace, values: dict[str, int], attribute: str
) -> None:
    loaded = modules.wire.Sums.load(sums(**values), version=1)
    present = [
        name for name in "quotient rest larger sum shifted divided indexed lazy".split() if getattr(loaded, name)
    ]
    assert present == attribute.split()
    assert loaded.save() == sums(**values)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"n": 1, "a": 2**63, "rest": "03 04"}, "arithmetic"),
        ({"n": 2, "s": 64, "rest": "04"}, "arithmetic"),
        ({"n": 3, "s": 1, "rest": "04"}, "arithmetic"),
        ({"n": 4, "s": 4, "rest": "04"}, "index"),
        ({"n": 9, "s": 0, "rest": "04"}, "arithmetic"),
    ],
)
def test_what_has_no_value_is_an_error_never_a_wrap(
    modules: SimpleNamespace, values: dict[str, int], code: str
) -> None:
    target = modules.wire.Sums(a=5, quotient=6)
    before = target.as_dict()
    with pytest.raises(ValidationError) as refused:
        target.restore(sums(**values), version=1)
    assert refused.value.code == code
    assert target.as_dict() == before


def subsection(name: str, version: int, body: str) -> bytes:
    return bytes([5, len(name)]) + name.encode() + version.to_bytes(4, "big") + bytes.fromhex(body)


def test_subsections_that_nobody_knows_or_in_another_version(modules: SimpleNamespace) -> None:
    body = bytes.fromhex("01 0000 00")
    target = modules.wire.Hooked(a=7, b=4)
    with pytest.raises(UnknownSubsectionError, match="hooked/third") as unknown:
        target.restore(body + subsection("hooked/third", 1, "00"), version=1)
    assert (unknown.value.offset, unknown.value.code) == (4, "unknown-subsection")
    with pytest.raises(VersionError) as version:
        target.restore(body + subsection("hooked/first", 257, "00"), version=1)
    assert (version.value.path, version.value.offset, version.value.found) == ("first", 18, 257)
    assert (target.a, target.b) == (7, 4)


def test_order_is_free_but_each_subsection_comes_once(modules: SimpleNamespace) -> None:
    body, first = bytes.fromhex("01 0000 00"), subsection("hooked/first", 1, "01")
    second = subsection("hooked_2nd", 2, "0203")
    loaded = modules.wire.Hooked.load(body + second + first, version=1)
    assert (loaded.b, loaded.d) == (1, 0x203)
    assert loaded.save() == body + first + second
    with pytest.raises(ValidationError, match="hooked/first") as repeated:
        loaded.restore(body + first + second + subsection("hooked/first", 1, "03"), version=1)
    assert (repeated.value.code, repeated.value.offset) == ("repeated-subsection", len(body + first + second))
    assert loaded.b == 1
