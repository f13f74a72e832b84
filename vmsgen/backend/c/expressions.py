"""Expressions in C: the mathematical meaning, in the plainest C type that has room for it.

Intervals decide. What fits `int` after C's promotions is written as anybody would; else the operands are cast to a type
with room; only what could leave 64 bits, divide by zero or shift too far calls a helper, which notes the fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmsgen.backend.c.ctypes import INT, INT32, UINT32, WIDE, holding, literal, promoted
from vmsgen.backend.names import member_name
from vmsgen.model import expressions as model
from vmsgen.model import interval as intervals
from vmsgen.model.decided import never_equal
from vmsgen.model.interval import ANY, INT64, UINT64, Interval, comparison
from vmsgen.model.types import Scalar

HELPERS = {
    "+": "vms_add", "-": "vms_subtract", "*": "vms_multiply", "/": "vms_divide", "%": "vms_remainder",
    "<<": "vms_shift_left", ">>": "vms_shift_right",
}  # fmt: skip


@dataclass(frozen=True)
class C:
    """C text of a type. `atom`: needs no parentheses as an operand. `faults`: writes to `fault`."""

    text: str
    type: str
    interval: Interval
    atom: bool = False
    faults: bool = False

    @property
    def operand(self) -> str:
        return self.text if self.atom else f"({self.text})"

    def cast(self, type_: str) -> C:
        if self.type == type_:
            return self
        if self.interval.low == self.interval.high and not self.faults:
            return C(literal(self.interval.low, type_), type_, self.interval, True)
        return C(f"({type_}){self.operand}", type_, self.interval, True, self.faults)


@dataclass(frozen=True)
class Context:
    """How an expression reaches what it names.

    `locals`: values of the run at hand, which are in the bytes but not yet in memory.
    """

    state: str = "s"
    held: str = "held"
    version: str = "version"
    own: str = "value"
    own_type: str = INT
    locals: Mapping[model.Path, tuple[str, Scalar]] = field(default_factory=dict)

    def with_own(self, own: str, own_type: str) -> Context:
        return Context(self.state, self.held, self.version, own, own_type, self.locals)


def number(value: C) -> str:
    """A `vms_number` of a value."""
    if value.type == WIDE:
        return f"vms_number_of({value.text})"
    if value.interval.low == value.interval.high and not value.faults:
        constant = value.interval.low
        if constant < 0:
            return f"vms_signed({literal(constant, 'int64_t')})"
        return f"vms_unsigned({constant})" if constant in INT32 else f"vms_unsigned({literal(constant, 'uint64_t')})"
    if value.interval.low < 0:
        return f"vms_signed({value.text})"
    # A member or a local of a small unsigned type is only in an expression an int.
    return f"vms_unsigned({value.text if value.atom and value.type != 'int64_t' else value.cast('uint64_t').text})"


class Expressions:
    """Emits expressions in one context."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def emit(self, node: model.Expression) -> C:
        match node:
            case model.Constant(value):
                type_ = INT if value in INT32 else holding(node.interval)
                return C(literal(value, type_), type_, node.interval, True)
            case model.FieldValue(path, interval):
                if path in self.context.locals:
                    name, scalar = self.context.locals[path]
                    return C(name, promoted(scalar), interval, True)
                return self.place(path, self.context.state, interval)
            case model.HeldValue(path, interval):
                return self.place(path, self.context.held, interval)
            case model.OwnValue(interval):
                return C(self.context.own, self.context.own_type, interval, True)
            case model.StreamVersion(interval):
                return C(self.context.version, "uint32_t", interval, True)
            case model.Unary():
                return self.unary(node)
            case model.Binary("&&" | "||" as operator, left, right):
                a, b = self.emit(left), self.emit(right)
                return C(f"{a.operand} {operator} {b.operand}", INT, node.interval, False, a.faults or b.faults)
            case model.Binary("==" | "!=" | "<" | "<=" | ">" | ">=" as operator, left, right):
                return self.compare(operator, self.emit(left), self.emit(right), never_equal(left, right))
            case model.Binary():
                return self.binary(node)
            case model.Within():
                return self.within(node)
            case model.Conditional(condition, yes, no):
                a, b, c = self.emit(condition), self.emit(yes), self.emit(no)
                type_ = common(b, c, node.interval)
                b, c = b.cast(type_), c.cast(type_)
                text = f"{a.operand} ? {b.operand} : {c.operand}"
                return C(text, type_, node.interval, False, a.faults or b.faults or c.faults)

    # Places -----------------------------------------------------------------------------------------------------

    def place(self, path: model.Path, state: str, interval: Interval) -> C:
        text, faults = lvalue(path, state, self)
        if interval == intervals.BOOLEAN:
            text = truth(text)
        return C(text, _promoted(interval), interval, True, faults)

    # Operators --------------------------------------------------------------------------------------------------

    def unary(self, node: model.Unary) -> C:
        operand = self.emit(node.operand)
        if node.operator == "!":
            return C(f"!{operand.operand}", INT, node.interval, True, operand.faults)
        raw = intervals.unary(node.operator, operand.interval)
        if not ANY.covers(raw):
            # -x is 0 - x, and ~x is -1 - x.
            zero = 0 if node.operator == "-" else -1
            return C(f"vms_subtract({zero}, {operand.cast(WIDE).text}, &fault)", WIDE, node.interval, True, True)
        type_ = common(operand, operand, raw)
        cast = operand.cast(type_)
        return C(f"{node.operator}{cast.operand}", type_, node.interval, False, cast.faults)

    def binary(self, node: model.Binary) -> C:
        a, b = self.emit(node.left), self.emit(node.right)
        raw = intervals.binary(node.operator, a.interval, b.interval)
        shift_of_negative = node.operator == "<<" and a.interval.low < 0
        # What faulted is 0, whatever its interval says.
        by_what_faulted = node.operator in ("/", "%") and b.faults
        if model.can_fail(node) or shift_of_negative or by_what_faulted:
            if node.operator == "^":
                either = f"{a.cast(WIDE).operand} ^ {b.cast(WIDE).operand}"
                return C(f"vms_fit({either}, &fault)", WIDE, node.interval, True, True)
            helper = HELPERS[node.operator]
            return C(f"{helper}({a.cast(WIDE).text}, {b.cast(WIDE).text}, &fault)", WIDE, node.interval, True, True)
        if node.operator in ("<<", ">>"):
            type_ = common(a, a, raw)
            text = f"{a.cast(type_).operand} {node.operator} {b.cast(INT).operand}"
        else:
            if node.operator == "%" and -1 in b.interval:
                # C has no remainder where the quotient does not fit: INT_MIN % -1 traps.
                raw = raw.hull(intervals.binary("/", a.interval, b.interval))
            type_ = common(a, b, raw)
            text = f"{a.cast(type_).operand} {node.operator} {b.cast(type_).operand}"
        return C(text, type_, node.interval, False, a.faults or b.faults)

    def compare(self, operator: str, a: C, b: C, unequal: bool = False) -> C:
        known = comparison(operator, a.interval, b.interval, unequal)
        if a.text == b.text:
            # `x in 0..held(x)`, on save; compilers warn of a value compared with itself.
            known = operator in ("==", "<=", ">=")
        if known is not None and not a.faults and not b.faults:
            return C(str(int(known)), INT, Interval(int(known), int(known)), True)
        type_ = common(a, b, a.interval.hull(b.interval))
        left = a.cast(type_).operand
        if left.startswith("!"):
            left = f"({left})"  # compilers warn that more may have been meant
        text = f"{left} {operator} {b.cast(type_).operand}"
        return C(text, INT, intervals.BOOLEAN, False, a.faults or b.faults)

    def within(self, node: model.Within) -> C:
        value, low, high = self.emit(node.operand), self.emit(node.low), self.emit(node.high)
        if value.faults or low.faults or high.faults:
            wide = ", ".join(part.cast(WIDE).text for part in (value, low, high))
            return C(f"vms_between({wide})", INT, node.interval, True, True)
        tests = [self.compare(">=", value, low), self.compare("<=", value, high)]
        undecided = [test for test in tests if test.text != "1"]
        if not undecided:
            return C("1", INT, Interval(1, 1), True)
        if any(test.text == "0" for test in undecided):
            return C("0", INT, Interval(0, 0), True)
        if len(undecided) == 1:
            return undecided[0]
        return C(" && ".join(test.operand for test in undecided), INT, node.interval)


def lvalue(path: model.Path, state: str, expressions: Expressions) -> tuple[str, bool]:
    """C text of a place in the state, and whether reaching it can fault."""
    text, faults, first = state, False, True
    for step in path.steps:
        match step:
            case model.MemberStep(name, own):
                text += ("->" if first else ".") + member_name(name, own)
            case model.LoopStep(depth):
                text += f"[i{depth}]"
            case model.IndexStep(index, length):
                emitted = expressions.emit(index)
                faults = faults or emitted.faults
                if Interval(0, length - 1).covers(index.interval):
                    text += f"[{emitted.text}]"
                else:
                    faults = True
                    text += f"[vms_index({emitted.cast(WIDE).text}, {length}, &fault)]"
        first = False
    return text, faults


def truth(text: str) -> str:
    """A bool of the state as 0 or 1: whoever fills the state in C may store any byte."""
    return f"({text} != 0)"


def common(a: C, b: C, result: Interval) -> str:
    """A C type in which both operands and the result have their mathematical values."""
    hull = a.interval.hull(b.interval).hull(result)
    constant_a, constant_b = (x.interval.low == x.interval.high and not x.faults for x in (a, b))
    types = {x.type for x, constant in ((a, constant_a), (b, constant_b)) if not constant}
    if INT32.covers(hull) and types <= {INT, "int32_t"}:
        return INT
    if UINT32.covers(hull) and types <= {"uint32_t"}:
        return "uint32_t"
    if INT64.covers(hull):
        return "int64_t"
    return "uint64_t" if UINT64.covers(hull) else WIDE


def _promoted(interval: Interval) -> str:
    """The promoted type of a member, by the interval of its scalar type."""
    if INT32.covers(interval):
        return INT
    if UINT32.covers(interval):
        return "uint32_t"
    return "int64_t" if INT64.covers(interval) else "uint64_t"
