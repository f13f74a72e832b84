"""The nodes of an expression as written; parentheses are kept, because some forms are refused without them."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.diagnostics import Span


@dataclass(frozen=True)
class Number:
    value: int
    span: Span


@dataclass(frozen=True)
class String:
    """Only as a value for a field that takes bytes; the passes refuse it elsewhere."""

    value: str
    span: Span


@dataclass(frozen=True)
class Reference:
    """`a.b[i].c`: the first step is a name, the rest are names and indices."""

    name: str
    steps: tuple[str | Expr, ...]
    span: Span


@dataclass(frozen=True)
class Held:
    """`held(reference)`."""

    reference: Reference
    span: Span


@dataclass(frozen=True)
class Unary:
    operator: str  # - + ~ !
    operand: Expr
    span: Span


@dataclass(frozen=True)
class Binary:
    operator: str  # + - * / % << >> & | ^ && || == != < <= > >=
    left: Expr
    right: Expr
    span: Span
    operator_span: Span


@dataclass(frozen=True)
class Between:
    """`x in low..high`."""

    operand: Expr
    low: Expr
    high: Expr
    span: Span


@dataclass(frozen=True)
class Choice:
    """`condition ? yes : no`."""

    condition: Expr
    yes: Expr
    no: Expr
    span: Span


@dataclass(frozen=True)
class Parenthesised:
    inner: Expr
    span: Span


Expr = Number | String | Reference | Held | Unary | Binary | Between | Choice | Parenthesised
