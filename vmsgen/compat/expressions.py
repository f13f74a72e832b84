"""Expressions as two schemas compare them: seen from the device's state, at one version, and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from vmsgen.interpret.errors import Fault
from vmsgen.interpret.expression import Frame, evaluate
from vmsgen.interpret.state import State
from vmsgen.model.expressions import (
    Binary,
    Conditional,
    Constant,
    Expression,
    FieldValue,
    HeldValue,
    IndexStep,
    LoopStep,
    OwnValue,
    Path,
    Step,
    StreamVersion,
    Unary,
    Within,
    children,
    mentions_held,
    replaced,
)
from vmsgen.model.interval import BOOLEAN
from vmsgen.model.wire import Constraint, RangeConstraint, WhereConstraint

Rename = Callable[[Path], Path | None]
"""A place in one state to the same place in the other; None where there is none."""


@dataclass(frozen=True)
class Each(IndexStep):
    """The first element that a loop has, which stands for all of them."""


_LEVELS = (
    ("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">="), ("|",), ("^",), ("&",), ("<<", ">>"),
    ("+", "-"), ("*", "/", "%"),
)  # fmt: skip
_LEVEL = {operator: level for level, operators in enumerate(_LEVELS, 1) for operator in operators}


def absolute(expression: Expression, prefix: Path, version: int) -> Expression:
    """The expression as the device's own state has it: `prefix` in front, `Each` for every loop, one version.

    What is constant by then is folded.
    """
    match expression:
        case FieldValue(path, interval):
            return FieldValue(absolute_path(path, prefix, version), interval)
        case HeldValue(path, interval):
            return HeldValue(absolute_path(path, prefix, version), interval)
        case StreamVersion():
            return Constant(version)
        case Unary(operator, operand):
            return _folded(Unary(operator, absolute(operand, prefix, version)))
        case Binary(operator, left, right):
            both = Binary(operator, absolute(left, prefix, version), absolute(right, prefix, version))
            return _logic(both) if operator in ("&&", "||") else _folded(both)
        case Within(operand, low, high):
            parts = (absolute(part, prefix, version) for part in (operand, low, high))
            return _folded(Within(*parts))
        case Conditional(condition, yes, no):
            return _folded(Conditional(*(absolute(part, prefix, version) for part in (condition, yes, no))))
        case Constant() | OwnValue():
            return expression


def absolute_path(path: Path, prefix: Path, version: int) -> Path:
    """As `absolute`, of a place."""
    steps: list[Step] = []
    for step in path.steps:
        match step:
            case IndexStep(index, length):
                steps.append(IndexStep(absolute(index, prefix, version), length))
            case LoopStep():
                steps.append(Each(Constant(0), 1))
            case _:
                steps.append(step)
    return Path((*prefix.steps, *steps))


def _folded(expression: Expression) -> Expression:
    if not all(isinstance(child, Constant) for child in children(expression)):
        return expression
    try:
        return Constant(evaluate(expression, Frame(State(), None, 0)))
    except Fault:
        return expression


def _logic(expression: Binary) -> Expression:
    """`&&` and `||` of which one side is certain."""
    decided = int(expression.operator == "||")
    for side, other in ((expression.left, expression.right), (expression.right, expression.left)):
        if isinstance(side, Constant):
            if bool(side.value) == bool(decided):
                return Constant(decided)
            return other if BOOLEAN.covers(other.interval) else Binary("!=", other, Constant(0))
    return expression


def renamed(expression: Expression, rename: Rename) -> Expression | None:
    """The expression about another state; None where it names something that is not there."""
    match expression:
        case FieldValue(path, _) | HeldValue(path, _):
            there = rename(path)
            return replace(expression, path=there) if there is not None else None
        case Unary(operator, operand):
            inner = renamed(operand, rename)
            return Unary(operator, inner) if inner is not None else None
        case Binary(operator, left, right):
            a, b = renamed(left, rename), renamed(right, rename)
            return Binary(operator, a, b) if a is not None and b is not None else None
        case Within(operand, low, high):
            first, bottom, top = (renamed(part, rename) for part in (operand, low, high))
            return Within(first, bottom, top) if first and bottom and top else None
        case Conditional(condition, yes, no):
            asked, then, otherwise = (renamed(part, rename) for part in (condition, yes, no))
            return Conditional(asked, then, otherwise) if asked and then and otherwise else None
        case Constant() | OwnValue() | StreamVersion():
            return expression


def with_own(expression: Expression, value: Expression) -> Expression:
    """A constraint of a field as a condition about the place that the field has."""
    return replaced(expression, lambda part: value if isinstance(part, OwnValue) else None)


def asked(constraint: Constraint, value: Expression) -> Expression | None:
    """What a save asks of the number at that place; None if it asks nothing that goes by the state alone."""
    match constraint:
        case RangeConstraint(low, high):
            condition: Expression = Within(value, low, high)
        case WhereConstraint(where):
            condition = with_own(where, value)
        case _:
            return None
    return None if mentions_held(condition) else condition


def apart(one: Expression, other: Expression) -> int | None:
    """How much less the other is than the one, as sums; None where that depends on the state."""
    ours, theirs = _terms(one, 1), _terms(other, 1)
    rest = {name: ours[name] - theirs[name] for name in (*ours, *theirs)}
    constant = rest.pop("", 0)
    return None if any(rest.values()) else constant


def _terms(expression: Expression, times: int) -> Counter[str]:
    """How often each part of a sum is in it; of no name is what is constant."""
    match expression:
        case Constant(value):
            return Counter({"": times * value})
        case Binary("+" | "-" as operator, left, right):
            made = _terms(left, times)
            made.update(_terms(right, times if operator == "+" else -times))
            return made
    return Counter({text(expression): times})


def text(expression: Expression, around: int = 0) -> str:
    """As a schema would have it, with no more parentheses than it takes."""
    match expression:
        case Constant(value):
            return str(value) if value >= 0 or not around else f"({value})"
        case FieldValue(path, _):
            return _place(path)
        case HeldValue(path, _):
            return f"held({_place(path)})"
        case OwnValue():
            return "the value"
        case StreamVersion():
            return "version"
        case Unary(operator, operand):
            return operator + text(operand, len(_LEVELS) + 1)
        case Binary(operator, left, right):
            level = _LEVEL[operator]
            written = f"{text(left, level)} {operator} {text(right, level + 1)}"
            return f"({written})" if level < around else written
        case Within(operand, low, high):
            written = f"{text(operand, 4)} in {text(low, 4)}..{text(high, 4)}"
            return f"({written})" if around > 3 else written
        case Conditional(condition, yes, no):
            written = f"{text(condition, 1)} ? {text(yes)} : {text(no)}"
            return f"({written})" if around else written


def _place(path: Path) -> str:
    written = ""
    for step in path.steps:
        match step:
            case Each() | LoopStep():
                written += "[]"
            case IndexStep(index, _):
                written += f"[{text(index)}]"
            case _:
                written += f".{step.name}" if written else step.name
    return written
