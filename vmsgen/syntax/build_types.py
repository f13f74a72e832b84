"""Types and clauses of the frozen tree, made from lark's."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from lark import v_args
from lark.tree import Meta

from vmsgen.diagnostics import Span
from vmsgen.syntax.build_expressions import ExpressionBuilder
from vmsgen.syntax.expressions import Between, Expr
from vmsgen.syntax.tree import (
    AllocClause,
    ArrayType,
    BeforeClause,
    Clause,
    ContainerType,
    CustomType,
    DefaultClause,
    ElseClause,
    EqualClause,
    InClause,
    Length,
    NamedType,
    OptionalType,
    SinceClause,
    SizedType,
    StructType,
    TmpType,
    WasClause,
    WhenClause,
    WhereClause,
)


@v_args(meta=True)
class TypeBuilder(ExpressionBuilder):
    """One method a rule, as in its base class."""

    def plain_type(self, meta: Meta, children: list[Any]) -> NamedType:
        return NamedType(children[0].text, self._span(meta))

    def named_type(self, meta: Meta, children: list[Any]) -> NamedType:
        name, pin = children
        return NamedType(name.text, self._span(meta), pin)

    def optional(self, meta: Meta, children: list[Any]) -> OptionalType:
        return OptionalType(children[0], self._span(meta))

    def length(self, meta: Meta, children: list[Any]) -> Length:
        count, maximum = children
        return Length(count, maximum, self._span(meta))

    def sized(self, meta: Meta, children: list[Any]) -> SizedType:
        kind, length = children
        return SizedType(str(kind), length, self._span(meta))

    def array(self, meta: Meta, children: list[Any]) -> ArrayType:
        element, *lengths = children
        return ArrayType(element, tuple(lengths), self._span(meta))

    def struct_type(self, meta: Meta, children: list[Any]) -> StructType:
        return StructType(children[0], self._span(meta))

    def tmp(self, meta: Meta, children: list[Any]) -> TmpType:
        return TmpType(children[0], self._span(meta))

    def custom(self, meta: Meta, children: list[Any]) -> CustomType:
        return CustomType(self._span(meta))

    def list_type(self, meta: Meta, children: list[Any]) -> ContainerType:
        _less, element, maximum, _greater = children
        return ContainerType("list", (element,), maximum, self._span(meta))

    def map_type(self, meta: Meta, children: list[Any]) -> ContainerType:
        _less, key, value, maximum, _greater = children
        return ContainerType("map", (key, value), maximum, self._span(meta))


@v_args(meta=True)
class ClauseBuilder(TypeBuilder):
    """The clauses behind a type."""

    def clauses(self, _meta: Meta, children: list[Any]) -> tuple[Clause, ...]:
        """The clauses in order; `when a = 1` is refused, as it is read as a value at reset and hardly meant so."""
        for before, clause in pairwise(children):
            asks = isinstance(before, WhereClause) or (isinstance(before, WhenClause) and before.hook is None)
            if asks and isinstance(clause, DefaultClause):
                self._diagnostics.error(
                    "syntax",
                    "found `=` after a condition",
                    Span(self._source, clause.span.start, clause.span.start + 1),
                    hint="`==` compares; a value at reset stands before the condition",
                    replacement="==",
                )
        return tuple(children)

    def group_clauses(self, _meta: Meta, children: list[Any]) -> tuple[Clause, ...]:
        return tuple(children)

    def _refuse_late_range(self, value: Expr) -> None:
        """`= 1 in 0..5`: the range was meant for the field."""
        if isinstance(value, Between):
            self._diagnostics.error(
                "syntax",
                "found a range after a value",
                value.span,
                hint="a range stands straight after the type: `x : u8 in 0..5 = 1`",
            )

    def in_clause(self, meta: Meta, children: list[Any]) -> InClause:
        low, high = children
        return InClause(low, high, self._span(meta))

    def since(self, meta: Meta, children: list[Any]) -> SinceClause:
        return SinceClause(children[0], self._span(meta))

    def before(self, meta: Meta, children: list[Any]) -> BeforeClause:
        return BeforeClause(children[0], self._span(meta))

    def when(self, meta: Meta, children: list[Any]) -> WhenClause:
        return WhenClause(children[0], None, self._span(meta))

    def when_hook(self, meta: Meta, children: list[Any]) -> WhenClause:
        return WhenClause(None, children[0], self._span(meta))

    def default(self, meta: Meta, children: list[Any]) -> DefaultClause:
        self._refuse_late_range(children[0])
        return DefaultClause(children[0], self._span(meta))

    def else_value(self, meta: Meta, children: list[Any]) -> ElseClause:
        self._refuse_late_range(children[0])
        return ElseClause(children[0], self._span(meta))

    def else_keep(self, meta: Meta, _children: list[Any]) -> ElseClause:
        return ElseClause(None, self._span(meta))

    def where(self, meta: Meta, children: list[Any]) -> WhereClause:
        return WhereClause(children[0], self._span(meta))

    def equal(self, meta: Meta, children: list[Any]) -> EqualClause:
        hint = children[0]
        return EqualClause(None if hint is None else self._string(hint), self._span(meta))

    def alloc(self, meta: Meta, _children: list[Any]) -> AllocClause:
        return AllocClause(self._span(meta))

    def was(self, meta: Meta, children: list[Any]) -> WasClause:
        return WasClause(self._string(children[0]), self._span(meta))
