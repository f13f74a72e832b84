"""The reference of the language has every warning, in the words of the program."""

from __future__ import annotations

import os

from tests.unit.docs.running import ROOT
from vmsgen.passes.lints import ERRORS, EXPLANATIONS

PAGE = ROOT / "docs" / "language.md"
BEGIN, END = "<!-- warnings -->\n", "<!-- /warnings -->"


def test_the_table_of_warnings_is_complete() -> None:
    """`VMSGEN_REGENERATE=1` writes it anew."""
    titled = {f"`{code}`": text for code, text in EXPLANATIONS.items()}
    titled |= {f"`{code}`, an error": text for code, text in ERRORS.items()}
    rows = [f"| {title} | {text.replace('|', chr(92) + '|')} |\n" for title, text in titled.items()]
    table = "".join(["| warning | |\n", "|---|---|\n", *rows])
    page = PAGE.read_text(encoding="utf-8")
    front, shown = page.split(BEGIN)
    if os.environ.get("VMSGEN_REGENERATE"):
        PAGE.write_text(front + BEGIN + table + shown[shown.index(END) :], encoding="utf-8")
        return
    assert shown.partition(END)[0] == table
