"""Conditions and lengths that go by a field which the stream may lack."""

from __future__ import annotations

import pytest

from tests.states import state_of
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import Refusal, decode, encode
from vmsgen.model.schema import Schema
from vmsgen.passes import compile_text
from vmsgen.passes.lints import lint

SUBSECTION = "struct S { a : u8  subsection q version 1 needed a == 3 { x : u8 } } device d version 1 { s : S  "


def made(text: str) -> tuple[Schema, Diagnostics]:
    """The schema, and what is found; items alone stand in a device with a field `a`."""
    diagnostics = Diagnostics()
    device = text if "device" in text else f"device d version 1 {{ a : u8  {text} }}"
    schema = compile_text(device + "\n", diagnostics)
    assert schema, diagnostics.found
    lint(schema, diagnostics)
    return schema, diagnostics


@pytest.mark.parametrize(
    "text",
    [
        "x : u8 when a == 1  y : u8 when x == 5",
        "n : u8 in 0..3 when a == 1  y : u8[n]",
        SUBSECTION + "y : u8 when s.x == 5 }",
        "x : u8 when a == 1  y : u8 when a in 1..3 && x == 5",
        "x : u8 when (a & 8) != 0  y : u8 when a & 4 ? x : 0",
        "x : u8 when a == 1  y : u8 when a == 1 || x == 5",
        "group when hook h { n : u8 in 0..3  }  y : u8[n]",
        "device d version 1..2 { n : u8 in 0..3 since 2  y : u8[n] }",
        "device d version 1..2 { n : u8 in 0..3 when version >= 2  y : u8 when n == 3 }",
        "device d version 1..1000000 { n : u8 in 0..3 when version > 70  y : u8 when version >= 70 && n == 3 }",
        "device d version 1..2 { n : u8 in 0..3 before 2  y : u8 when n == 3 }",
        "x : u8 when a == 1 else keep  y : u8 when x == 5",
        "x : u8 when a == 1 else 5  y : u8 when x == 5",
        "n : u8 in 0..4 x : u8[n] y : u8 when x[2] == 1",
        "n : u8 in 0..4 x : u8[n] y : u8 when n > 1 && x[2] == 1",
        "n : u8 in 0..4 x : { q : u8 }[n] y : u8 when x[2].q == 1",
        "x : { q : u8 } when a == 1 y : u8 when x.q == 3",
        "x : u8 when a == 1  subsection s version 1 needed a == 2 { z : u8 when x == 3 }",
        "subsection s version 1 needed a == 1 { z : u8 when a == 3 subsection t version 1 { y : u8 when z == 3 } }",
        "subsection s version 1..2 needed a == 1 { z : u8 since 2 y : u8 when z == 3 }",
        "t : tmp { hook pre_save x : u8 y : u8 when x == 1 z : u8 when y == 3 }",
        "t : tmp { hook pre_save x : u8 } when a == 1 w : u8 when t.x == 3",
        "t : tmp { x : u8 subsection s needed x == 1 { y : u8 } } w : u8 when t.y == 3",
        "t : tmp { x : u8 subsection s { y : u8 when x == 1 z : u8 when y == 1 } }",
        "x : u8 when a == 1 unused[x max 3]",
        "x : u8 when a == 1 b : bitmap[x max 3]",
        "x : u8 when a == 1 b : { q : u8 }[x max 3]",
        "x : u8 when a == 1 hook get_c, put_c c : custom when x == 3",
        "x : u8 when a == 1 hook get_c, put_c c : custom[x max 3]",
        "local v : u8[9] x : u8 when a == 1 send v[0 +: x]",
        "struct S { c : u8 b : u8 when c == 1 } device d version 1 { s : S[3] x : u8 when s[1].b == 1 && s[0].c == 1 }",
        "struct S { c : u8 b : u8 when hook h } device d version 1 { s : S x : u8 when hook h y : u8 when s.b }",
        "struct S version 1..2 { a : u8 b : u8 since 2 } device d version 1 { s : S at 1 x : u8 when s.b }",
        "i : u8 in 0..3 when a t : u8[4] y : u8 when t[i] == 3",
    ],
)
def test_what_may_be_absent(text: str) -> None:
    assert [found.code for found in made(text)[1]] == ["absent-field"]


@pytest.mark.parametrize(
    "text",
    [
        SUBSECTION + "y : u8 when s.a == 3 && s.x == 5 }",
        "struct S { a : u8  subsection q version 1 { x : u8 } } device d version 1 { s : S  y : u8 when s.x == 5 }",
        "x : u8 when a == 1  y : u8 when a == 1 && x == 5",
        "x : u8 when a == 1  y : u8 when x == 5 && a == 1",
        "x : u8 when a != 0  y : u8 when a == 1 && x == 5",
        "x : u8 when a  y : u8 when a in 1..3 && x == 5",
        "x : u8 when a & 8  y : u8 when (a & 8) == 8 && x == 5",
        "x : u8 when (a & 8) != 0  y : u8 when a & 8 ? x : 0",
        "x : u8 when a == 1  y : u8 when a != 1 || x == 5",
        "x : u8 when a == 1  y : u8 when !(a == 1) || x == 5",
        "group when a == 1 { n : u8 in 0..3  y : u8[n] }",
        "group when a == 1 { n : u8 in 0..3 } group when a == 1 { y : u8[n] z : u8 when n == 3 }",
        "x : u8 when hook h  group when hook h { n : u8[x max 3] }",
        "group when hook h { n : u8 in 0..3  y : u8[n] }",
        "device d version 1..2 { n : u8 in 0..3 since 2 else 3  y : u8[n] }",
        "device d version 1..2 { n : u8 in 0..3 since 2 else keep  y : u8[n] }",
        "device d version 1..2 { n : u8 in 0..3 since 2  y : u8[n] since 2 }",
        "device d version 1..3 { n : u8 in 0..3 since 2  y : u8[n] since 3 }",
        "device d version 1..2 { group since 2 { n : u8 in 0..3  y : u8[n] } }",
        "device d version 1..2 { n : u8 in 0..3 since 2  y : u8 when version >= 2 && n == 3 }",
        "device d version 1..2 { n : u16 in 0..3 since 2  send n as u8 before 2   y : u8 when n == 3 }",
        "device d version 1..1000000 { n : u8 in 0..3 when version > 70  y : u8 when version >= 71 && n == 3 }",
        "local x : u8 y : u8 when x == 5",
        "local x : u8 send x when a == 1  y : u8 when x == 5",
        "n : u8 in 0..4 x : u8[n] y : u8 when n > 2 && x[2] == 1",
        "n : u8 in 0..4 x : { q : u8 }[n] y : u8 when n == 3 && x[2].q == 1",
        "n : u8 in 0..4 x : { q : u8 r : u8[q max 3] }[n]",
        "n : u8 in 0..4 x : { q : u8 r : u8[2] }[2] y : u8 when x[1].r[0] == 1",
        "x : { q : u8 } when a == 1 y : u8 when a == 1 && x.q == 3",
        "x : u8 when a == 1  subsection s version 1 needed x == 5 { z : u8 }",
        "x : u8 when a == 1  subsection s version 1 needed a == 1 { z : u8 when x == 3 }",
        "subsection s version 1 needed a == 1 { z : u8  subsection t version 1 { y : u8 when z == 3 } }",
        "t : tmp { hook pre_save x : u8 y : u8 when x == 1 z : u8 when x == 1 && y == 3 } w : u8 when t.x == 3",
        "t : tmp { x : u8 subsection s needed x == 1 { y : u8 z : u8 when y == 1 } } w : u8 when t.x == 1 && t.y == 3",
        "x : u8 when a == 1 check x < 5",
        "x : u8 when a == 1 z : u8 where z < x",
        "struct S { local z : u8 b : u8 } device d version 1 { s : S x : u8 when s.z == 1 }",
        "struct S { c : u8 b : u8 when c == 1 } device d version 1 { s : S[3] x : u8 when s[1].b == 1 && s[1].c == 1 }",
        "struct S version 1..2 { b : u8 since 2 } device d version 1 { s : S at 2 x : u8 when s.b }",
        "x : u8 when a == 1  send x when a != 1  y : u8 when x == 3",
        "i : u8 in 0..3 t : u8[4] y : u8 when t[i] == 3",
        "x : u8 when a == 1  y : u8 when a == 1 && (a != 1 ? x : 0)",
        "device d version 1..2 { n : u8 in 0..3 since 2  group when version == 2 { y : u8 when n == 3 } }",
    ],
)
def test_what_is_certain(text: str) -> None:
    """By conditions, by versions, because it is local; `needed`, checks and constraints decide nothing about places."""
    assert [found.code for found in made(text)[1]] == []


@pytest.mark.parametrize(
    ("text", "values", "body", "code"),
    [
        ("x : u8 when a == 1  y : u8 when x == 5", {"x": 5, "y": 7}, "00 07", "trailing"),
        ("n : u8 in 0..3 when a == 1  y : u8[n]", {"n": 2}, "00 00 00", "trailing"),
        ("x : u8 when a == 1 else 5  y : u8 when x == 5", {}, "00", "truncated"),
    ],
)
def test_why(text: str, values: dict[str, int], body: str, code: str) -> None:
    """The device refuses its own save."""
    schema, diagnostics = made(text)
    assert [found.code for found in diagnostics] == ["absent-field"]
    device = schema.devices[0]
    data = encode(device, state_of(device, values))
    assert data.hex(" ") == body
    with pytest.raises(Refusal) as refusal:
        decode(device, state_of(device, {}), data, 1)
    assert refusal.value.code == code


def test_what_the_warning_says() -> None:
    found = made("x : u8 when a == 1  y : u8 when x == 5")[1].found[0]
    assert found.message == "this asks for `x`, which the stream may lack: a load and a save see different values then"
    assert found.hint == "ask for the condition of `x` as well, or send it always"
    found = made("device d version 1..4 { n : u8 in 0..3 since 3  y : u8[n] }")[1].found[0]
    assert found.message == "this asks for `n`, which streams of version 2 lack"
    assert found.hint == "put both into one `group`, or say by `else` what `n` was then"
