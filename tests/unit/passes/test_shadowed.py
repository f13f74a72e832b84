"""The warning `shadowed-subsection` where parts follow straight on each other, and that what it says is so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sides import compiled
from tests.states import state_of
from tests.unit.passes.test_lints import warnings
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import Refusal, decode, encode
from vmsgen.interpret.state import copy_value
from vmsgen.passes.lints import lint

STRUCTS = """
struct S "s" { subsection p version 1 needed a != 0 { a : u8 } }
struct T "s" { local z : u8  b : u8 when z == 1  subsection p version 1 needed z != 1 { a : u8 } }
struct Other "o" { subsection p version 1 needed a != 0 { a : u8 } }
struct Short "s" { a : u8 }
struct Outer "outer" { inner : S }
struct Full "s" { b : u8  subsection p version 1 needed a != 0 { a : u8 } }
struct Tail "s" { local z : u8  b : u8 when z == 1  subsection p version 1 needed z == 1 { a : u8 } }
struct Must "m" { subsection p version 1 { a : u8 } }
"""
P = {"a": 7}
"""Of one that sends its subsection."""

WARNED: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("x : S[2]", {"x": [P, P]}, ("repeated-subsection", "x[0]")),
    ("x : S[2][1]", {"x": [[P], [P]]}, ("repeated-subsection", "x[0][0]")),
    ("n : u8 in 0..4  x : S[n max 4]", {"n": 2, "x": [P, P]}, ("repeated-subsection", "x[0]")),
    ("x : S?[3]", {"x": [P, P, None]}, ("repeated-subsection", "x[0]")),
    ("x : T[2]", {"x": [P, P]}, ("repeated-subsection", "x[0]")),
    ("x : Outer[2]", {"x": [{"inner": P}] * 2}, ("repeated-subsection", "x[0].inner")),
    ("x : map<Short, S max 2>", {"x": [({"a": 1}, P)]}, ("unknown-subsection", "x[0].key")),
    ("x : S  y : S", {"x": P, "y": P}, ("repeated-subsection", "x")),
    ("x : Short  y : S", {"y": P}, ("unknown-subsection", "x")),
    ("x : Short  y : Outer", {"y": {"inner": P}}, ("unknown-subsection", "x")),
    ("n : u8  x : S  b : u8 when n  y : S", {"x": P, "y": P}, ("repeated-subsection", "x")),
    ("n : u8  x : Short  group when n { y : S }", {"n": 1, "y": P}, ("unknown-subsection", "x")),
    ("x : { s : S }[2]", {"x": [{"s": P}, {"s": P}]}, ("repeated-subsection", "x[0].s")),
    ("x : { n : u8  s : S  t : Other }[2]  y : S", {"x": [{}, {"s": P}], "y": P}, ("repeated-subsection", "x[1].s")),
    (
        'x : Short  y "s/y" : tmp { subsection q version 1 needed a != 0 { a : u8 } }',
        {"y": P},
        ("unknown-subsection", "x"),
    ),
    ("x : Short  y : tmp { s : S }", {"y": {"s": P}}, ("unknown-subsection", "x")),
    ("x : tmp { s : S }  y : S", {"x": {"s": P}, "y": P}, ("repeated-subsection", "x.s")),
    (
        "m : u8  subsection r version 1 needed m != 0 { x : S  y : S }",
        {"m": 1, "x": P, "y": P},
        ("repeated-subsection", "x"),
    ),
]

CLEAR: list[tuple[str, dict[str, Any]]] = [
    ("x : S[1]", {"x": [P]}),
    ("x : Full[2]", {"x": [P, P]}),
    ("x : Tail[2]", {"x": [{"z": 1, "a": 7}] * 2}),
    ("x : list<S max 2>", {"x": [P, P]}),
    ("x : list<S max 2>  y : S", {"x": [P, P], "y": P}),
    ("x : map<u64, S max 2>  y : S", {"x": {1: P, 2: P}, "y": P}),
    ("x : map<Short, Other max 2>", {"x": [({"a": 1}, P)]}),
    ("x : S  b : u8  y : S", {"x": P, "y": P}),
    ("x : S  y : Other", {"x": P, "y": P}),
    ("x : Other  y : S  m : Must", {"x": P, "y": P, "m": P}),
    ("x : S  unused[1]  y : S", {"x": P, "y": P}),
    ("x : { s : S  b : u8 }[2]", {"x": [{"s": P}, {"s": P}]}),
    ("n : u8  x : S when n == 1  b : u8 when n == 2  y : S when n == 2", {"n": 2, "y": P}),
    ("n : u8  x : S when n == 1  y : S when n == 2", {"n": 2, "y": P}),
    ("n : u8  x : S  group when n == 1 { b : u8  y : S }", {"n": 1, "x": P, "y": P}),
    ("n : u8 in 1..2 = 1  x : S  b : u8[n]  y : S", {"x": P, "y": P}),
    ("x : S  m : Must  y : S", {"x": P, "m": P, "y": P}),
    ("x : tmp { b : u8  s : S }  c : u8  y : S", {"x": {"s": P}, "y": P}),
    ("m : u8  x : S  subsection r version 1 needed m != 0 { y : S }", {"m": 1, "x": P, "y": P}),
]


def text_of(items: str) -> str:
    return f"{STRUCTS}device d version 1 {{\n{items}\n}}\n"


@pytest.mark.parametrize(("items", "plain", "refused"), WARNED)
def test_the_one_behind_it_is_refused(items: str, plain: dict[str, Any], refused: tuple[str, str]) -> None:
    assert [code for code, *_ in warnings(text_of(items))] == ["shadowed-subsection"]
    device = compiled(text_of(items)).devices[0]
    state = state_of(device, plain)
    with pytest.raises(Refusal) as found:
        decode(device, state, encode(device, state), 1)
    assert (found.value.code, found.value.path) == refused


@pytest.mark.parametrize(("items", "plain"), CLEAR)
def test_something_keeps_them_apart(items: str, plain: dict[str, Any]) -> None:
    assert warnings(text_of(items)) == []
    device = compiled(text_of(items)).devices[0]
    state = state_of(device, plain)
    data = encode(device, state)
    loaded = copy_value(state)
    decode(device, loaded, data, 1)
    assert loaded == state
    assert encode(device, loaded) == data
    assert data.count(b"/p\0\0\0\1\7") == str(plain).count("'a': 7")


def test_the_first_takes_what_is_the_seconds() -> None:
    """Where that sent nothing itself no load is refused: the values are in the wrong place."""
    device = compiled(text_of("x : S[2]")).devices[0]
    body = encode(device, state_of(device, {"x": [{}, P]}))
    assert body.hex(" ") == "05 03 73 2f 70 00 00 00 01 07"
    loaded = state_of(device, {})
    decode(device, loaded, body, 1)
    assert [element["a"] for element in loaded["x"]] == [7, 0]


def test_how_it_is_said() -> None:
    diagnostics = Diagnostics()
    says = "may begin with a subsection, and a loader takes `s/p` for a subsection of `s`"
    lint(compiled(text_of("x : S[2]  y : Short  z : S")), diagnostics)
    assert [(found.span.text, found.message, found.hint) for found in diagnostics] == [
        (
            "x : S[2]",
            f"`x` {says}, and loads the one that has this name there",
            "a field at the beginning of each `x` that is always sent would keep them apart",
        ),
        (
            "z : S",
            f"`z` {says}, and refuses it",
            "a field between `y` and `z` that is always sent would keep them apart",
        ),
    ]


def test_an_older_version_may_lack_what_keeps_them_apart() -> None:
    text = text_of("x : S  b : u8 since 2  y : S").replace("device d version 1", "device d version 1..2")
    assert [code for code, *_ in warnings(text)] == ["shadowed-subsection"]
    assert warnings(text.replace("1..2", "2")) == []


def test_those_of_a_struct_itself() -> None:
    text = STRUCTS + "struct Pair { x : S  y : S }\ndevice d version 1 {\n n : u8  p : Pair\n}\n"
    assert [(code, line) for code, line, _ in warnings(text)] == [("shadowed-subsection", 10)]
