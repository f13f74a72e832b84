"""The grammar is LALR(1), without a conflict and without two terminals that match the same text."""

from __future__ import annotations

import pytest
from lark.exceptions import GrammarError, LexError

from vmsgen.syntax.grammar import grammar_text, make_parser


def test_strict_mode_accepts_the_grammar() -> None:
    make_parser(grammar_text(), strict=True)


def test_strict_mode_would_see_a_conflict() -> None:
    ambiguous = grammar_text().replace("since: _SINCE _bits", "since: _SINCE _expr [in_clause]")
    assert ambiguous != grammar_text()
    with pytest.raises(GrammarError, match="Shift/Reduce conflict for terminal _IN"):
        make_parser(ambiguous, strict=True)


def test_strict_mode_would_see_a_collision() -> None:
    colliding = grammar_text().replace("_KEEP.2: /keep", "_KEEP: /keep")
    assert colliding != grammar_text()
    with pytest.raises(LexError, match=r"Collision between Terminals (_KEEP and NAME|NAME and _KEEP)"):
        make_parser(colliding, strict=True)
