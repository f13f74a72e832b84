"""The grammar file, and lark's parser made from it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from lark import Lark


def grammar_text() -> str:
    """The text of `vms.lark`."""
    return (files("vmsgen.syntax") / "vms.lark").read_text(encoding="utf-8")


def make_parser(grammar: str, *, strict: bool = False) -> Lark:
    """An LALR(1) parser with a contextual lexer; `strict` refuses every conflict, and needs lark[interegular]."""
    return Lark(
        grammar,
        start="file",
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=True,
        strict=strict,
    )


@cache
def parser() -> Lark:
    """The parser, made on first use: that takes a quarter of a second."""
    return make_parser(grammar_text())
