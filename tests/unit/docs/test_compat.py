"""The page on comparing schemas: what it shows is what happens, and its table of rules is the one of the program."""

from __future__ import annotations

import os
from pathlib import Path

from tests.unit.docs.blocks import blocks, steps
from tests.unit.docs.running import ROOT, run
from vmsgen.compat.rules import EVERYTHING

PAGE = ROOT / "docs" / "compat.md"
BEGIN, END = "<!-- rules -->\n", "<!-- /rules -->"


def test_everything_shown_is_what_happens(tmp_path: Path) -> None:
    work = steps(blocks(PAGE))
    assert {step.kind for step in work} == {"file", "console"}
    for step in work:
        run(step, tmp_path)


def test_the_table_of_rules_is_complete() -> None:
    """`VMSGEN_REGENERATE=1` writes it anew."""
    rows = [f"| `{about.id}` | {about.category} | {about.explanation} |\n" for about in EVERYTHING]
    table = "".join(["| rule | category | |\n", "|---|---|---|\n", *rows])
    page = PAGE.read_text(encoding="utf-8")
    front, shown = page.split(BEGIN)
    if os.environ.get("VMSGEN_REGENERATE"):
        PAGE.write_text(front + BEGIN + table + shown[shown.index(END) :], encoding="utf-8")
        return
    assert shown.partition(END)[0] == table


def test_rules_are_named_once() -> None:
    assert len({about.id for about in EVERYTHING}) == len(EVERYTHING)
