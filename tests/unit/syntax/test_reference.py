"""The language reference does not promise what the grammar does not take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.syntax.outline import parsed
from vmsgen.syntax.grammar import grammar_text

REFERENCE = (Path(__file__).parents[3] / "docs" / "language.md").read_text(encoding="utf-8")


def rows(section: str) -> list[str]:
    """The code in the first column of the tables of a section, `…` filled in."""
    text = re.search(rf"^## {section}\n(.*?)^## ", REFERENCE, re.MULTILINE | re.DOTALL)
    assert text is not None
    cells = re.findall(r"^\| (`.*?`) \| ", text.group(1), re.MULTILINE)
    return [code.replace("…", "") for cell in cells for code in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("block", re.findall(r"```vms\n(.*?)```", REFERENCE, re.DOTALL))
def test_blocks_parse(block: str) -> None:
    parsed(block)


@pytest.mark.parametrize("code", rows("Declarations"))
def test_declarations_parse(code: str) -> None:
    parsed(code)


@pytest.mark.parametrize("code", rows("Items"))
def test_items_parse(code: str) -> None:
    parsed(f"device d version 1 {{ {code} }}")


@pytest.mark.parametrize("code", rows("Types"))
def test_types_parse(code: str) -> None:
    parsed(f"device d version 1 {{ x : {code} }}")


@pytest.mark.parametrize("code", rows("Clauses"))
def test_clauses_parse(code: str) -> None:
    parsed(f"device d version 1 {{ x : u8 {code} }}")


def test_the_tables_were_found() -> None:
    assert [len(rows(section)) for section in ("Declarations", "Items", "Types", "Clauses")] == [8, 11, 31, 12]


def test_every_keyword_of_the_grammar_is_explained() -> None:
    keywords = re.findall(r"^\w+\.2: /([a-z_]+)\(", grammar_text(), re.MULTILINE)
    assert len(keywords) > 40
    assert [word for word in keywords if not re.search(rf"\b{word}\b", REFERENCE)] == []
