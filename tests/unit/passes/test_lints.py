"""Warnings of `vmsgen check`, and schemas that look alike and deserve none."""

from __future__ import annotations

import pytest

from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_text
from vmsgen.passes.lints import EXPLANATIONS, lint

RING = "struct Ring version 1..2 {\n    size : u8\n    more : u8 since 2\n}\n"
KBD = 'struct Inner "kbd" version 1 {\n    a : u8\n}\n'


def warnings(text: str) -> list[tuple[str, int, str | None]]:
    diagnostics = Diagnostics()
    schema = compile_text(text, diagnostics)
    assert schema, diagnostics.found
    lint(schema, diagnostics)
    return [(found.code, found.span.line, found.hint) for found in diagnostics]


def test_the_version_of_an_embedded_struct_is_not_on_the_wire() -> None:
    hint = "its `since 2` is no protection against older streams; a subsection would be"
    assert warnings(RING + "device d version 1 {\n    ring : Ring[4]\n}\n") == [("struct-version", 6, hint)]
    assert warnings(RING + "device d version 1 {\n    ring : Ring at 2\n}\n") == []
    assert warnings(RING.replace("1..2", "2") + "device d version 1 {\n    ring : Ring\n}\n") == []


def test_a_group_or_a_condition_may_ask_for_the_version_of_a_struct() -> None:
    device = "device d version 1 {\n    ring : Ring\n}\n"
    group = RING.replace("more : u8 since 2", "group since 2 { more : u8 }")
    hint = "its `since 2` is no protection against older streams; a subsection would be"
    assert warnings(group + device) == [("struct-version", 6, hint)]
    asked = RING.replace("since 2", "when version >= 2")
    hint = "its `when`, which asks for the version, is no protection against older streams; a subsection would be"
    assert warnings(asked + device) == [("struct-version", 6, hint)]
    assert warnings(asked.replace("1..2", "2") + device) == []


def test_a_field_in_a_group_may_be_missing_behind_a_struct() -> None:
    section = '    subsection outport "kbd_outport" version 1 needed b != 0 { b : u8 }\n}\n'
    text = KBD + "device kbd version 1 {\n    a : u8  inner : Inner  group when a > 3 { tail : u8 }\n" + section
    assert [code for code, *_ in warnings(text)] == ["shadowed-subsection"]


def test_a_subsection_that_is_taken_for_the_structs() -> None:
    section = '    subsection outport "kbd_outport" version 1 needed b != 0 { b : u8 }\n}\n'
    hint = "`inner` is the last field, and its struct's name begins the subsection's"
    text = KBD + "device kbd version 1 {\n    inner : Inner\n" + section
    assert warnings(text) == [("shadowed-subsection", 6, hint)]
    assert warnings(text.replace("inner : Inner\n", "inner : Inner  tail : u8\n")) == []
    assert warnings(text.replace('"kbd" version', '"keys" version')) == []


def test_a_subsection_that_is_taken_for_that_of_a_tmp() -> None:
    section = '    subsection more "kbd/more" version 1 needed b != 0 { b : u8 }\n}\n'
    hint = "`parts` comes last, and its name, `kbd/mo`, begins the subsection's"
    text = 'device kbd version 1 {\n    parts "kbd/mo" : tmp { hook post_load  x : u8 }\n' + section
    assert warnings(text) == [("shadowed-subsection", 3, hint)]
    assert warnings(text.replace("}\n    sub", "}  tail : u8\n    sub")) == []
    assert warnings(text.replace('kbd/mo"', 'parts"')) == []
    inside = "hook post_load  inner : Inner }"
    hint = "`parts.inner` is the last field, and its struct's name begins the subsection's"
    struct = text.replace('kbd/mo"', 'parts"').replace("hook post_load  x : u8 }", inside)
    assert warnings(KBD + struct) == [("shadowed-subsection", 6, hint)]


def test_a_subsection_that_is_taken_for_that_of_a_struct_further_in() -> None:
    outer = 'struct Outer "keys" version 1 {\n    inner : Inner\n}\n'
    section = '    subsection more "kbd/more" version 1 needed b != 0 { b : u8 }\n}\n'
    hint = "`kbd` ends `outer`, and its name begins the subsection's"
    text = KBD + outer + "device kbd version 1 {\n    outer : Outer\n" + section
    assert warnings(text) == [("shadowed-subsection", 9, hint)]
    assert warnings(text.replace("inner : Inner\n}", "inner : Inner  tail : u8\n}")) == []


def test_a_subsection_that_is_taken_for_that_of_a_struct_in_the_one_before() -> None:
    one = '    subsection one "kbd/one" version 1 { inner : Inner }\n'
    two = '    subsection two "kbd/two" version 1 { b : u8 }\n'
    hint = "`inner` is the last field, and its struct's name begins the subsection's"
    assert warnings(KBD + "device kbd version 1 {\n" + one + two + "}\n") == [("shadowed-subsection", 6, hint)]
    assert warnings(KBD + "device kbd version 1 {\n" + two + one + "}\n") == []


@pytest.mark.parametrize("container", ["list<Inner max 3>", "map<u64, Inner max 3>"])
def test_a_list_ends_with_a_byte_of_its_own(container: str) -> None:
    section = '    subsection more "kbd/more" version 1 needed b != 0 { b : u8 }\n}\n'
    assert warnings(KBD + f"device kbd version 1 {{\n    all : {container}\n" + section) == []


def test_a_subsection_that_is_taken_for_the_one_before() -> None:
    one = '    subsection one "d/x" version 1 { a : u8 }\n'
    two = '    subsection two "d/x2" version 1 { b : u8 }\n'
    hint = "put it before that one, or give it another name"
    assert warnings("device d version 1 {\n" + one + two + "}\n") == [("shadowed-subsection", 3, hint)]
    assert warnings("device d version 1 {\n" + two + one + "}\n") == []


HEAD = "const DRQ = 8\nconst SWITCH = 1\ndevice d version 2..3 {\n    status : u8  n : u8  i : i8  b : bool\n    "
NEVER, ALWAYS = [("never-true", 5)], [("always-true", 5)]


def codes(item: str) -> list[tuple[str, int]]:
    return [(code, line) for code, line, _ in warnings(HEAD + item + "\n}\n")]


@pytest.mark.parametrize(
    "item",
    [
        "x : u8 when (status & DRQ) == 1",
        "x : u8 when DRQ == (status & 7)",
        "x : u8 when n > 300",
        "x : u8 when n in 256..300",
        "x : u8 when n != n",
        "x : u8 when n && !(status < 256)",
        "x : u8 when b == 2",
        "x : u8 where x < 0",
        "x : u8[4] where x > 255",
        "unused[2] when (status | 1) == 0",
        "group when n < 0 { x : u8 }",
        "group when n { x : u8 when i > 127 }",
        "parts : { x : u8  check n > 255 }[2]",
        "check 0",
        "check (8 & 4) == 1",
        'subsection s "d/s" version 1 needed n == 256 { x : u8 }',
        'subsection s "d/s" version 1 needed n { x : u8 when status > 300 }',
    ],
)
def test_what_never_holds(item: str) -> None:
    assert codes(item) == NEVER


@pytest.mark.parametrize(
    "item",
    [
        "x : u8 when status | DRQ",
        "x : u8 when n >= 0",
        "x : u8 where x in 0..255",
        "check (status & DRQ) != 1",
        "check n == 1 || n <= 255",
        "check n ? b < 2 : i < 128",
        'subsection s "d/s" version 1 needed i >= -128 { x : u8 }',
    ],
)
def test_what_always_holds(item: str) -> None:
    assert codes(item) == ALWAYS


@pytest.mark.parametrize(
    "item",
    [
        "x : u8 when (status & DRQ) == DRQ",
        "x : u8 when (status & DRQ) != 0",
        "x : u8 when status & DRQ",
        "x : u8 when i < 0",
        "x : u8 when n > 254",
        "x : u8 when b",
        "x : u8 when version >= 3",
        "x : u8 when version >= 2 && n",
        "x : u8 when SWITCH",
        "x : u8 where x <= held(x)",
        "x : u8 when (10 / n) < 300",
        "x : u8 in 0..255",
        'group when n { x : u8  check 0 "not to be" }',
        'subsection s "d/s" version 1 { x : u8 }',
    ],
)
def test_what_depends_or_is_meant(item: str) -> None:
    """An error is neither; a constant may be another in another build; a `check 0` may refuse the state it is in."""
    assert codes(item) == []


def test_a_device_that_is_never_needed() -> None:
    text = "device d version 1 needed n > 255 {\n    n : u8\n}\n"
    assert warnings(text) == [("never-true", 1, "it is never sent")]


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_every_lint_has_an_explanation(code: str) -> None:
    assert EXPLANATIONS[code].endswith(".")
    assert len(EXPLANATIONS[code]) > 150
