"""A comparison ends: where not all is tried that might be it says so, and never that streams load."""

from __future__ import annotations

import pytest

from tests.compat.devices import device
from tests.sides import compiled
from vmsgen.compat import compare, compare_devices, steer
from vmsgen.compat.finding import BREAKS, LOADS, MAY, UNLESS
from vmsgen.compat.states import HUGE, work_in
from vmsgen.compat.version import NONE_TRIED, NOT_ALL
from vmsgen.model.description import Description
from vmsgen.model.types import Struct

ITEM = "struct I {{ e : u8 }}  device d version 1 {{ {} }}"
LIST = "struct I {{ e : u8 }}  device d version 1 {{ q : list<I max {}> }}"


def conditions(form: str) -> str:
    fields = "  ".join(f"f{n} : u8 when {form.format(7 * n)}" for n in range(12))
    return f"a : u16  b : u16  {fields}"


def test_assignments_are_counted_for_all_conditions_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steer, "TRIES_IN_ALL", 1000)
    tried: list[object] = []
    assigned = steer._assigned
    monkeypatch.setattr(steer, "_assigned", lambda *given: (tried.append(given), assigned(*given))[1])
    (said,), findings = compare_devices(device(conditions("a + b > {}")), device(conditions("b + a > {}")))
    assert (said.verdict, len(tried)) == (MAY, 1000)
    assert len(findings) == 12
    assert all(finding.unproved and finding.why.endswith(NOT_ALL) for finding in findings)


def test_conditions_that_come_to_the_same_hide_nothing() -> None:
    """They are no difference; but what was not tried for them might be one: here `s` takes `s/foo` for its own."""

    def whole(inner: str, condition: str) -> Description:
        fields = "  ".join(f"f{n} : u8 when {condition} > {n}" for n in range(10))
        subsection = 'subsection foo "s/foo" version 1 needed j == 12345 { g : u8 }'
        structs = f'struct I "{inner}" version 1 {{ e : u8 }}'
        structs += f'  struct S "s" version 1 {{ j : u16  i : I  {subsection} }}'
        return device(f"{structs}  device d version 1 {{ a : u8 in 0..15  b : u8 in 0..15  {fields}  s : S  z : u8 }}")

    (said,), findings = compare_devices(whole("i", "a + b"), whole("s", "b + a"))
    assert said.verdict == MAY
    assert findings[-1].unproved
    assert findings[-1].why.endswith(NOT_ALL)


def test_what_was_found_before_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steer, "TRIES_IN_ALL", 1000)
    (said,), findings = compare_devices(device(conditions("a + b > {}")), device(conditions("a + b > {} + 1")))
    assert said.verdict == UNLESS
    shown = [finding.witness is not None for finding in findings]
    assert any(shown)
    assert not all(shown)


HUGES = [
    "hook get_x, put_x  a : u8  x : custom[1000][1000]",
    "a : u8  x : I[1000000000]",
    "a : u8  x : u8[1000000000]",
    "a : u8  x : buffer[1000000000]",
    "a : u8  x : bitmap[1000000000]",
    "a : u8  x : { y : I[1000] }[1000]",
    "n : u32  a : u8  x : I[n max 1000000000] alloc",
]


@pytest.mark.parametrize("items", HUGES)
def test_of_a_huge_state_no_stream_is_tried(items: str) -> None:
    old = device(ITEM.format(items))
    (said,), findings = compare_devices(old, device(ITEM.format(items.replace("a : u8", "a : u8 in 0..5"))))
    assert (said.verdict, said.tried) == (MAY, 0)
    assert [(finding.rule, finding.unproved) for finding in findings] == [("range-tightened", True)]
    assert findings[0].why.endswith(NONE_TRIED)


def test_without_a_stream_nothing_is_said_to_load() -> None:
    """Where the rules find nothing: it is the streams that tell."""
    old, new = (device(ITEM.format(f"{name} : u8  x : I[1000000000]")) for name in "ab")
    (said,), findings = compare_devices(old, new)
    assert said.verdict == MAY
    assert [(one.rule, one.unproved) for one in findings] == [("field-renamed", False), ("stream-differs", True)]
    assert findings[1].why.endswith(NONE_TRIED)


def test_the_receivers_state_may_be_the_huge_one() -> None:
    (said,), _ = compare_devices(device("a : u8"), device(ITEM.format("a : u8  x : I[1000000000]")))
    assert (said.verdict, said.tried) == (MAY, 0)


def test_a_huge_device_that_the_receiver_has_not() -> None:
    old = compiled(ITEM.format("x : I[1000000000]"))
    report = compare([old], [])
    assert [said.verdict for said in report.verdicts] == [MAY]
    assert [(finding.rule, finding.unproved) for finding in report.findings] == [("device-removed", True)]


def test_a_large_state_is_not_huge() -> None:
    old, new = (device(f"a : u8{more}  b : buffer[1000000]  c : u16[50000]") for more in ("", " in 0..5"))
    assert work_in(Struct(old)) == 1 + 1 + (1 + 122) + (1 + 97)
    assert work_in(Struct(old)) < HUGE
    (said,), (finding,) = compare_devices(old, new)
    assert (said.verdict, finding.witness is not None) == (UNLESS, True)


def test_no_list_is_made_that_is_huge() -> None:
    (said,), (finding,) = compare_devices(device(LIST.format(1_000_000_000)), device(LIST.format(100_000_000)))
    assert (said.verdict, finding.rule, finding.unproved) == (MAY, "capacity-shrunk", True)
    (said,), _ = compare_devices(device(LIST.format(1_000_000_000)), device(LIST.format(10)))
    assert said.verdict == UNLESS


def test_each_stream_is_a_sign_of_progress() -> None:
    shown: list[tuple[str, int, int]] = []
    old, new = (compiled(f"device c version 1 {{ a : u8 }}  device d version 1 {{ a : u{n} }}") for n in (8, 16))
    report = compare([old], [new], progress=lambda *said: shown.append(said))
    assert [said.verdict for said in report.verdicts] == [BREAKS]
    assert report.unchanged == ("c",)
    assert shown[:2] == [("c", 0, 2), ("d", 1, 2)]
    assert len(shown) > 1 + report.verdicts[0].tried
    assert set(shown[1:]) == {("d", 1, 2)}


def test_what_asks_for_little_is_tried_as_ever() -> None:
    (said,), (finding,) = compare_devices(device("a : u16  b : u16"), device('a : u16  b : u16  check a + b < 99 "x"'))
    assert (said.verdict, finding.witness is not None) == (UNLESS, True)
    (said,), _ = compare_devices(device("a : u8 in 0..9"), device("a : u8 where a < 10"))
    assert said.verdict == LOADS
