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


def test_a_subsection_that_is_taken_for_the_structs() -> None:
    section = '    subsection outport "kbd_outport" version 1 needed b != 0 { b : u8 }\n}\n'
    hint = "`inner` is the last field, and its struct's name begins the subsection's"
    text = KBD + "device kbd version 1 {\n    inner : Inner\n" + section
    assert warnings(text) == [("shadowed-subsection", 6, hint)]
    assert warnings(text.replace("inner : Inner\n", "inner : Inner  tail : u8\n")) == []
    assert warnings(text.replace('"kbd" version', '"keys" version')) == []


def test_a_subsection_that_is_taken_for_the_one_before() -> None:
    one = '    subsection one "d/x" version 1 { a : u8 }\n'
    two = '    subsection two "d/x2" version 1 { b : u8 }\n'
    hint = "put it before that one, or give it another name"
    assert warnings("device d version 1 {\n" + one + two + "}\n") == [("shadowed-subsection", 3, hint)]
    assert warnings("device d version 1 {\n" + two + one + "}\n") == []


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_every_lint_has_an_explanation(code: str) -> None:
    assert EXPLANATIONS[code].endswith(".")
    assert len(EXPLANATIONS[code]) > 150
