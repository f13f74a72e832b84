"""Expressions of the frozen tree, made from lark's."""

from __future__ import annotations

from typing import Any

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from vmsgen.diagnostics import Diagnostics, Source, Span
from vmsgen.syntax.expressions import (
    Between,
    Binary,
    Choice,
    Held,
    Number,
    Parenthesised,
    Reference,
    String,
    Unary,
)
from vmsgen.syntax.literals import name_text, number_value, string_value
from vmsgen.syntax.tree import Name


@v_args(meta=True)
class ExpressionBuilder(Transformer_NonRecursive[Token, Any]):
    """One method a rule of the grammar; lark calls it with the place and the children, already built."""

    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        super().__init__(visit_tokens=False)
        self._source = source
        self._diagnostics = diagnostics

    def _span(self, place: Meta | Token) -> Span:
        assert place.start_pos is not None and place.end_pos is not None
        return Span(self._source, place.start_pos, place.end_pos)

    def _string(self, token: Token) -> str:
        return string_value(str(token), self._span(token), self._diagnostics)

    def any_name(self, meta: Meta, children: list[Any]) -> Name:
        return Name(name_text(children[0]), self._span(meta))

    # Primaries ---------------------------------------------------------------------------------------------------

    def number(self, meta: Meta, children: list[Any]) -> Number:
        span = self._span(meta)
        return Number(number_value(str(children[0]), span, self._diagnostics), span)

    def string(self, meta: Meta, children: list[Any]) -> String:
        return String(self._string(children[0]), self._span(meta))

    def simple(self, meta: Meta, children: list[Any]) -> Reference:
        return Reference(name_text(children[0]), (), self._span(meta))

    def reference(self, meta: Meta, children: list[Any]) -> Reference:
        return Reference(children[0].text, (), self._span(meta))

    def dotted(self, meta: Meta, children: list[Any]) -> Reference:
        owner, member = children
        return Reference(owner.name, (*owner.steps, member.text), self._span(meta))

    def indexed(self, meta: Meta, children: list[Any]) -> Reference:
        owner, index = children
        return Reference(owner.name, (*owner.steps, index), self._span(meta))

    def held(self, meta: Meta, children: list[Any]) -> Held:
        return Held(children[0], self._span(meta))

    def parenthesised(self, meta: Meta, children: list[Any]) -> Parenthesised:
        return Parenthesised(children[0], self._span(meta))

    # Operators ---------------------------------------------------------------------------------------------------

    def unary(self, meta: Meta, children: list[Any]) -> Unary:
        operator, operand = children
        return Unary(str(operator), operand, self._span(meta))

    def binary(self, meta: Meta, children: list[Any]) -> Binary:
        left, operator, right = children
        return Binary(str(operator), left, right, self._span(meta), self._span(operator))

    def between(self, meta: Meta, children: list[Any]) -> Between:
        operand, low, high = children
        return Between(operand, low, high, self._span(meta))

    def choice(self, meta: Meta, children: list[Any]) -> Choice:
        condition, yes, no = children
        return Choice(condition, yes, no, self._span(meta))
