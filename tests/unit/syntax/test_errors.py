"""What is said about texts that are wrong: message, place and hint, word for word."""

from __future__ import annotations

import pytest

from tests.unit.syntax.outline import expression, failed, parsed, prefix
from vmsgen.diagnostics import Diagnostics, Source
from vmsgen.syntax import parse
from vmsgen.syntax.parser import MAX_BRACKETS, MAX_ERRORS, MAX_LEVELS

FIELDS = [
    ("a : u8 where", "2:1 found `}`, expected an expression", None),
    ("a :", "2:1 found `}`, expected a type", None),
    ("a u8", "1:12 `:` is missing after `a`", "a field is written `a : u8`"),
    ("a", "1:12 found `a`, expected a field or `}`", "a field is written `a : type`"),
    ("a : u8;", "1:18 found `;`", "nothing separates fields or declarations: leave the `;` out"),
    (
        "a : u8,",
        "1:18 found `,`, expected a field, a clause such as `since` or `}`",
        "nothing separates fields: leave the `,` out",
    ),
    (
        "uint8_t a",
        "1:12 found `uint8_t`, expected a field or `}`",
        "the name comes first and the type is `u8`: `a : u8`",
    ),
    ("u16 a[3]", "1:12 found `u16`, expected a field or `}`", "the name comes first and the type is `u16`: `a : u16`"),
    ("a = 3", "1:12 found `a`, expected a field or `}`", "a field is written `a : type = value`"),
    (
        "a : struct Foo",
        "1:23 found `Foo`, expected a field, a clause such as `since` or `}`",
        "leave `struct` out: a type is one name, such as `u32` or `Foo`",
    ),
    (
        "a : u8 when b = 3",
        "1:26 found `=` after a condition",
        "`==` compares; a value at reset stands before the condition",
    ),
    ("a : u8 when (b = 3)", "1:27 found `=`, expected `)`", "`==` compares; `=` gives a field its value at reset"),
    (
        "a : u8 == 3",
        "1:19 found `==`, expected a field, a clause such as `since` or `}`",
        "`=` gives a value, `==` compares",
    ),
    (
        "a : u8 since 2 in 0..3",
        "1:27 found `in`, expected a field, a clause such as `since`, `}` or an operator",
        "a range stands straight after the type: `x : u8 in 0..5 since 2`",
    ),
    (
        "a : u8 = 3 in 0..3",
        "1:21 found a range after a value",
        "a range stands straight after the type: `x : u8 in 0..5 = 1`",
    ),
    (
        "a : u8 when b and c",
        "1:26 found `and`, expected a field, a clause such as `since`, `}` or an operator",
        "`and` is written `&&`",
    ),
    ("a : u8 when b->c", "1:26 found `->`", "`.` reaches a member, as in `parent.status`"),
    ("a : u8 in 0...3", "1:25 found `...`, expected `..`", "a range is written `low..high`"),
    (
        "a : u8 in 0.5",
        "1:23 found `.`, expected `..` or an operator",
        "numbers are integers; a range is written `low..high`",
    ),
    (
        "a : u8 when hook == 3",
        "1:29 found `==`, expected a name",
        "`hook` is a keyword here; a name spelled like it goes into back-quotes: `` `hook` ``",
    ),
    (
        "a : u8 else keep == 3",
        "1:29 found `==`, expected a field, a clause such as `since` or `}`",
        "`keep` is a keyword here; a name spelled like it goes into back-quotes: `` `keep` ``",
    ),
    ("a : u8[n", "2:1 found `}`, expected `]` or `max`", None),
    ("group { }", "1:18 found `{`, expected `before`, `since` or `when`", None),
    ("/* x */", "1:12 found `/*`", "a comment begins with `//` and ends with its line"),
    ("#define A 1", "1:12 found `#`", "comments begin with `//`; `use` and `const` take the place of directives"),
    ("a : u8 = 'x'", "1:21 found `'`", 'strings stand in `"`'),
    ('a : u8 equal "x', "1:25 this string is never closed", 'a string ends with `"` on its own line'),
    ("`a : u8", "1:12 found a lone back-quote", "a name in back-quotes is written `` `name` ``"),
    ("a : u8 = 5UL", "1:21 `5UL` is no number", "numbers have no suffix"),
    ("a : u8 = 017", "1:21 `017` is no number", "octal numbers are written `0o17`"),
    (
        "a : u8 = 0x",
        "1:21 `0x` is no number",
        "numbers are written `10`, `0x1f`, `0b101`, `0o17`, with `_` between digits if you like",
    ),
    ("a : u8 = 1\x00", "1:22 unknown character U+0000", None),
    ("a : u8 = 1 €", "1:23 unknown character `€` (EURO SIGN)", None),
    (
        'a : u8 = "\\q"',
        "1:22 unknown escape `\\q`",
        'a string knows `\\\\`, `\\"`, `\\n`, `\\r`, `\\t`, `\\0` and `\\x` with two hexadecimal digits',
    ),
    ('send a "x" as u8 "y"', "1:29 a second name on the wire", None),
    ("} }", "1:14 found `}` with nothing to close", "no `{` is open here"),
]


@pytest.mark.parametrize(("body", "said", "hint"), FIELDS, ids=[body for body, *_ in FIELDS])
def test_in_a_body(body: str, said: str, hint: str | None) -> None:
    assert failed(f"struct s {{ {body}\n}}")[0] == f"{said} | {hint}"


TOP = [
    ("foo", "1:1 found `foo`, expected a declaration or the end of the file", None),
    ("const A = ", "1:10 found the end of the file, expected an expression", None),
    ("const A == 1", "1:9 found `==`, expected `=`", "`=` gives a value, `==` compares"),
    (
        "const A =\nconst B = 1",
        "2:7 found `B`, expected a declaration or the end of the file",
        "`const` was read as a name here: is something missing before it?",
    ),
    ("use pci", "1:5 found `pci`, expected a string", None),
    (
        "device version 3 { }",
        (
            "1:16 found `3`, expected a declaration, a word such as `version` or `needed`, a string, "
            "the end of the file or `{`"
        ),
        "`version` was read as a name here: is something missing before it?",
    ),
    ("device d version = 3 { }", "1:18 found `=`, expected an expression", "leave the `=` after `version` out"),
    (
        "device d version 3",
        "1:1 `device d` has no fields",
        "they stand between `{` and `}`; only an `opaque` device goes without",
    ),
    ("device d version 3 version 4 { }", "1:20 `version` is given twice", None),
    ("device d limit 1 limit 2 { }", "1:18 `limit` is given twice", None),
    ("struct s { subsection t needed a needed b { } }", "1:34 `needed` is given twice", None),
    (
        "enum E : u8 { A B = 1 }",
        "1:15 found `A`, expected a member `NAME = value` or `}`",
        "every member has its value: `A = 1`",
    ),
    (
        "enum E : u8 { alloc = 1 }",
        "1:15 found `alloc`, expected a member `NAME = value` or `}`",
        "`alloc` is a keyword here; a name spelled like it goes into back-quotes: `` `alloc` ``",
    ),
    ("struct s {\n a : u8\n", "1:10 `{` is never closed", "a `}` is missing before the end of the file"),
]


@pytest.mark.parametrize(("text", "said", "hint"), TOP, ids=[text for text, *_ in TOP])
def test_at_the_top(text: str, said: str, hint: str | None) -> None:
    assert failed(text) == [f"{said} | {hint}"]


def test_several_errors_in_one_file() -> None:
    text = """device d version 1 {
    a : u8;
    b u8
    c : u8,
    d : [3]
    e : oops oops oops
}
struct s {
    a : u8

enum E : u8 { A = 1, B = 2; C = 3 }
const Q = 'a'
const R = 1
type = u8
"""
    assert [line.partition(" |")[0] for line in failed(text)] == [
        "2:11 found `;`",
        "3:5 `:` is missing after `b`",
        "4:11 found `,`, expected a field, a clause such as `since` or `}`",
        "5:9 found `[`, expected a type",
        "8:10 `{` is never closed",
        "11:20 found `,`, expected a member `NAME = value`, `}` or an operator",
        "11:27 found `;`",
        "12:11 found `'`",
        "14:1 found `type`, expected a declaration or the end of the file",
    ]


def test_an_unclosed_brace_names_what_came_first() -> None:
    diagnostics = Diagnostics()
    assert parse(Source("t.vms", "struct a {\n x : u8\n\nstruct b { }\n"), diagnostics) is None
    (found,) = diagnostics
    assert (found.message, found.span.text, found.span.line) == ("`{` is never closed", "{", 1)
    assert [(related.message, related.span.line) for related in found.related] == [("`struct` came first", 4)]


def test_replacements_can_be_put_in_place() -> None:
    text = "struct s { a : u8; b u8 c : u8 where a and b == 5u }"
    for expected in ("struct s { a : u8 b u8", "struct s { a : u8 b : u8", "a && b", "b == 5 }"):
        diagnostics = Diagnostics()
        assert parse(Source("t.vms", text), diagnostics) is None
        first = diagnostics.found[0]
        assert first.replacement is not None
        text = text[: first.span.start] + first.replacement + text[first.span.end :]
        assert expected in text
    parsed(text)


def test_errors_are_not_without_end() -> None:
    assert len(failed("struct s {" + " a u8" * 500 + "}")) == MAX_ERRORS
    assert len(failed("const A = 1 1\nconst B = ]\n" * 500)) == MAX_ERRORS


def test_depth_is_bounded() -> None:
    fits = MAX_BRACKETS
    assert prefix(expression("(" * fits + "1" + ")" * fits)) == "<" * fits + "1" + ">" * fits
    (said,) = failed("const A = " + "(" * 5000)
    hint = "name a part of it: a `const`, a `type` or a `struct`"
    assert said == f"1:{11 + fits} more than {fits} brackets inside each other | {hint}"
    nested = "struct s { " + "a : { " * 5000
    assert [line.partition(" |")[0] for line in failed(nested)] == [
        f"1:{10 + fits * 6} more than {fits} brackets inside each other"
    ]


@pytest.mark.parametrize(
    "text",
    ["!" * 20_000 + "1", "1" + " + 1" * 20_000, "a ? " * 5_000 + "b" + " : c" * 5_000, "a" + ".b" * 20_000],
    ids=["unary", "sum", "choice", "member"],
)
def test_long_chains_are_refused_and_do_not_recurse(text: str) -> None:
    (said,) = failed(f"const A = {text}")
    assert said.partition(" ")[2].startswith(f"more than {MAX_LEVELS} levels of expressions or types | ")


def test_chains_of_a_sensible_length_are_fine() -> None:
    assert prefix(expression(" | ".join(["a"] * 150))).count("|") == 149


def test_long_numbers() -> None:
    assert failed(f"const A = {'9' * 5000}") == ["1:11 a number of 5000 characters | numbers have at most 64 bits"]
