"""What authors of devices do to a schema over the years, and what becomes of the streams, there and back.

Of several versions that can be written the newest comes first.
"""

from __future__ import annotations

import pytest

from tests.compat.devices import device
from tests.compat.witnesses import expect_to_fail
from vmsgen.compat import compare_devices
from vmsgen.compat.finding import BREAKS, LOADS, MAY, UNLESS

ITEM = "struct I {{ a : u8 {} }}  device d version 1 {{ q : {} }}"
HELD = "n : u8 in 1..{} = 3  x : {{ y : {{ e : u8 equal }}[n] }}[n + 1]"
ENUM = "enum E : u8 {{ {} }}  device d version 1 {{ e : E {} }}"
REGS = "hook get_regs, put_regs  regs : custom  "
SUB = "a : u8  subsection s version {} needed {} {{ b : u8 {} }}"
X = "device d version 1 {{ x : u8 in 0..0  {} }}"
LATER = "device d version 1..2 {{ unused[1] before 2  x : u8 since 2 else 9  {} }}"
MODE = " len : u8  extra : u8 when mode == 0 || len < 200 || len > 210 }"

Verdicts = str | tuple[str, ...]

CHANGES: list[tuple[str, str, Verdicts, Verdicts]] = [
    # Fields that come and go
    ("device d version 1 { a : u8 }", "device d version 1..2 { a : u8  b : u16 since 2 }", LOADS, (BREAKS, LOADS)),
    ("device d version 1 { a : u8 }", "device d version 2 { a : u8  b : u16 }", BREAKS, BREAKS),
    ("device d version 1 { a : u8 }", "device d version 1..2 { a : u8  b : u8 equal since 2 }", LOADS, (BREAKS, LOADS)),
    (
        "device d version 1..2 { a : u8  b : u8 since 2 }",
        "device d version 2 { a : u8  b : u8 }",
        (LOADS, BREAKS),
        LOADS,
    ),
    (
        "device d version 1 { a : u8  o : u16 }",
        "device d version 1..2 { a : u8  unused[2] before 2 }",
        LOADS,
        (BREAKS, LOADS),
    ),
    ("a : u8  b : u8", "a : u8  b : u8  c : u8", BREAKS, BREAKS),
    # Arrays that are nested otherwise
    ("x : { y : { e : u8 equal }[3] }[2]", "f : { e : u8 equal }[6]", UNLESS, UNLESS),
    ("a : u8", "a : u8  local z : u32", LOADS, LOADS),
    # Subsections
    ("a : u8", SUB.format(1, "a > 3", ""), LOADS, UNLESS),
    ("a : u8", SUB.format(1, "hook is_busy", ""), LOADS, UNLESS),
    ("a : u8", "a : u8  subsection s version 1 { b : u8 }", LOADS, BREAKS),
    ("a : u8", SUB.format(1, "a > 300 - 45", ""), LOADS, LOADS),
    (SUB.format(1, "a == 1", ""), SUB.format(1, "a == 2", ""), LOADS, LOADS),
    (SUB.format(1, "a == 1", ""), SUB.format("1..2", "a == 1", "c : u8 since 2"), LOADS, UNLESS),
    (SUB.format(1, "a == 1", ""), SUB.format(1, "a == 1", "c : u8"), UNLESS, UNLESS),
    (
        SUB.format(1, "a == 1", ""),
        SUB.format(1, "a == 1", "subsection t version 1 needed b == 2 { c : u8 }"),
        LOADS,
        UNLESS,
    ),
    (SUB.format(1, "a == 1", ""), SUB.format(1, "a == 1", "in 0..3"), UNLESS, LOADS),
    ("a : u8  b : u8", "a : u8  subsection s version 1 needed b != 0 { b : u8 }", BREAKS, BREAKS),
    # Ranges, `where`, `check`, `equal`
    ("n : u8 in 0..9", "n : u8 in 0..5", UNLESS, LOADS),
    ("n : u8 in 0..3", "n : u8 in 10..20 = 10", BREAKS, BREAKS),
    ("n : u8 in 0..9", "n : u8 where n <= 9", LOADS, LOADS),
    ("n : u8 in 0..9", "n : u8 in 0..9 where n < 10", LOADS, LOADS),
    ("n : u8 where n < 5", "n : u8 where n < 9", LOADS, UNLESS),
    ("n : u16", "n : u16 where n % 4096 != 4095", UNLESS, LOADS),
    ("n : u64", "n : u64 where n < 0xffffffffffffffff", UNLESS, LOADS),
    ("n : u8 in 0..5  m : u8 in 0..5", "n : u8 in 0..5  m : u8 in 0..n", UNLESS, LOADS),
    ("n : u8 in 5..9 = 5  m : u8 in 0..5", "n : u8 in 5..9 = 5  m : u8 in 0..n", LOADS, UNLESS),
    ("a : u8 in 0..9", "a : u8 in 0..held(a)", UNLESS, UNLESS),
    ("a : u8  b : u8", 'a : u8  b : u8  check a <= b "a"', UNLESS, LOADS),
    ('a : u8  b : u8  check a <= b "a"', 'a : u8  b : u8  check b >= a "b"', LOADS, LOADS),
    ("a : u8 in 0..3  b : u8 in 4..9 = 4", 'a : u8 in 0..3  b : u8 in 4..9 = 4  check a <= b "a"', LOADS, LOADS),
    ("a : u8 in 4..9 = 4  b : u8 in 0..3", 'a : u8 in 4..9 = 4  b : u8 in 0..3  check a <= b "a"', BREAKS, LOADS),
    ("a : u8", "a : u8 equal", UNLESS, LOADS),
    (HELD.format(3), HELD.format(8), LOADS, UNLESS),
    # Conditions
    ("a : u8  b : u8 when a > 0", "a : u8  b : u8 when a != 0", LOADS, LOADS),
    ("a : u8  b : u8 when a < 5", "a : u8  b : u8 when !(a >= 5)", LOADS, LOADS),
    ("a : u8  b : u8 when a == 5", "a : u8  b : u8 when a == 6", UNLESS, UNLESS),
    ("a : u8 in 0..3  b : u8", "a : u8 in 0..3  b : u8 when a < 9", LOADS, LOADS),
    ("a : u8 in 0..3  b : u8", "a : u8 in 0..3  b : u8 when a > 9", BREAKS, BREAKS),
    ("a : u8  b : u8 when hook has_b", "a : u8  b : u8 when hook is_there", UNLESS, UNLESS),
    ("a : u8  b : u8 when hook has_b", "a : u8  b : u8 when a == 1", UNLESS, UNLESS),
    ("a : u8  b : u8", "a : u8  local z : u8 = 1  b : u8 when z != 0", MAY, UNLESS),
    # A number that is not sent is bounded by nothing
    (
        "n : u8 in 0..4  a : u8[n] in 0..3  z : u8",
        'n : u8 in 0..4  a : u8[n] in 0..9 = 9  z : u8  check n != 0 || z != 77 || a[0] < 5 "no"',
        MAY,
        UNLESS,
    ),
    (
        "n : u8 in 0..4  a : u8[n] in 0..3  z : u8  w : u8",
        "n : u8 in 0..4  a : u8[n] in 0..9 = 9  z : u8  w : u8 when n != 0 || z != 77 || a[0] < 5",
        MAY,
        UNLESS,
    ),
    # A number that the receiver does not read is not the sender's, whatever its name is
    (
        X.format("z : u8  y : u8"),
        LATER.format('z : u8  y : u8  check z != 77 || y != 99 || x == 0 "no"'),
        UNLESS,
        (BREAKS, LOADS),
    ),
    (
        X.format("z : u8  y : u8"),
        LATER.format("z : u8  y : u8 where z != 77 || y != 99 || x == 0"),
        UNLESS,
        (BREAKS, LOADS),
    ),
    (
        X.format("z : u8  w : u8 when z != 77 || x == 0"),
        LATER.format("z : u8  w : u8 when z != 77 || x == 0"),
        UNLESS,
        (BREAKS, UNLESS),
    ),
    (
        X.format('z : u8  check z != 77 || x == 0 "no"'),
        LATER.format('z : u8  check z != 77 || x == 0 "no"'),
        UNLESS,
        (BREAKS, MAY),
    ),
    (X.format("z : u8 where z != 77 || x == 0"), LATER.format("z : u8 where z != 77 || x == 0"), UNLESS, (BREAKS, MAY)),
    (
        "device d version 1 { mode : u8 in 0..1 " + MODE,
        "device d version 1..2 { unused[1] before 2  mode : u8 in 0..2 since 2 else 2 " + MODE,
        UNLESS,
        (BREAKS, UNLESS),
    ),
    # Names
    ("a : u8  z : u8", "b : u8  z : u8", LOADS, LOADS),
    ("a : u8  z : u8", 'b : u8 was "a"  z : u8', LOADS, LOADS),
    ("a : u8  b : u8", 'b : u8 was "a"  a : u8 was "b"', LOADS, LOADS),
    ("a : u8  z : u8", "b : u8 in 0..3  z : u8", UNLESS, LOADS),
    ("a : u16  z : u8", "b : u16 where b != 4711  z : u8", UNLESS, LOADS),
    ("a : u8  b : u16", "b : u16  a : u8", BREAKS, BREAKS),
    ("device d version 1 { a : u8 }", 'device e "d" version 1 { a : u8 }', LOADS, LOADS),
    # Widths and forms
    ("c : u16  z : u8", "c : u32  z : u8", BREAKS, BREAKS),
    (
        "device d version 1 { c : u16 }",
        "device d version 1..2 { local c : u32  send c as u16 before 2  send c as u32 since 2 }",
        LOADS,
        (BREAKS, LOADS),
    ),
    ("c : u32 in 0..255  z : u8", "local c : u8  send c as u32  z : u8", LOADS, LOADS),
    ("c : u32  z : u8", "local c : u8  send c as u32  z : u8", UNLESS, LOADS),
    ("unused[2]  unused[1]  a : u8", "unused[1]  unused[1]  unused[1]  a : u8", LOADS, LOADS),
    ("unused[2]  unused[1]  a : u8", "unused[1]  b : u8  unused[1]  a : u8", LOADS, LOADS),
    # What is never sent
    ("c : u8 in 1..9 = 1", "c : u8 in 1..9 = 1  x : u16 when c == 100", LOADS, LOADS),
    ("c : u8 in 1..9 = 1", "c : u8 in 1..100 = 1  x : u16 when c == 100", LOADS, UNLESS),
    ("c : u8 in 1..9 = 1", "c : u8 in 1..9 = 1  x : u16 when c < 100", BREAKS, BREAKS),
    ("c : u8 in 0..0  x : u8[c max 4]", "c : u8 in 0..0", LOADS, MAY),
    # Wider, in front bytes that mean nothing
    ("c : u32 in 0..255  z : u8", "unused[3]  c : u8  z : u8", LOADS, LOADS),
    ("c : u32  z : u8", "unused[3]  c : u8  z : u8", UNLESS, LOADS),
    ("c : u16 in 256..999 = 256", "unused[1]  c : u8", BREAKS, BREAKS),
    ("c : i32 in -9..9", "unused[3]  c : i8", LOADS, UNLESS),
    ("c : i16 in 0..127", "unused[1]  c : i8", LOADS, UNLESS),
    ("c : u32 in 0..255", "unused[3]  c : u8 in 0..100", UNLESS, LOADS),
    ("c : u16 in 0..100", "unused[1]  c : u8 where c < 50", UNLESS, LOADS),
    ("c : u32", "unused[3]  c : u8 in 0..100", UNLESS, LOADS),
    ("unused[1]  c : u16 in 0..9", "unused[2]  c : u8 in 0..9", LOADS, LOADS),
    ("unused[1]  unused[2]  c : u8", "c : u32 in 0..255", LOADS, LOADS),
    ("c : u32 in 0..255", "c : u8  unused[3]", BREAKS, BREAKS),
    ("c : u32 in 0..255", "unused[2]  c : u8", BREAKS, BREAKS),
    ("c : u32 in 0..255  x : u8 when c == 7", "unused[3]  c : u8  x : u8 when c == 7", LOADS, LOADS),
    ("c : u32  x : u8 when c & 15", "unused[3]  c : u8  x : u8 when c & 15", UNLESS, LOADS),
    ("a : u8  c : u16 in 0..9 when a", "a : u8  group when a { unused[1]  c : u8 in 0..9 }", LOADS, LOADS),
    ("a : u8  c : u16 in 0..9 when a", "a : u8  group when a > 1 { unused[1]  c : u8 in 0..9 }", UNLESS, UNLESS),
    ("local c : u8  send c as u16", "unused[1]  c : u8", LOADS, LOADS),
    ("c : bool", "unused[1]  c : bool", BREAKS, BREAKS),
    ("c : u32 in 0..255", "unused[3]  d : u8", LOADS, LOADS),
    ("c : i32 in 0..255", "unused[3]  d : u8", LOADS, LOADS),
    ("c : i32 in 0..99", "unused[3]  d : u8", LOADS, UNLESS),
    ("c : i16 in -128..127", "d : i8  e : u8", LOADS, UNLESS),
    ("c : u16 in 0..511", "d : u8 in 0..1  e : u8", LOADS, LOADS),
    ("c : u16 in 0..511", "d : u8 in 0..1  e : u8 where e != 77", UNLESS, LOADS),
    ("c : u16", "high : u8  low : u8", LOADS, LOADS),
    ("c : u16", "high : u8 where high != 77  low : u8", UNLESS, LOADS),
    ("a : u16  b : u16", "c : u32 in 0..0xfffffff0", UNLESS, LOADS),
    ("a : u16  b : u16", "c : u32 equal", UNLESS, LOADS),
    ("a : bool", "a : u8", LOADS, UNLESS),
    ("a : u32 in 0..100", "a : i32", LOADS, UNLESS),
    ("a : f64", "a : u64", UNLESS, UNLESS),
    ("x : u8[2][4]", "x : u8[8]", LOADS, LOADS),
    ("x : u8[8]", "n : u8 in 0..8 = 8  x : u8[n]", BREAKS, BREAKS),
    ("n : u8 in 0..4  x : u8[n]", "n : u8 in 0..4  x : u8[n * 1 max 4]", LOADS, LOADS),
    ("n : u8 in 4..4 = 4  x : u8[n]", "n : u8 in 4..4 = 4  x : u8[4]", LOADS, LOADS),
    ("n : u8 in 0..4  x : u8[n]", "n : u8 in 0..4  x : u8[n] alloc", LOADS, LOADS),
    ("x : bitmap[40]", "x : bitmap[64]", LOADS, UNLESS),
    ("x : bitmap[64]", "x : bitmap[65]", BREAKS, BREAKS),
    # Lists and elements that may be missing
    (ITEM.format("", "list<I max 8>"), ITEM.format("", "list<I max 4>"), UNLESS, LOADS),
    (ITEM.format("", "list<I max 8>"), ITEM.format("in 0..3", "list<I max 8>"), UNLESS, LOADS),
    (ITEM.format("", "list<I max 2>"), ITEM.format("", "I[2]"), BREAKS, BREAKS),
    (ITEM.format("", "I?[2]"), ITEM.format("", "I?[3]"), BREAKS, BREAKS),
    (ITEM.format("", "I[2]"), ITEM.format("", "I?[2]"), MAY, UNLESS),
    ("f : u32[1][3][2] in 3..6 = 6", "f : i32?[3]  g : u8[11]", BREAKS, BREAKS),
    ("b : bitmap[5]  z : u8[2]", "b : timer?[3]", BREAKS, BREAKS),
    ("b : bitmap[123][2]  z : bool", "b : i64?[3]  c : i16 in 3..7 = 7", BREAKS, BREAKS),
    # Enumerations
    (ENUM.format("A = 0  B = 1", ""), ENUM.format("A = 0  B = 1  C = 2", ""), LOADS, LOADS),
    (ENUM.format("A = 0  B = 1", "in 0..1"), ENUM.format("A = 0  B = 1  C = 2", "in 0..2"), LOADS, UNLESS),
    (ENUM.format("A = 0  B = 1", ""), ENUM.format("A = 0  X = 1  B = 2", ""), UNLESS, UNLESS),
    # Bytes that mean nothing
    ("a : u8  unused[3]", "a : u8  b : u8  unused[2]", LOADS, LOADS),
    ("a : u8  unused[1]", "a : u8  b : u8 in 0..3", LOADS, LOADS),
    ("a : u8  unused[1]", "a : u8  b : u8 in 1..3 = 1", BREAKS, LOADS),
    ("a : u8  unused[3]", "a : u8  b : u8 equal  unused[2]", MAY, LOADS),
    # What breaks in some states hides what breaks in all of them
    (
        "a : u8  b : u8  m : u8  subsection s version 2 needed m != 0 { c : u8 }",
        "b : u8  a : u8  m : u8  subsection s version 1 needed m != 0 { c : u8 }",
        BREAKS,
        BREAKS,
    ),
    ("a : u8  b : u8  n : u8", "b : u8  a : u8  n : u8 in 0..3", BREAKS, BREAKS),
    # Behind what hooks write
    (f"{REGS} n : u8", f"{REGS} n : u8 in 0..5", UNLESS, LOADS),
    (f"{REGS} n : u8", f"{REGS} n : u8 where n != 7", UNLESS, LOADS),
    (f"{REGS} n : u8  m : u8", f'{REGS} n : u8  m : u8  check n <= m "n"', UNLESS, LOADS),
    (f"{REGS} n : u8 in 0..8  x : u8[n]", f"{REGS} n : u8 in 0..4  x : u8[n]", UNLESS, LOADS),
    (f"{REGS} n : i8", f"{REGS} n : u8", UNLESS, UNLESS),
    (f"{REGS} n : u8", f"{REGS} n : u16", MAY, MAY),
    (f"{REGS} n : u8", f"{REGS} n : u8  m : u8", MAY, MAY),
    (f"{REGS} {SUB.format(1, 'a == 1', '')}", f"{REGS} a : u8", UNLESS, LOADS),
]


@pytest.mark.parametrize(("old", "new", "there", "back"), CHANGES)
def test_what_becomes_of_streams(old: str, new: str, there: Verdicts, back: Verdicts) -> None:
    for sender, receiver, expected in ((old, new, there), (new, old, back)):
        ours, theirs = device(sender), device(receiver)
        verdicts, findings = compare_devices(ours, theirs)
        assert tuple(said.verdict for said in verdicts) == ((expected,) if isinstance(expected, str) else expected)
        for finding in findings:
            if finding.witness is not None:
                expect_to_fail(ours, theirs, finding)
