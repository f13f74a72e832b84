"""What is said of all streams together: neither more nor less than what the streams bear out."""

from __future__ import annotations

import pytest

from tests.compat.devices import device
from vmsgen.compat import compare_devices, exhaustive, version
from vmsgen.compat.finding import BREAKS, LOADS, MAY, UNLESS
from vmsgen.compat.states import numbers_in
from vmsgen.model.types import Struct

LIST = "struct I {{ a : u8 {} }}  device d version 1 {{ q : list<I max 4> }}"
MAP = "struct I {{ a : u8 {} }}  device d version 1 {{ q : map<u64, I max 4> }}"
TMP = "a : u8  t : tmp {{ x : u8  {} }}  z : u8"
SUB = "subsection s version 1 needed x == 1 { y : u8 }"
LISTED = "struct I {{ a : u8 }}  device d version 1 {{ t : tmp {{ q : list<I max {}> }} }}"
BITS = "n : u8  x : bitmap[n max {}] {}"
SLOTS = "struct I {{ a : {} }}  device d version 1 {{ q : I?[3] }}"


@pytest.mark.parametrize(
    ("old", "new", "verdict", "loads_if"),
    [
        # Of no elements there are no bytes that could be taken for something else ...
        (LIST.format(""), LIST.format("b : u8"), UNLESS, "`q` has no elements"),
        (LIST.format("b : u8"), LIST.format(""), UNLESS, "`q` has no elements"),
        (MAP.format(""), MAP.format("b : u8"), UNLESS, "`q` has no elements"),
        (SLOTS.format("u8"), SLOTS.format("u16"), UNLESS, "all of `q` are missing"),
        ("n : u8 in 0..4  x : u8[n]", "n : u8 in 0..4  x : u16[n]", UNLESS, "`x` has no elements"),
        ("n : u8 in 0..4  x : u8[n]", "n : u8 in 0..4", UNLESS, "`x` has no elements"),
        # ... but those of the list itself.
        (LIST.format(""), "b : u8[0x20]", BREAKS, ""),
        ("b : u8[0x20]", LIST.format(""), BREAKS, ""),
        # What always breaks hides behind what is refused first.
        (
            "a : u32  b : u32  c : u8  d : u8",
            "a : u32 = 7  b : u32 = 7  c : u8  check a * 3 == b + 14",
            BREAKS,
            "",
        ),
        ("n : u8 in 0..3  x : u8[n max 4]", "n : u8 in 0..3  x : u8[n + 1 max 4]", BREAKS, ""),
        ("n : u8 in 0..3  x : u8[2 + n - 1 max 4]", "n : u8 in 0..3  x : u8[n + 1 max 4]", LOADS, ""),
        # Bytes are the same, and the receiver is another one.
        ("local mode : u8  a : u8", "local mode : u8  a : u8 when mode != 3", UNLESS, "mode != 3"),
        ("local mode : u8  a : u8", "local mode : u8  a : u8  check mode != 3", UNLESS, "mode != 3"),
        # A `tmp` has subsections of its own.
        (TMP.format(SUB), TMP.format(""), UNLESS, "`d_t/s` is not sent"),
        (TMP.format(""), TMP.format(SUB), LOADS, ""),
        (
            TMP.format(SUB),
            TMP.format(SUB.replace("y : u8", "y : u16")),
            UNLESS,
            "`t.y` is not there (t.x == 1 does not",
        ),
        (TMP.format(SUB), TMP.format(SUB.replace("version 1", "version 2")), UNLESS, "`d_t/s` is not sent"),
        (TMP.format(SUB), TMP.format("") + ' subsection s "d_t/s" version 1 { y : u8 }', UNLESS, "`d_t/s` is not sent"),
        ("t : tmp { unused[2] }", "unused[2]", LOADS, ""),
        (LISTED.format(2), LISTED.format(1), UNLESS, "`t.q` has at most 1 elements"),
        # Where bits are kept does not matter.
        (BITS.format("100", "alloc"), BITS.format("100", ""), LOADS, ""),
        (BITS.format("100", ""), BITS.format("100", "alloc"), LOADS, ""),
        (BITS.format("100", "alloc"), BITS.format("64", "alloc"), UNLESS, "n <= 64"),
        # What the sender cannot have cannot break.
        ("x : i8 in 0..100", "x : u8", LOADS, ""),
        ("n : u8 in 0..9  x : u8[n max 64]", "n : u8 in 0..9  x : u8[n max 9]", LOADS, ""),
        ("n : u8 in 0..100  x : bitmap[n max 200]", "n : u8 in 0..100  x : bitmap[n]", LOADS, ""),
    ],
)
def test_the_verdict(old: str, new: str, verdict: str, loads_if: str) -> None:
    (said,), _ = compare_devices(device(old), device(new))
    assert said.verdict == verdict
    assert ", ".join(said.loads_if).startswith(loads_if) and bool(said.loads_if) == (verdict == UNLESS)
    assert said.failed if verdict != LOADS else not said.failed


@pytest.mark.parametrize(
    ("read", "rules"),
    [
        ("n", ["count-changed"]),
        ("1 + n max 4", ["capacity-shrunk"]),
        ("m max 4", ["count-changed", "capacity-shrunk"]),
    ],
)
def test_room_is_asked_of_counts_that_the_receiver_may_have(read: str, rules: list[str]) -> None:
    front = "n : u8 in 0..4  m : u8 in 0..5"
    _, findings = compare_devices(device(f"{front}  x : u8[n + 1 max 5]"), device(f"{front}  x : u8[{read}]"))
    assert [finding.rule for finding in findings] == rules


@pytest.mark.parametrize(
    ("receiver", "read"),
    [
        ("version 3 old 2 { hook load_state_old  a : u8 }", "2..3"),
        ("version 5 opaque", "0..5"),
        ("version 3 { a : u8 }", "3..3"),
    ],
)
def test_the_versions_that_are_said_to_be_read_are(receiver: str, read: str) -> None:
    sender = device("device d version 6 { a : u8 }")
    _, findings = compare_devices(sender, device(f"device d {receiver}"))
    found = next(finding for finding in findings if finding.rule == "version-range")
    assert found.why == f"the receiver reads versions {read}"
    assert found.witness is not None and found.witness.message.endswith(f"allowed {read}")


def test_of_many_differences_each_is_tried_until_a_stream_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (" ".join(f"f{number} : u8{asked}" for number in range(30)) for asked in ("", " in 0..9"))
    (all_tried,), _ = compare_devices(device(old), device(new), drawn=0)
    monkeypatch.setattr(version, "MANY", 0)
    (said,), findings = compare_devices(device(old), device(new), drawn=0)
    assert said.loads_if == all_tried.loads_if == tuple(f"f{number} in 0..9" for number in range(30))
    assert all(finding.witness is not None for finding in findings)
    assert (all_tried.tried, said.tried) == (121, 31)


@pytest.mark.parametrize(("states", "verdict"), [(511, MAY), (512, LOADS)])
def test_so_many_states_are_looked_at(monkeypatch: pytest.MonkeyPatch, states: int, verdict: str) -> None:
    monkeypatch.setattr(exhaustive, "STATES", states)
    old = device("a : u8  b : u8 when a > 0  c : u8 when a < 9")
    new = device("a : u8  b : u8 when a != 0  c : u8 when !(a >= 9)")
    (said,), findings = compare_devices(old, new)
    assert said.verdict == verdict
    assert [finding.path for finding in findings if finding.unproved] == (["c"] if verdict == MAY else [])


@pytest.mark.parametrize(("states", "verdicts"), [(511, [LOADS, MAY]), (512, [LOADS, LOADS])])
def test_all_versions_share_the_states_that_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, states: int, verdicts: list[str]
) -> None:
    monkeypatch.setattr(exhaustive, "STATES", states)
    old = device("device d version 1..2 { a : u8  b : u8 when a > 0 }")
    new = device("device d version 1..2 { a : u8  b : u8 when a != 0 }")
    said, _ = compare_devices(old, new)
    assert [one.verdict for one in said] == verdicts


def test_where_something_always_breaks_no_states_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(exhaustive.EveryState, "how_many", lambda _, shows: asked.append(shows))
    old, new = device("a : u8  b : u8 when a > 0"), device("a : u8  b : u8 when a != 0")
    compare_devices(old, new)
    assert len(asked) == 1
    (said,), findings = compare_devices(old, device("a : u8  b : u8 when a != 0  c : u16"))
    assert (said.verdict, len(asked)) == (BREAKS, 1)
    assert [finding.rule for finding in findings if finding.unproved] == ["condition-changed"]


def test_elements_of_custom_fields_count_as_numbers() -> None:
    made = device("struct S { hook get_s, put_s  s : custom[3] }  device d version 1 { a : S[5]  b : u16 }")
    assert numbers_in(Struct(made)) == 16


def test_of_rows_of_custom_fields_hooks_alone_know_the_bytes() -> None:
    old, new = (device(f"hook get_r, put_r  r : custom{rows}  z : u8") for rows in ("[2][4]", "[8]"))
    _, (finding,) = compare_devices(old, new)
    assert finding.rule == "reshaped"
    assert finding.why.endswith("for the receiver (hooks alone know its bytes)")
    assert finding.fix == "adapt the hooks to the other indices: what they write and read must stay the same"


def test_a_count_with_a_question_is_in_parentheses() -> None:
    n = "n : u8 in 0..3  a : u8"
    (said,), _ = compare_devices(device(f"{n}[n]"), device(f"{n}[n == 3 ? 2 : n]"))
    assert said.loads_if == ("n == (n == 3 ? 2 : n)",)
