"""Ranges of mathematical integers, and what the operators do to them.

Expressions mean mathematical integers that never leave 64 bits (`docs/language.md`, "Expressions"). The interval of an
expression tells which C type can hold it and whether evaluating it can fail.
"""

from __future__ import annotations

from dataclasses import dataclass

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
UINT64_MAX = 2**64 - 1


@dataclass(frozen=True)
class Interval:
    """All integers from `low` to `high`, both included."""

    low: int
    high: int

    def __contains__(self, value: int) -> bool:
        return self.low <= value <= self.high

    def covers(self, other: Interval) -> bool:
        return self.low <= other.low and other.high <= self.high

    def hull(self, other: Interval) -> Interval:
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def clamp(self, other: Interval) -> Interval:
        """The part of this interval that lies in `other`; an end of `other` where nothing does."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high) if low <= high else Interval(other.low, other.low)


BOOLEAN = Interval(0, 1)
INT64 = Interval(INT64_MIN, INT64_MAX)
UINT64 = Interval(0, UINT64_MAX)
ANY = Interval(INT64_MIN, UINT64_MAX)
"""Every value that an expression may have: what fits 64 bits, signed or not."""

SHIFTS = Interval(0, 63)


def truncated_quotient(a: int, b: int) -> int:
    """`a / b` as C has it: towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def truncated_remainder(a: int, b: int) -> int:
    """`a % b` as C has it: with the sign of `a`."""
    return a - b * truncated_quotient(a, b)


def _corners(a: Interval, b: Interval, apply: object) -> Interval:
    values = [apply(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]  # type: ignore[operator]
    return Interval(min(values), max(values))


def _bits(a: Interval, b: Interval) -> Interval:
    """A hull for `&`, `|` and `^`: the smallest two's complement width that holds both operands."""
    low, high = min(a.low, b.low), max(a.high, b.high)
    width = max(high.bit_length(), (~low).bit_length() if low < 0 else 0)
    return Interval(-(1 << width) if low < 0 else 0, (1 << width) - 1)


def unary(operator: str, a: Interval) -> Interval:
    """What `operator` makes of an operand in `a`, before it is tested for 64 bits."""
    match operator:
        case "-":
            return Interval(-a.high, -a.low)
        case "~":
            return Interval(~a.high, ~a.low)
        case "+":
            return a
        case "!":
            return BOOLEAN
    raise ValueError(operator)


def binary(operator: str, a: Interval, b: Interval) -> Interval:
    """What `operator` makes of operands in `a` and `b`, before it is tested for 64 bits.

    Divisors leave out zero and shift counts everything outside 0..63: those are errors, not values.
    """
    match operator:
        case "+":
            return Interval(a.low + b.low, a.high + b.high)
        case "-":
            return Interval(a.low - b.high, a.high - b.low)
        case "*":
            return _corners(a, b, lambda x, y: x * y)
        case "/":
            largest = max(abs(a.low), abs(a.high))
            return Interval(-largest if a.low < 0 or b.low < 0 else 0, largest)
        case "%":
            # Smaller than the divisor, and never larger than the dividend.
            bound = min(max(abs(b.low), abs(b.high), 1) - 1, max(abs(a.low), abs(a.high)))
            return Interval(-bound if a.low < 0 else 0, bound if a.high > 0 else 0)
        case "<<":
            return _corners(a, b.clamp(SHIFTS), lambda x, y: x << y)
        case ">>":
            return _corners(a, b.clamp(SHIFTS), lambda x, y: x >> y)
        case "&":
            if a.low >= 0 and b.low >= 0:
                return Interval(0, min(a.high, b.high))
            if a.low >= 0 or b.low >= 0:
                return Interval(0, a.high if a.low >= 0 else b.high)
            # Never above both operands; of two negative ones, never below their common width.
            return Interval(_bits(a, b).low, max(a.high, b.high))
        case "|":
            # Never below a negative operand: it can only gain bits.
            return Interval(min(a.low, b.low, 0), _bits(a, b).high)
        case "^":
            return _bits(a, b)
        case "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||":
            return BOOLEAN
    raise ValueError(operator)


MIRRORED = {">": "<", ">=": "<="}


def comparison(operator: str, a: Interval, b: Interval, unequal: bool = False) -> bool | None:
    """What a comparison comes to for all values of the intervals; None if that depends.

    `unequal`: something else says that the two are never the same.
    """
    match operator:
        case "!=":
            known = comparison("==", a, b, unequal)
            return None if known is None else not known
        case ">" | ">=":
            return comparison(MIRRORED[operator], b, a)
        case "==":
            if unequal or a.high < b.low or b.high < a.low:
                return False
            return True if a.low == a.high == b.low == b.high else None
        case "<":
            return True if a.high < b.low else False if a.low >= b.high else None
        case "<=":
            return True if a.high <= b.low else False if a.low > b.high else None
    raise ValueError(operator)
