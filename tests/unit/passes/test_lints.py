"""Warnings of `vmsgen check`, and schemas that look alike and deserve none."""

from __future__ import annotations

import pytest

from tests.states import state_of
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import decode, encode
from vmsgen.passes import compile_text, project
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


@pytest.mark.parametrize(
    ("item", "source"),
    [
        ("more : u8[version max 4]", "length, which asks for the version,"),
        ("more : { x : u8 }[version max 4]", "length, which asks for the version,"),
        ("unused[version max 4]", "length, which asks for the version,"),
        ("hook get_c, put_c  more : u8  c : custom[version max 4]", "length, which asks for the version,"),
        ("check version == 2 || size == 0", "`check`, which asks for the version,"),
        ("more : u8 in 0..version", "`in`, which asks for the version,"),
        ("more : u8 where more < version", "`where`, which asks for the version,"),
    ],
)
def test_a_length_or_a_check_may_ask_for_the_version_of_a_struct(item: str, source: str) -> None:
    text = RING.replace("more : u8 since 2", item) + "device d version 1 {\n    ring : Ring\n}\n"
    hint = f"its {source} is no protection against older streams; a subsection would be"
    assert warnings(text) == [("struct-version", 6, hint)]
    assert warnings(text.replace("1..2", "2")) == []
    assert warnings(text.replace(": Ring", ": Ring at 2")) == []


def test_a_field_in_a_group_may_be_missing_behind_a_struct() -> None:
    section = '    subsection outport "kbd_outport" version 1 needed b != 0 { b : u8 }\n}\n'
    text = KBD + "device kbd version 1 {\n    a : u8  inner : Inner  group when a > 3 { tail : u8 }\n" + section
    assert [code for code, *_ in warnings(text)] == ["shadowed-subsection"]


def test_a_subsection_that_is_taken_for_the_structs() -> None:
    section = '    subsection outport "kbd_outport" version 1 needed b != 0 { b : u8 }\n}\n'
    hint = "`inner` may come last, and its struct's name begins the subsection's"
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
    hint = "`parts.inner` may come last, and its struct's name begins the subsection's"
    struct = text.replace('kbd/mo"', 'parts"').replace("hook post_load  x : u8 }", inside)
    assert warnings(KBD + struct) == [("shadowed-subsection", 6, hint)]


def test_a_subsection_that_is_taken_for_that_of_one_in_a_tmp() -> None:
    inner = '        subsection s "kbd/parts/s" version 1 needed x == 1 { y : u8 }\n'
    section = '    subsection more "kbd/parts/s/t" version 1 needed b != 0 { b : u8 }\n}\n'
    hint = "`kbd/parts/s` comes first, and its name begins the subsection's"
    text = 'device kbd version 1 {\n    parts "kbd/parts" : tmp {\n        x : u8\n' + inner + "    }\n" + section
    assert warnings(text)[0] == ("shadowed-subsection", 6, hint)
    assert warnings(text.replace("kbd/parts/s/t", "kbd/t")) == []
    # Those of the tmp among themselves.
    more = '        subsection t "kbd/parts/st" version 1 needed x == 2 { z : u8 }\n'
    text = text.replace("kbd/parts/s/t", "kbd/t").replace(inner, inner.replace("x == 1", "x != 0") + more)
    assert [(code, line) for code, line, _ in warnings(text)] == [("shadowed-subsection", 5)]


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
    hint = "`inner` may come last, and its struct's name begins the subsection's"
    assert warnings(KBD + "device kbd version 1 {\n" + one + two + "}\n") == [("shadowed-subsection", 6, hint)]
    assert warnings(KBD + "device kbd version 1 {\n" + two + one + "}\n") == []


SHADOWED = [
    "n : u8 in 0..3  s : S  x : u8[n]",
    "n : u8 in 0..3  s : S  x : u8[n * 2]",
    "n : u8 in 0..3  s : S  x : buffer[n]",
    "n : u8 in 0..3  s : S  x : bitmap[n]",
    "n : u8 in 0..3  s : S  x : u8[n] alloc",
    "n : u8 in 0..3  s : S  unused[n max 3]",
    "n : u8 in 0..3  s : S  x : T[n]",
    "n : u8 in 0..3  hook get_x, put_x  s : S  x : custom[n]",
    "n : u8 in 0..3  s : S  x : { q : u8 }[n]",
    "n : u8 in 0..3  x : { s : S  y : u8[n] }[2]",
    "n : u8  s : S  x : u8 when n != 0",
    "n : u8  s : S  x : { q : u8 } when n != 0",
    "n : u8  s : S  group when hook h { x : u8 }",
    "n : u8  s : S  e : Empty",
    "n : u8  s : S  e : Empty[3]",
    "n : u8  s : S  check n == 0",
    "n : u8  s : S  t : tmp { hook pre_save  local z : u8  x : u8 when z == 1 }",
    "n : u8  s : S when n != 1",
]
CLEAR = [
    "n : u8 in 1..3 = 1  s : S  x : u8[n] alloc",
    "n : u8 in 0..3  s : S  x : u8[n + 1]",
    "n : u8 in 0..3  s : S  x : u8 when n == 0",
    "n : u8 in 0..3  s : S  x : u8[3 - n]",
    "n : u8  s : S  x : T",
    "n : u8  s : S  x : { q : u8 }[2]",
    "n : u8  s : S  x : list<Empty max 3>",
    "n : u8  s : S  x : u8?[3]",
    "n : u8  s : S  check n < 8  x : u8",
    "n : u8  s : S  newer : Newer",
    "n : u8  s : S when n == 1",
    "n : u8  hook get_x, put_x  s : S  x : custom",
    "n : u8  hook get_x, put_x  s : S  x : custom[n max 3]  y : u8",
    "n : u8  hook get_x, put_x  s : S  x : custom[2]",
]


def of_shadowed(items: str) -> list[str]:
    """Behind a struct with the name of the device; its subsection is sent where `n` is 0."""
    structs = 'struct S "d" { a : u8 }  struct T { a : u8 }  struct Empty { local z : u8  a : u8 when z == 1 }\n'
    newer = "struct Newer version 1..2 { a : u8 since 2 }\n"
    text = f"device d version 1 {{ {items}\n subsection p version 1 needed n == 0 {{ b : u8 }} }}\n"
    return [code for code, *_ in warnings(structs + newer + text) if code != "struct-version"]


@pytest.mark.parametrize("items", SHADOWED)
def test_what_is_behind_a_struct_may_be_missing(items: str) -> None:
    assert of_shadowed(items) == ["shadowed-subsection"]


@pytest.mark.parametrize("items", CLEAR)
def test_what_is_behind_a_struct_is_there_whenever_the_subsection_is(items: str) -> None:
    assert of_shadowed(items) == []


def test_a_struct_with_a_subsection_of_the_same_name() -> None:
    """The device's own goes to the struct, and the device is told that there was none."""
    text = """struct S "d" { a : u8  subsection p version 1 needed a == 9 { b : u8 } }
        device d version 1 { n : u8  s : S  subsection p version 1 needed n == 0 { c : u8 } }
        """
    diagnostics = Diagnostics()
    schema = compile_text(text, diagnostics)
    assert schema
    lint(schema, diagnostics)
    says = "a loader takes `d/p` for a subsection of `d`, and loads the one that has this name there"
    assert [found.message for found in diagnostics] == [says]
    device = schema.devices[0]
    body = encode(device, state_of(device, {"c": 7}))
    assert body.hex(" ") == "00 00 05 03 64 2f 70 00 00 00 01 07"
    loaded = state_of(device, {})
    decode(device, loaded, body, 1)
    assert (loaded["c"], loaded["s"]["b"]) == (0, 7)


def test_subsections_that_are_never_sent_together() -> None:
    one = '    subsection one "d/x" version 1 needed n == 1 { a : u8 }\n'
    two = '    subsection two "d/x2" version 1 needed n == 2 { b : u8 }\n'
    assert warnings("device d version 1 {\n    n : u8\n" + one + two + "}\n") == []
    assert len(warnings("device d version 1 {\n    n : u8\n" + one + two.replace("== 2", "!= 2") + "}\n")) == 1


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


def test_a_struct_is_looked_at_once_however_often_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    at_version = project.at_version
    monkeypatch.setattr(
        project, "at_version", lambda wire, version: (looked.append(len(wire)), at_version(wire, version))[1]
    )
    chain = "".join(f"struct S{number} {{ a : u8  b : S{number - 1}  c : S{number - 1} }}\n" for number in range(1, 6))
    sections = "".join(f"subsection p{number} version 1 needed n == {number} {{ }}\n" for number in range(9))
    first = "struct S0 { local z : u8  a : u8 when z == 1 }\n"
    assert warnings(f"{first}{chain}device d version 1 {{ n : u8  s : S5\n{sections} }}\n") == []
    assert len(looked) == 6
