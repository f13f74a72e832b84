"""What expressions and paths mean: mathematical integers, and errors where one would leave 64 bits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vmsgen.interpret.errors import Fault
from vmsgen.interpret.state import State, Value
from vmsgen.model.expressions import (
    Binary,
    Conditional,
    Constant,
    Expression,
    FieldValue,
    HeldValue,
    IndexStep,
    LoopStep,
    MemberStep,
    OwnValue,
    Path,
    StreamVersion,
    Unary,
    Within,
)
from vmsgen.model.interval import ANY, SHIFTS, truncated_quotient, truncated_remainder


@dataclass(frozen=True)
class Frame:
    """What one description's items are evaluated in.

    `state` is the live one. `held` is the state as it was before the load began (on save: `state` itself), None
    where there is no receiver. `loops` has the number of the current element of every enclosing `Repeat`, the
    outermost first, and `element` is what that element is called. `prefix` is the path from the device to this state,
    empty for the device itself. `own` is the value that a constraint is about.
    """

    state: State
    held: State | None
    version: int
    prefix: str = ""
    loops: tuple[int, ...] = ()
    element: str = ""
    own: int | None = None

    def name_of(self, path: Path | str, *indices: int) -> str:
        """`rings[3].size`: how errors call what is at `path`, or element `indices` of it.

        A path given as text is that of something without a place in the state: it is called after the element around.
        """
        text = path if isinstance(path, str) else self._text(path)
        for index in indices:
            text += f"[{index}]"
        if self.element and isinstance(path, str):
            text = f"{self.element}.{text}" if text else self.element
        return f"{self.prefix}.{text}" if self.prefix and text else self.prefix or text

    def _text(self, path: Path) -> str:
        text = ""
        for step in path.steps:
            match step:
                case MemberStep(name):
                    text += f".{name}" if text else name
                case IndexStep(Constant(number), _):
                    text += f"[{number}]"
                case LoopStep(depth):
                    text += f"[{self.loops[depth]}]"
                case IndexStep():
                    text += "[]"
        return text

    def with_own(self, value: int) -> Frame:
        return replace(self, own=value)

    def within_loop(self, array: Path, number: int) -> Frame:
        return replace(self, loops=(*self.loops, number), element=f"{self._text(array)}[{number}]")

    def at_version(self, version: int) -> Frame:
        return replace(self, version=version, loops=(), element="", own=None)


def look_up(path: Path, root: State, frame: Frame) -> Value:
    """What is at `path` in `root`. Raises Fault `index`."""
    value: Value = root
    for step in path.steps:
        match step:
            case MemberStep(name):
                value = value[name]
            case LoopStep(depth):
                value = value[frame.loops[depth]]
            case IndexStep(expression, length):
                index = evaluate(expression, frame)
                if not 0 <= index < length:
                    raise Fault("index", index, 0, length - 1)
                value = value[index]
    return value


def store(path: Path, frame: Frame, value: Value) -> None:
    """Puts `value` at `path` of the frame's state."""
    holder = look_up(Path(path.steps[:-1]), frame.state, frame)
    match path.steps[-1]:
        case MemberStep(name):
            holder[name] = value
        case LoopStep(depth):
            holder[frame.loops[depth]] = value
        case IndexStep(expression, length):
            index = evaluate(expression, frame)
            if not 0 <= index < length:
                raise Fault("index", index, 0, length - 1)
            holder[index] = value


def evaluate(expression: Expression, frame: Frame) -> int:
    """The value of an expression. Raises Fault, `arithmetic` or `index`."""
    match expression:
        case Constant(value):
            return value
        case FieldValue(path, _):
            return int(look_up(path, frame.state, frame))
        case HeldValue(path, _):
            assert frame.held is not None, "held() asked where there is no receiver"
            return int(look_up(path, frame.held, frame))
        case OwnValue():
            assert frame.own is not None, "a value of one's own outside a constraint"
            return frame.own
        case StreamVersion():
            return frame.version
        case Unary(operator, operand):
            return _unary(operator, evaluate(operand, frame))
        case Binary("&&", left, right):
            return int(evaluate(left, frame) != 0 and evaluate(right, frame) != 0)
        case Binary("||", left, right):
            return int(evaluate(left, frame) != 0 or evaluate(right, frame) != 0)
        case Binary(operator, left, right):
            a = evaluate(left, frame)
            return _binary(operator, a, evaluate(right, frame))
        case Within(operand, low, high):
            value = evaluate(operand, frame)
            bottom = evaluate(low, frame)
            top = evaluate(high, frame)
            return int(bottom <= value <= top)
        case Conditional(condition, yes, no):
            return evaluate(yes if evaluate(condition, frame) != 0 else no, frame)


def _fits(value: int) -> int:
    if value not in ANY:
        raise Fault("arithmetic")
    return value


def _unary(operator: str, a: int) -> int:
    match operator:
        case "+":
            return a
        case "-":
            return _fits(-a)
        case "~":
            return _fits(~a)
        case "!":
            return int(a == 0)
    raise ValueError(operator)


def _binary(operator: str, a: int, b: int) -> int:
    if operator in ("/", "%") and b == 0:
        raise Fault("arithmetic")
    if operator in ("<<", ">>") and b not in SHIFTS:
        raise Fault("arithmetic")
    match operator:
        case "+":
            return _fits(a + b)
        case "-":
            return _fits(a - b)
        case "*":
            return _fits(a * b)
        case "/":
            return _fits(truncated_quotient(a, b))
        case "%":
            return _fits(truncated_remainder(a, b))
        case "<<":
            return _fits(a << b)
        case ">>":
            return _fits(a >> b)
        case "&":
            return _fits(a & b)
        case "|":
            return _fits(a | b)
        case "^":
            return _fits(a ^ b)
        case "==":
            return int(a == b)
        case "!=":
            return int(a != b)
        case "<":
            return int(a < b)
        case "<=":
            return int(a <= b)
        case ">":
            return int(a > b)
        case ">=":
            return int(a >= b)
    raise ValueError(operator)
