"""Resolved expressions: integers over constants and the state's own scalars.

Every node has `interval`, the values that it can have. A node whose operator could leave 64 bits, divide by zero or
shift outside 0..63 is an error at run time in just those cases; `can_fail` tells which nodes need the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vmsgen.model import interval as intervals
from vmsgen.model.interval import ANY, SHIFTS, Interval

# Where a value stands in the state ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class MemberStep:
    """`.name`; `own` as for the description that it is a member of."""

    name: str
    own: bool = True


@dataclass(frozen=True)
class IndexStep:
    """`[index]` into `length` elements; an index outside 0..length-1 is an error."""

    index: Expression
    length: int


@dataclass(frozen=True)
class LoopStep:
    """`[i]` of the enclosing `Repeat` number `depth`, counted from the outermost, 0."""

    depth: int


Step = MemberStep | IndexStep | LoopStep


@dataclass(frozen=True)
class Path:
    """The way from a description's state to one of its members."""

    steps: tuple[Step, ...]

    def __truediv__(self, step: Step) -> Path:
        return Path((*self.steps, step))

    @property
    def root(self) -> str:
        """The name of the member that the path starts at."""
        first = self.steps[0]
        assert isinstance(first, MemberStep)
        return first.name

    def __str__(self) -> str:
        text = ""
        for step in self.steps:
            match step:
                case MemberStep(name):
                    text += f".{name}" if text else name
                case IndexStep(Constant(value), _):
                    text += f"[{value}]"
                case IndexStep() | LoopStep():
                    text += "[]"
        return text


# Nodes -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constant:
    value: int

    @property
    def interval(self) -> Interval:
        return Interval(self.value, self.value)


@dataclass(frozen=True)
class FieldValue:
    """The scalar at `path`, as it is in memory now."""

    path: Path
    interval: Interval


@dataclass(frozen=True)
class HeldValue:
    """The scalar at `path` as it was before the load began; on save, as it is now.

    A load without a receiver has no such value: there every range end and every `where` that contains one is not asked.
    """

    path: Path
    interval: Interval


@dataclass(frozen=True)
class OwnValue:
    """Inside a field's `in` and `where`: the value that is about to be stored, or of an array each element of it."""

    interval: Interval


@dataclass(frozen=True)
class StreamVersion:
    """`version`: that of the nearest enclosing description, as saved or as found in the stream."""

    interval: Interval


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: Expression

    @property
    def interval(self) -> Interval:
        return intervals.unary(self.operator, self.operand.interval).clamp(ANY)


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Expression
    right: Expression

    @property
    def interval(self) -> Interval:
        return intervals.binary(self.operator, self.left.interval, self.right.interval).clamp(ANY)


@dataclass(frozen=True)
class Within:
    """`operand in low..high`; the operand is evaluated once, then `low`, then `high`, all three always."""

    operand: Expression
    low: Expression
    high: Expression

    @property
    def interval(self) -> Interval:
        return intervals.BOOLEAN


@dataclass(frozen=True)
class Conditional:
    """`condition ? yes : no`; only the chosen side is evaluated."""

    condition: Expression
    yes: Expression
    no: Expression

    @property
    def interval(self) -> Interval:
        return self.yes.interval.hull(self.no.interval)


Expression = Constant | FieldValue | HeldValue | OwnValue | StreamVersion | Unary | Binary | Within | Conditional


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct operands, index expressions included, in the order of evaluation."""
    match expression:
        case FieldValue(path, _) | HeldValue(path, _):
            return tuple(step.index for step in path.steps if isinstance(step, IndexStep))
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Within(operand, low, high):
            return (operand, low, high)
        case Conditional(condition, yes, no):
            return (condition, yes, no)
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def replaced(expression: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with other nodes for those of which `change` makes another; what it makes is not looked into."""
    made = change(expression)
    if made is not None:
        return made
    match expression:
        case FieldValue(path, interval):
            return FieldValue(replaced_in_path(path, change), interval)
        case HeldValue(path, interval):
            return HeldValue(replaced_in_path(path, change), interval)
        case Unary(operator, operand):
            return Unary(operator, replaced(operand, change))
        case Binary(operator, left, right):
            return Binary(operator, replaced(left, change), replaced(right, change))
        case Within(operand, low, high):
            return Within(replaced(operand, change), replaced(low, change), replaced(high, change))
        case Conditional(condition, yes, no):
            return Conditional(replaced(condition, change), replaced(yes, change), replaced(no, change))
    return expression


def replaced_in_path(path: Path, change: Callable[[Expression], Expression | None]) -> Path:
    """The same of the indices of a path."""
    return Path(
        tuple(
            IndexStep(replaced(step.index, change), step.length) if isinstance(step, IndexStep) else step
            for step in path.steps
        )
    )


def can_fail(expression: Expression) -> bool:
    """Can this node itself, its operands aside, be an arithmetic or index error?"""
    match expression:
        case FieldValue(path, _) | HeldValue(path, _):
            return any(
                isinstance(step, IndexStep) and not Interval(0, step.length - 1).covers(step.index.interval)
                for step in path.steps
            )
        case Unary(operator, operand):
            return not ANY.covers(intervals.unary(operator, operand.interval))
        case Binary("/" | "%", _, right):
            return 0 in right.interval
        case Binary("<<" | ">>" as operator, left, right):
            return not SHIFTS.covers(right.interval) or not ANY.covers(
                intervals.binary(operator, left.interval, right.interval)
            )
        case Binary(operator, left, right):
            return not ANY.covers(intervals.binary(operator, left.interval, right.interval))
    return False


def mentions_held(expression: Expression) -> bool:
    return any(isinstance(node, HeldValue) for node in walk(expression))
