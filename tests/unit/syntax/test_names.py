"""An identifier before `:` is a name whatever it spells, and keywords are keywords only where one can stand."""

from __future__ import annotations

import pytest

from tests.unit.syntax.outline import parsed, prefix
from vmsgen.syntax.tree import DefaultClause, DescriptionDeclaration, EnumDeclaration, FieldItem, WhenClause

KEYWORDS = (
    "use const type enum flags device struct for version old needed priority limit unmigratable early_setup opaque "
    "hook as local send unused group check subsection in since before when where equal else keep alloc was max at "
    "buffer bitmap list map tmp custom held KiB"
).split()


def fields_of(body: str) -> list[FieldItem]:
    (device,) = parsed(f"device d version 1 {{ {body} }}").declarations
    assert isinstance(device, DescriptionDeclaration)
    return [item for item in device.items if isinstance(item, FieldItem)]


@pytest.mark.parametrize("word", KEYWORDS)
def test_every_keyword_is_a_field_name_before_a_colon(word: str) -> None:
    text = f'{word}: u8 since 2 {word} // note\n : u8 when a {word} "w" : u8 in 0..9 `{word}` : u8 local {word} : u8'
    found = fields_of(text)
    assert [(field.name.text, field.name.wire, field.local) for field in found] == [
        (word, None, False),
        (word, None, False),
        (word, "w", False),
        (word, None, False),
        (word, None, True),
    ]


@pytest.mark.parametrize("word", KEYWORDS)
def test_every_keyword_names_a_declaration(word: str) -> None:
    names = [d.name.text for d in parsed(f"const {word} = 1 type {word} = u8 struct {word} {{}}").declarations]  # type: ignore[union-attr]
    assert names == [word] * 3


@pytest.mark.parametrize("word", [word for word in KEYWORDS if word not in {"equal", "alloc"}])
def test_keywords_as_members(word: str) -> None:
    (enum,) = parsed(f"enum E : u8 {{ {word} = 0 {word} = 1 + 2 `{word}` = 4 }}").declarations
    assert isinstance(enum, EnumDeclaration)
    assert [(member.name.text, prefix(member.value)) for member in enum.members] == [
        (word, "0"),
        (word, "(+ 1 2)"),
        (word, "4"),
    ]


def test_the_colon_of_a_choice_makes_no_field() -> None:
    one, two = fields_of("a : u8 when x ? y : z b : u8 = x ? y : z")
    assert isinstance(one.clauses[0], WhenClause) and one.clauses[0].condition is not None
    assert prefix(one.clauses[0].condition) == "(? x y z)"
    assert isinstance(two.clauses[0], DefaultClause)
    assert prefix(two.clauses[0].value) == "(? x y z)"


def test_values_at_reset_behind_words_that_take_no_value() -> None:
    one, two = fields_of("a : u8 in 0..5 equal = 1 b : u8 since 2 alloc = 2")
    assert [type(clause).__name__ for clause in one.clauses] == ["InClause", "EqualClause", "DefaultClause"]
    assert [type(clause).__name__ for clause in two.clauses] == ["SinceClause", "AllocClause", "DefaultClause"]


def test_keywords_are_whole_words() -> None:
    assert [f.name.text for f in fields_of("hooks : u8 inner : u8 since2 : u8")] == ["hooks", "inner", "since2"]
