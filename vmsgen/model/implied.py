"""Whether a condition follows from others that are known to hold."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.model.decided import COMPARISONS
from vmsgen.model.expressions import Binary, Conditional, Constant, Expression, FieldValue, Unary, Within, children
from vmsgen.model.interval import MIRRORED, Interval, comparison
from vmsgen.model.wire import HookPredicate

Condition = Expression | HookPredicate
Facts = frozenset[Condition]
"""Conditions that hold, all of them."""

OPPOSITES = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def facts(condition: Condition | None) -> Facts:
    """What is known where the condition holds: itself, and the sides of each `&&`."""
    match condition:
        case None:
            return frozenset()
        case Binary("&&", left, right):
            return facts(left) | facts(right)
        case Unary("!", Binary("||", left, right)):
            return facts(negated(left)) | facts(negated(right))
    return frozenset({condition})


def negated(condition: Expression) -> Expression:
    match condition:
        case Unary("!", operand):
            return operand
        case Binary(operator, left, right) if operator in OPPOSITES:
            return Binary(OPPOSITES[operator], left, right)
    return Unary("!", condition)


def implied(condition: Condition, known: Facts) -> bool:
    """False where that cannot be told."""
    if condition in known:
        return True
    match condition:
        case HookPredicate():
            return False
        case Binary("&&", left, right):
            return implied(left, known) and implied(right, known)
        case Binary("||", left, right):
            return implied(left, known) or implied(right, known)
        case Unary("!", Binary("||", left, right)):
            return implied(negated(left), known) and implied(negated(right), known)
        case Unary("!", Binary("&&", left, right)):
            return implied(negated(left), known) or implied(negated(right), known)
        case Unary("!", Binary(operator, _, _) as inner) if operator in OPPOSITES:
            return implied(negated(inner), known)
        case Unary("!", operand):
            return comparison("==", values(operand, known), Interval(0, 0)) is True
        case Within(operand, low, high):
            return implied(Binary(">=", operand, low), known) and implied(Binary("<=", operand, high), known)
        case Binary(operator, left, right) if operator in COMPARISONS:
            return comparison(operator, values(left, known), values(right, known)) is True
    return comparison("!=", values(condition, known), Interval(0, 0)) is True


def impossible(known: Facts) -> bool:
    """Does one of them refute another, or itself? False where that cannot be told."""
    return any(implied(negated(fact), known - {fact}) for fact in known if not isinstance(fact, HookPredicate))


def reads(expression: Expression, known: Facts = frozenset()) -> Iterator[tuple[FieldValue, Facts]]:
    """The fields that the expression reads, each with what holds wherever its value matters.

    Of `a == 1 && x == 5` the value of `x` matters where `a` is 1, and the other way round.
    """
    match expression:
        case Binary("&&", left, right):
            yield from reads(left, known | facts(right))
            yield from reads(right, known | facts(left))
        case Binary("||", left, right):
            yield from reads(left, known | facts(negated(right)))
            yield from reads(right, known | facts(negated(left)))
        case Conditional(condition, yes, no):
            yield from reads(condition, known)
            yield from reads(yes, known | facts(condition))
            yield from reads(no, known | facts(negated(condition)))
        case _:
            if isinstance(expression, FieldValue):
                yield expression, known
            for child in children(expression):
                yield from reads(child, known)


def values(node: Expression, known: Facts) -> Interval:
    """What the node can be."""
    found = node.interval
    for fact in known:
        match fact:
            case Within(operand, low, high) if operand == node:
                found = _narrowed(found, ">=", low.interval)
                found = _narrowed(found, "<=", high.interval)
            case Binary(operator, left, right) if operator in COMPARISONS and left == node:
                found = _narrowed(found, operator, right.interval)
            case Binary(operator, left, right) if operator in COMPARISONS and right == node:
                found = _narrowed(found, _turned(operator), left.interval)
            case Unary("!", operand) if operand == node:
                found = _narrowed(found, "==", Interval(0, 0))
            case _ if fact == node:
                found = _narrowed(found, "!=", Interval(0, 0))
    bit = _bit(node)
    return Interval(bit, bit) if bit and found.low > 0 else found


def _narrowed(interval: Interval, operator: str, other: Interval) -> Interval:
    """The values that compare so with one of the others; as they were where nothing is left."""
    low, high = interval.low, interval.high
    match operator:
        case "==":
            low, high = max(low, other.low), min(high, other.high)
        case "<=":
            high = min(high, other.high)
        case "<":
            high = min(high, other.high - 1)
        case ">=":
            low = max(low, other.low)
        case ">":
            low = max(low, other.low + 1)
        case "!=" if other.low == other.high:
            low, high = low + (low == other.low), high - (high == other.low)
    return Interval(low, high) if low <= high else interval


def _turned(operator: str) -> str:
    """The operator with its sides exchanged."""
    return {**MIRRORED, **{short: long for long, short in MIRRORED.items()}}.get(operator, operator)


def _bit(node: Expression) -> int | None:
    """The one bit that a mask leaves, as of `status & 8`."""
    match node:
        case Binary("&", Constant(mask), _) | Binary("&", _, Constant(mask)) if mask > 0 and mask & (mask - 1) == 0:
            return mask
    return None
