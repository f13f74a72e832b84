"""What generated C asks before it goes on: conditions, counts, constraints, checks. The same on load and on save."""

from __future__ import annotations

import re

from vmsgen.backend.c.ctypes import INT, WIDE, promoted
from vmsgen.backend.c.expressions import C, Context, Expressions, number, truth
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.refusals import NOTHING, Direction, Trail
from vmsgen.backend.names import C_RESERVED, hook_name, is_macro
from vmsgen.model.expressions import Constant, Expression, Path, mentions_held
from vmsgen.model.types import Scalar
from vmsgen.model.wire import (
    Check,
    Constraint,
    EqualConstraint,
    HookPredicate,
    Presence,
    RangeConstraint,
    WhereConstraint,
)

RESERVED_LOCALS = re.compile(
    r"s|r|w|p|held|hooks|version|value|len|name|result|failed|undo|[iq]\d+|mem(cpy|set|cmp)|malloc|free|size_t"
    r"|u?int\d+_t|U?INT\d+_\w+|(vms|VMS)_\w+|\w+_(init|read|save)"
)
"""Names with a meaning in the bodies of functions: variables, what they call, types."""


class Questions:
    """Adds to one function's lines."""

    def __init__(self, lines: Lines, direction: Direction, version: str) -> None:
        self.lines = lines
        self.direction = direction
        self.version = version
        self.taken: set[str] = set()

    def of_version(self, version: str) -> Questions:
        """The same function's questions about another version."""
        other = Questions(self.lines, self.direction, version)
        other.taken = self.taken
        return other

    def fresh(self, name: str) -> str:
        """A name for a variable that this function does not have yet."""
        if name in C_RESERVED or is_macro(name) or RESERVED_LOCALS.fullmatch(name):
            name = f"its_{name}"
        candidate, number = name, 2
        while candidate in self.taken:
            candidate, number = f"{name}_{number}", number + 1
        self.taken.add(candidate)
        return candidate

    def context(self, local: dict[Path, tuple[str, Scalar]] | None = None) -> Context:
        held = "held" if self.direction.loading else "s"
        return Context(held=held, version=self.version, locals=local or {})

    # Faults -----------------------------------------------------------------------------------------------------

    def settle(self, value: C, name: str, type_: str, at: Trail, where: str = "") -> C:
        """Puts a value that can fault into a variable, and refuses if it did; other values stay as they are."""
        if not value.faults:
            return value
        lines = self.lines
        name = self.fresh(name)
        fault = self.fresh("fault")
        lines.add(f"vms_fault {fault} = {{VMS_OK}};")
        lines.add(f"{type_} {name} = {value.text.replace('&fault', '&' + fault)};")
        lines.fail(f"{fault}.code", *self.direction.refuse(at, f"{fault}.code", NOTHING, NOTHING, NOTHING, where))
        return C(name, type_, value.interval, True)

    # Presence ---------------------------------------------------------------------------------------------------

    def presence(self, presence: Presence, at: Trail) -> str:
        """C for "it is there"; statements that it needs first are added."""
        tests = []
        if presence.since:
            tests.append(f"{self.version} >= {presence.since}")
        if presence.before is not None:
            tests.append(f"{self.version} < {presence.before}")
        match presence.condition:
            case None:
                pass
            case HookPredicate(method):
                tests.append(self.predicate(method, "0"))
            case condition:
                tests.append(self.condition(condition, at))
        return tests[0] if len(tests) == 1 else " && ".join(f"({test})" for test in tests)

    def condition(self, condition: Expression, at: Trail) -> str:
        value = Expressions(self.context()).emit(condition)
        return self.settle(value, "there", value.type, at).text

    def predicate(self, method: str, otherwise: str) -> str:
        """The answer of a hook, in a variable of its name; without an implementation `otherwise`."""
        name = hook_name(method)
        answer = self.fresh(name)
        cursor = self.direction.cursor
        call = f"hooks->{name}(s, {self.version}, {cursor}->opaque)"
        self.lines.add(f"int {answer} = hooks && hooks->{name} ? {call} : {otherwise};")
        refuse = "vms_refuse_hook" if self.direction.loading else "vms_not_saved_hook"
        self.lines.fail(f"{answer} < 0", f"return {refuse}({cursor}, {string(method)}, {answer});")
        return f"{answer} > 0"

    # Counts -----------------------------------------------------------------------------------------------------

    def count(self, count: Expression, capacity: int, name: str, at: Trail) -> str:
        """C for a number of elements in 0..capacity; anything else is refused."""
        emitted = Expressions(self.context()).emit(count)
        value = self.settle(emitted, name, emitted.type, at)
        if value is emitted:
            name = self.fresh(name)
            type_ = "size_t" if value.type == INT and value.interval.low >= 0 else value.type
            self.lines.add(f"{type_} {name} = {value.text if value.atom else value.cast(type_).text};")
            value = C(name, type_, value.interval, True)
        self.outside(value, _constant(0), _constant(capacity), "VMS_COUNT", at)
        return value.text if value.type in ("size_t", "uint32_t", "uint64_t") else f"(size_t){value.text}"

    # Values -----------------------------------------------------------------------------------------------------

    def outside(
        self, value: C, low: C, high: C, code: str, at: Trail, where: str = "", guard: tuple[str, str] = ("", "")
    ) -> None:
        """Refuses a value below `low` or above `high`; each end may have a guard that must hold for it to be asked."""
        compare = Expressions(self.context()).compare
        tests = []
        for operator, end, asked in (("<", low, guard[0]), (">", high, guard[1])):
            test = compare(operator, value, end)
            if test.text != "0":
                tests.append(f"({asked} && {test.operand})" if asked else test.text)
        if tests:
            refusal = self.direction.refuse(at, code, number(value), number(low), number(high), where)
            self.lines.fail(" || ".join(tests), *refusal)

    def constraints(
        self, found: tuple[Constraint, ...], value: C, held: str, context: Context, at: Trail, where: str = ""
    ) -> None:
        """Asks each constraint of a value; `held` is C for the one before the load."""
        context = context.with_own(value.text, value.type)
        for constraint in found:
            match constraint:
                case RangeConstraint(low, high):
                    self._range(low, high, value, context, at, where)
                case WhereConstraint(condition):
                    self._where(condition, value, context, at, where)
                case EqualConstraint(hint) if self.direction.loading:
                    call = (
                        f"vms_refuse_equal(r, {string(at.last)}, {where or 'r->p'}, {number(value)}, "
                        f"{number(C(held, value.type, value.interval, True))}, {string(hint or '')})"
                    )
                    self.lines.fail(f"r->receiver && {value.text} != {held}", *self.direction.led_to(call, at))

    def _range(self, low: Expression, high: Expression, value: C, context: Context, at: Trail, where: str) -> None:
        ends = []
        guards = []
        for end, name in ((low, "low"), (high, "high")):
            emitted = Expressions(context).emit(end)
            ends.append(self.settle(emitted, f"{name}_end", WIDE, at, where))
            guards.append("r->receiver" if mentions_held(end) and self.direction.loading else "")
        self.outside(value, ends[0], ends[1], "VMS_RANGE", at, where, (guards[0], guards[1]))

    def _where(self, condition: Expression, value: C, context: Context, at: Trail, where: str) -> None:
        emitted = self.settle(Expressions(context).emit(condition), "holds", INT, at, where)
        test = f"!{emitted.operand}"
        if mentions_held(condition) and self.direction.loading:
            test = f"r->receiver && {test}"
        self.lines.fail(test, *self.direction.refuse(at, "VMS_WHERE", number(value), NOTHING, NOTHING, where))

    def fits(self, value: C, target: Scalar, at: Trail, where: str = "") -> None:
        """Refuses a value that another width cannot hold."""
        bounds = target.interval
        self.outside(value, _constant(bounds.low), _constant(bounds.high), "VMS_RANGE", at, where)

    def check(self, item: Check, context: Context, where: str = "") -> None:
        at = Trail((), "")
        emitted = self.settle(Expressions(context).emit(item.condition), "holds", INT, at, where)
        self.lines.fail(f"!{emitted.operand}", *self.direction.refuse_text(at, "VMS_CHECK", item.message, where))


def _constant(value: int) -> C:
    return Expressions(Context()).emit(Constant(value))


def scalar_value(text: str, scalar: Scalar, *, member: bool = False) -> C:
    """C for a member or a local of a scalar type."""
    if member and scalar.kind == "bool":
        text = truth(text)
    return C(text, promoted(scalar), scalar.interval, True)
