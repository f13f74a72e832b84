"""What loads and saves ask about an item of a wire program."""

from __future__ import annotations

from dataclasses import replace

from vmsgen.model.expressions import Expression, FieldValue, Path, walk
from vmsgen.model.types import Scalar, innermost
from vmsgen.model.wire import ALWAYS, Check, Constraint, Field, RangeConstraint, Repeat, WhereConstraint, WireItem


def asks(item: WireItem) -> bool:
    """Is there anything to ask of a saved item?"""
    match item:
        case Field():
            scalar, stored = innermost(item.type), innermost(item.storage)
            width = isinstance(scalar, Scalar) and isinstance(stored, Scalar) and scalar.kind != stored.kind
            return width or bool(item.constraints)
        case Check():
            return True
        case Repeat():
            return any(asks(inner) for inner in item.items)
    return False


def always(field: Field) -> Field:
    """The field as it is where its condition holds."""
    return replace(field, presence=ALWAYS)


def start_of(text: str, start: int) -> str:
    return f"&{text}[{start}]" if start else text


def read_again(items: tuple[WireItem, ...]) -> set[Path]:
    """The places that checks and constraints among the items ask for by name."""
    found: set[Path] = set()
    for item in items:
        expressions: list[Expression] = []
        match item:
            case Check():
                expressions.append(item.condition)
            case Field():
                for constraint in item.constraints:
                    expressions += asked(constraint)
            case Repeat():
                found |= read_again(item.items)
        found |= {node.path for e in expressions for node in walk(e) if isinstance(node, FieldValue)}
    return found


def asked(constraint: Constraint) -> list[Expression]:
    match constraint:
        case RangeConstraint(low, high):
            return [low, high]
        case WhereConstraint(condition):
            return [condition]
    return []
