"""Trees as text, for tests: expressions in prefix form, everything else as an indented outline with places."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, get_args

from vmsgen.diagnostics import Diagnostics, Source, Span
from vmsgen.syntax import parse
from vmsgen.syntax.expressions import (
    Between,
    Binary,
    Choice,
    Expr,
    Held,
    Number,
    Parenthesised,
    Reference,
    String,
    Unary,
)
from vmsgen.syntax.tree import ConstDeclaration, File


def prefix(expr: Expr) -> str:
    """`a + 1` as `(+ a 1)`; written parentheses as `<…>`."""
    match expr:
        case Number(value):
            return str(value)
        case String(value):
            return repr(value)
        case Reference(name, steps):
            return name + "".join(f".{step}" if isinstance(step, str) else f"[{prefix(step)}]" for step in steps)
        case Held(reference):
            return f"held({prefix(reference)})"
        case Unary(operator, operand):
            return f"({operator} {prefix(operand)})"
        case Binary(operator, left, right):
            return f"({operator} {prefix(left)} {prefix(right)})"
        case Between(operand, low, high):
            return f"(in {prefix(operand)} {prefix(low)} {prefix(high)})"
        case Choice(condition, yes, no):
            return f"(? {prefix(condition)} {prefix(yes)} {prefix(no)})"
        case Parenthesised(inner):
            return f"<{prefix(inner)}>"


def expression(text: str) -> Expr:
    """The tree of an expression."""
    declaration = parsed(f"const X = {text}").declarations[0]
    assert isinstance(declaration, ConstDeclaration)
    return declaration.value


def parsed(text: str) -> File:
    """The tree of a text that must parse without any finding."""
    diagnostics = Diagnostics()
    file = parse(Source("test.vms", text), diagnostics)
    assert [d.message for d in diagnostics] == []
    assert file is not None
    return file


def failed(text: str) -> list[str]:
    """What is said about a text that must not parse: `line:column message | hint`."""
    diagnostics = Diagnostics()
    assert parse(Source("test.vms", text), diagnostics) is None
    return [f"{d.span.line}:{d.span.column} {d.message} | {d.hint}" for d in diagnostics]


def outline(file: File) -> str:
    """The whole tree, one node a line."""
    lines = [f"File doc={file.doc!r}"]
    for declaration in file.declarations:
        _node("", declaration, 1, lines)
    return "\n".join(lines) + "\n"


def _place(span: Span) -> str:
    end_line, end_column = span.source.line_and_column(span.end)
    return f"{span.line}:{span.column}-{end_line}:{end_column}"


def _node(label: str, node: Any, depth: int, lines: list[str]) -> None:
    words = [f"{label}{type(node).__name__}"]
    below: list[tuple[str, Any]] = []
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "span":
            words.append(f"@{_place(value)}")
        elif isinstance(value, get_args(Expr)):
            words.append(f"{field.name}={prefix(value)}@{_place(value.span)}")
        elif is_dataclass(value):
            below.append((f"{field.name}: ", value))
        elif isinstance(value, tuple):
            below.extend((f"{field.name}: ", item) for item in value)
        elif value not in (None, "", False):
            words.append(f"{field.name}={value!r}")
    lines.append("  " * depth + " ".join(words))
    for name, value in below:
        _node(name, value, depth + 1, lines)
