"""What stands in brackets: a fixed number, or a count with a bound."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.diagnostics import Diagnostics
from vmsgen.model import expressions as model
from vmsgen.model import interval as intervals
from vmsgen.model.expressions import Expression
from vmsgen.model.interval import ANY, Interval
from vmsgen.passes.expressions import constant, resolve
from vmsgen.passes.scope import Key, Scope, key_of
from vmsgen.syntax import tree

LARGEST = 1 << 30
"""No array has more elements, and no state more bytes, than this: more is a slip of the pen."""


@dataclass(frozen=True)
class Extent:
    """`capacity` elements of storage; `count` of them on the wire, or all where it is None."""

    capacity: int
    count: Expression | None


def extent(length: tree.Length, scope: Scope, declared: dict[Key, Interval], diagnostics: Diagnostics) -> Extent | None:
    """None if refused. `declared` are the constant ranges of the fields so far, which bound a count without `max`."""
    count = resolve(length.count, scope, diagnostics)
    if count is None:
        return None
    if length.maximum is not None:
        capacity = constant(length.maximum, scope, diagnostics)
    elif isinstance(count, model.Constant):
        capacity = count.value
    else:
        capacity = _bound(count, declared)
        if capacity is None:
            diagnostics.error(
                "unbounded",
                f"the length `{length.count.span.text}` has no bound, and it comes off the wire",
                length.span,
                hint=f"write `{length.count.span.text} max N`, or give the count a range, `in 0..N`",
            )
            return None
    if capacity is None:
        return None
    if not 1 <= capacity <= LARGEST:
        message = f"an array of {capacity} elements: it must have 1..{LARGEST}"
        diagnostics.error("array-length", message, length.span)
        return None
    fixed = isinstance(count, model.Constant) and count.value == capacity
    if isinstance(count, model.Constant) and not 0 <= count.value <= capacity:
        diagnostics.error("array-length", f"{count.value} elements do not fit `max {capacity}`", length.span)
        return None
    return Extent(capacity, None if fixed else count)


def _bound(count: Expression, declared: dict[Key, Interval]) -> int | None:
    """The largest value of a count whose fields all keep to ranges that are narrower than their types."""
    bounded = True

    def interval(node: Expression) -> Interval:
        nonlocal bounded
        match node:
            case model.FieldValue(path, own):
                narrow = declared.get(key_of(path), own)
                bounded = bounded and narrow != own
                return narrow
            case model.Unary(operator, operand):
                return intervals.unary(operator, interval(operand)).clamp(ANY)
            case model.Binary(operator, left, right):
                return intervals.binary(operator, interval(left), interval(right)).clamp(ANY)
            case model.Conditional(_, yes, no):
                return interval(yes).hull(interval(no))
        return node.interval

    high = interval(count).high
    return high if bounded else None
