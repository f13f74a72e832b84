"""Conditions that come to the same whatever the state is."""

from __future__ import annotations

from vmsgen.model.expressions import Binary, Conditional, Constant, Expression, Unary, Within, can_fail, walk
from vmsgen.model.interval import comparison

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def decided(condition: Expression) -> bool | None:
    """Whether the condition always holds (True), or never (False); None if that depends.

    What can be an error at run time is left alone: an error is neither.
    """
    return None if any(can_fail(node) for node in walk(condition)) else _decided(condition)


def _decided(node: Expression) -> bool | None:
    match node:
        case Unary("!", operand):
            known = _decided(operand)
            return None if known is None else not known
        case Binary("&&", left, right):
            sides = _decided(left), _decided(right)
            return False if False in sides else None if None in sides else True
        case Binary("||", left, right):
            sides = _decided(left), _decided(right)
            return True if True in sides else None if None in sides else False
        case Binary(operator, left, right) if operator in COMPARISONS:
            if left == right:
                return operator in ("==", "<=", ">=")
            return comparison(operator, left.interval, right.interval, never_equal(left, right))
        case Within(operand, low, high):
            ends = [
                comparison(operator, operand.interval, end.interval) for operator, end in ((">=", low), ("<=", high))
            ]
            return False if False in ends else None if None in ends else True
        case Conditional(condition, yes, no):
            which, sides = _decided(condition), (_decided(yes), _decided(no))
            return (
                sides[0] if which or (which is None and sides[0] == sides[1]) else sides[1] if which is False else None
            )
        case Binary("|", left, right) if _never_zero(left) or _never_zero(right):
            return True
    return comparison("!=", node.interval, Constant(0).interval)


def _never_zero(node: Expression) -> bool:
    return 0 not in node.interval


def never_equal(a: Expression, b: Expression) -> bool:
    """Whether a mask says so, as of `(status & 8) == 1`, where the intervals do not."""
    for masked, other in ((a, b), (b, a)):
        if not isinstance(other, Constant) or not isinstance(masked, Binary):
            continue
        for side in (masked.left, masked.right):
            if not isinstance(side, Constant):
                continue
            if masked.operator == "&" and other.value & ~side.value:
                return True
            if masked.operator == "|" and side.value & ~other.value:
                return True
    return False
