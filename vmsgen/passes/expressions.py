"""Expressions as written become resolved ones; constants are folded."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics, Span
from vmsgen.model import expressions as model
from vmsgen.model import interval as intervals
from vmsgen.model.decided import decided
from vmsgen.model.description import Description
from vmsgen.model.interval import ANY
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type, is_allocated
from vmsgen.passes.names import did_you_mean
from vmsgen.passes.scope import Scope, key_of
from vmsgen.syntax import expressions as syntax

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
TRUTH = {"true": 1, "false": 0}
BITWISE = frozenset({"&", "|", "^"})


class Unresolvable(Exception):
    """The expression was refused; the diagnostic is already there."""


def resolve(expression: syntax.Expr, scope: Scope, diagnostics: Diagnostics) -> model.Expression | None:
    """The resolved expression, or None if it was refused."""
    try:
        return _Resolver(scope, diagnostics).resolve(expression)
    except Unresolvable:
        return None


def constant(expression: syntax.Expr, scope: Scope, diagnostics: Diagnostics) -> int | None:
    """The value of a constant expression, or None if it was refused."""
    resolved = resolve(expression, scope.constants_only(), diagnostics)
    return resolved.value if isinstance(resolved, model.Constant) else None


class _Resolver:
    """`asked` is whether what is resolved can be evaluated at all: `N != 0 && a / N` divides by no zero."""

    def __init__(self, scope: Scope, diagnostics: Diagnostics) -> None:
        self.scope = scope
        self.diagnostics = diagnostics
        self.asked = True

    def refuse(self, code: str, message: str, span: Span, **more: str | None) -> Unresolvable:
        self.diagnostics.error(code, message, span, hint=more.get("hint"), replacement=more.get("replacement"))
        return Unresolvable()

    def resolve(self, node: syntax.Expr) -> model.Expression:
        match node:
            case syntax.Number(value, span):
                if value not in ANY:
                    raise self.refuse("too-large", f"{value} does not fit 64 bits", span)
                return model.Constant(value)
            case syntax.String(_, span):
                raise self.refuse("not-a-number", "a string has no value here", span)
            case syntax.Parenthesised(inner, _):
                return self.resolve(inner)
            case syntax.Reference():
                return self.reference(node)
            case syntax.Held(reference, span):
                return self.held(reference, span)
            case syntax.Unary(operator, operand, span):
                return self.fold(model.Unary(operator, self.resolve(operand)), span)
            case syntax.Binary():
                self.refuse_misleading(node)
                left = self.resolve(node.left)
                right = self.resolve_if(node.right, asked=not _decides(node.operator, left))
                return self.fold(model.Binary(node.operator, left, right), node.span)
            case syntax.Between(operand, low, high, span):
                self.refuse_chained_in(node)
                self.refuse_unparenthesised_bits(operand, span)
                parts = self.resolve(operand), self.resolve(low), self.resolve(high)
                return self.fold(model.Within(*parts), span)
            case syntax.Choice(condition, yes, no, span):
                answer = self.resolve(condition)
                known = decided(answer)
                sides = self.resolve_if(yes, asked=known is not False), self.resolve_if(no, asked=known is not True)
                return self.fold(model.Conditional(answer, *sides), span)

    def resolve_if(self, node: syntax.Expr, *, asked: bool) -> model.Expression:
        around, self.asked = self.asked, self.asked and asked
        try:
            return self.resolve(node)
        finally:
            self.asked = around

    # What reads differently in C, or means nothing anybody wants ------------------------------------------------

    def refuse_misleading(self, node: syntax.Binary) -> None:
        if node.operator not in COMPARISONS:
            return
        for side in (node.left, node.right):
            if _is_comparison(side):
                raise self.chained(node, node.left, f"{node.operator} {node.right.span.text}")
            self.refuse_unparenthesised_bits(side, node.span)

    def refuse_chained_in(self, node: syntax.Between) -> None:
        first = node.operand
        if _is_comparison(first):
            of_number = isinstance(first, syntax.Binary) and isinstance(first.right, syntax.Number)
            in_ = f"in {node.low.span.text}..{node.high.span.text}"
            raise self.chained(node, None if of_number else first, in_)

    def chained(self, node: syntax.Binary | syntax.Between, first: syntax.Expr | None, second: str) -> Unresolvable:
        """`first` is what stands at the left, if it can be joined to `second`, what the whole does with its truth."""
        joined = None
        if isinstance(first, syntax.Binary) and _is_comparison(first):
            joined = f"{first.span.text} && {first.right.span.text} {second}"
        elif isinstance(first, syntax.Between):
            joined = f"{first.span.text} && {first.operand.span.text} {second}"
        return self.refuse(
            "chained-comparison",
            f"`{node.span.text}` would compare the truth of the first comparison, which is 0 or 1",
            node.span,
            hint="join two comparisons with `&&`, or write `x in low..high`",
            replacement=joined,
        )

    def refuse_unparenthesised_bits(self, side: syntax.Expr, whole: Span) -> None:
        if isinstance(side, syntax.Binary) and side.operator in BITWISE:
            before, after = side.span.start - whole.start, side.span.end - whole.start
            text = whole.text
            raise self.refuse(
                "needs-parentheses",
                f"C reads `{text}` in another way: there comparisons bind tighter than `{side.operator}`",
                whole,
                hint="put the bit operation in parentheses, and nobody has to know which language this is",
                replacement=f"{text[:before]}({text[before:after]}){text[after:]}",
            )

    # Names ------------------------------------------------------------------------------------------------------

    def reference(self, node: syntax.Reference) -> model.Expression:
        scope = self.scope
        if scope.own and node.name == scope.own[0] and not node.steps:
            return model.OwnValue(scope.own[1])
        if node.name in scope.members:
            return self.field_value(node)
        if node.name == "version" and not node.steps and scope.version is not None:
            if scope.version.low == scope.version.high:
                return model.Constant(scope.version.low)
            return model.StreamVersion(scope.version)
        if node.name in TRUTH and not node.steps:
            return model.Constant(TRUTH[node.name])
        if node.name in scope.symbols.constants and not node.steps:
            return model.Constant(scope.symbols.constants[node.name])
        if node.name in scope.symbols.enumerations:
            return self.enum_member(node)
        if scope.constant_only and node.name not in scope.symbols.declared:
            hint, replacement = did_you_mean(node.name, scope.known_names())
            message = f"`{node.name}` is not a constant"
            raise self.refuse("not-constant", message, node.span, hint=hint, replacement=replacement)
        if node.name in scope.coming:
            raise self.too_early(node)
        hint, replacement = did_you_mean(node.name, scope.known_names())
        if node.steps:
            replacement = None
        message = f"nothing is called `{node.name}` here"
        raise self.refuse("unknown-name", message, node.span, hint=hint, replacement=replacement)

    def enum_member(self, node: syntax.Reference) -> model.Constant:
        enumeration = self.scope.symbols.enumerations[node.name]
        names = [member.name for member in enumeration.members]
        if len(node.steps) == 1 and isinstance(step := node.steps[0], str):
            for member in enumeration.members:
                if member.name == step:
                    return model.Constant(member.value)
            hint, _ = did_you_mean(step, names)
            raise self.refuse("unknown-name", f"`{node.name}` has no member `{step}`", node.span, hint=hint)
        raise self.refuse(
            "not-a-number", f"`{node.name}` is a type", node.span, hint=f"its values are {', '.join(names)}"
        )

    def place(self, node: syntax.Reference) -> tuple[model.Path, Type, bool]:
        """The path, the type and the locality of the member that a reference names."""
        visible = self.scope.members.get(node.name)
        if visible is None:
            if node.name in self.scope.coming:
                raise self.too_early(node)
            hint, _ = did_you_mean(node.name, self.scope.members)
            raise self.refuse("unknown-name", f"no field is called `{node.name}` here", node.span, hint=hint)
        path, type_ = visible.path, visible.type
        for step in node.steps:
            if isinstance(step, str):
                if not isinstance(type_, Struct):
                    raise self.refuse("not-a-struct", f"`{path}` has no member `{step}`", node.span)
                path, type_ = self.member(path, type_.description, step, node.span)
            else:
                path, type_ = self.element(path, type_, step)
        return path, type_, visible.local

    def member(self, path: model.Path, description: Description, name: str, span: Span) -> tuple[model.Path, Type]:
        for member in description.members:
            if member.name == name:
                return path / model.MemberStep(name, member.own), member.type
        hint, _ = did_you_mean(name, [member.name for member in description.members])
        raise self.refuse("unknown-name", f"`{path}` has no member `{name}`", span, hint=hint)

    def element(self, path: model.Path, type_: Type, step: syntax.Expr) -> tuple[model.Path, Type]:
        if is_allocated(type_):
            raise self.refuse("allocated", f"`{path}` is allocated to fit, its elements have no fixed place", step.span)
        if not isinstance(type_, Array | Buffer):
            raise self.refuse("not-an-array", f"`{path}` is not an array", step.span)
        index = self.resolve(step)
        if isinstance(index, model.Constant) and not 0 <= index.value < type_.capacity:
            raise self.refuse("index", f"`{path}` has elements 0..{type_.capacity - 1}, not {index.value}", step.span)
        element = type_.element if isinstance(type_, Array) else Scalar("u8")
        return path / model.IndexStep(index, type_.capacity), element

    def scalar(self, node: syntax.Reference) -> tuple[model.Path, Scalar, bool]:
        path, type_, local = self.place(node)
        if not isinstance(type_, Scalar) or type_.floating:
            what = _called(type_)
            raise self.refuse("not-a-number", f"`{node.span.text}` is {what}, and has no value here", node.span)
        return path, type_, local

    def field_value(self, node: syntax.Reference) -> model.Expression:
        if self.scope.constant_only:
            raise self.refuse("not-constant", f"`{node.span.text}` is a field, not a constant", node.span)
        path, type_, local = self.scalar(node)
        loaded = self.scope.loaded
        if loaded is not None and not local and key_of(path) not in loaded:
            raise self.too_early(node)
        return model.FieldValue(path, type_.interval)

    def too_early(self, node: syntax.Reference) -> Unresolvable:
        text = node.span.text
        visible = self.scope.members.get(node.name)
        if visible is not None and visible.subsection not in (None, self.scope.subsection):
            return self.refuse(
                "not-loaded-yet",
                f"`{text}` is a field of the subsection `{visible.subsection}`, which may not have come",
                node.span,
                hint="keep what is needed in a `local`, or in a field outside of the subsection",
            )
        return self.refuse(
            "not-loaded-yet",
            f"`{text}` comes later in the stream than this, so a load does not know it yet",
            node.span,
            hint="move the field up, or keep what is needed in a `local`",
        )

    def held(self, reference: syntax.Reference, span: Span) -> model.Expression:
        if self.scope.own is None:
            raise self.refuse("held-here", "held() can be asked only in a field's `in` and `where`", span)
        path, type_, _ = self.scalar(reference)
        return model.HeldValue(path, type_.interval)

    # Constants --------------------------------------------------------------------------------------------------

    def fold(self, node: model.Expression, span: Span) -> model.Expression:
        if isinstance(node, model.Conditional) and isinstance(node.condition, model.Constant):
            return node.yes if node.condition.value else node.no
        operands = model.children(node)
        match node:
            case model.Binary("&&", model.Constant(0), _):
                return model.Constant(0)
            case model.Binary("||", model.Constant(value), _) if value:
                return model.Constant(1)
        self.refuse_certain_faults(node, span)
        values = [operand.value for operand in operands if isinstance(operand, model.Constant)]
        if len(values) < len(operands):
            return node
        try:
            value = evaluate(node, values)
        except (ZeroDivisionError, ValueError):
            return node
        if value not in ANY and not self.asked:
            return node
        if value not in ANY:
            raise self.refuse("too-large", f"`{span.text}` is {value}, which does not fit 64 bits", span)
        return model.Constant(value)

    def refuse_certain_faults(self, node: model.Expression, span: Span) -> None:
        """What can be evaluated in no state, or holds in none."""
        if not self.asked:
            return
        match node:
            case model.Binary("/" | "%", _, model.Constant(0)):
                raise self.refuse("division-by-zero", f"`{span.text}` divides by zero", span)
            case model.Binary("<<" | ">>", _, model.Constant(count)) if not 0 <= count <= 63:
                raise self.refuse("shift", f"`{span.text}` shifts by a number outside 0..63", span)
            case model.Within(_, model.Constant(low), model.Constant(high)) if low > high:
                raise self.refuse("empty-range", f"no value is in {low}..{high}", span)


def _is_comparison(node: syntax.Expr) -> bool:
    return isinstance(node, syntax.Between) or (isinstance(node, syntax.Binary) and node.operator in COMPARISONS)


def _decides(operator: str, left: model.Expression) -> bool:
    """Is the right side of `&&` or `||` never asked?"""
    return operator in ("&&", "||") and decided(left) is (operator == "||")


def _called(type_: Type) -> str:
    match type_:
        case Array():
            return "an array"
        case Buffer() | Bitmap():
            return "a buffer"
        case Optional():
            return "an element that may be missing"
        case Scalar():
            return "not an integer"
        case List() | Map():
            return "a container"
    return "a struct"


def evaluate(node: model.Expression, values: list[int]) -> int:
    """What an operator makes of constants. Raises ZeroDivisionError, and ValueError for a shift outside 0..63."""
    match node:
        case model.Unary(operator):
            return {"-": -values[0], "+": values[0], "~": ~values[0], "!": int(not values[0])}[operator]
        case model.Within():
            return int(values[1] <= values[0] <= values[2])
        case model.Binary(operator):
            return _binary(operator, *values)
        case model.Conditional():
            return values[1] if values[0] else values[2]
    raise TypeError(node)


def _binary(operator: str, a: int, b: int) -> int:
    if operator in ("<<", ">>"):
        if not 0 <= b <= 63:
            raise ValueError(b)
        return a << b if operator == "<<" else a >> b
    if operator == "/":
        return intervals.truncated_quotient(a, b)
    if operator == "%":
        return intervals.truncated_remainder(a, b)
    return {
        "+": a + b, "-": a - b, "*": a * b, "&": a & b, "|": a | b, "^": a ^ b,
        "&&": int(bool(a and b)), "||": int(bool(a or b)),
        "==": int(a == b), "!=": int(a != b), "<": int(a < b), "<=": int(a <= b), ">": int(a > b), ">=": int(a >= b),
    }[operator]  # fmt: skip


def place_of(reference: syntax.Reference, scope: Scope, diagnostics: Diagnostics) -> tuple[model.Path, Type]:
    """The member that a reference names, of whatever type. Raises Unresolvable, with the diagnostic made."""
    path, type_, _ = _Resolver(scope, diagnostics).place(reference)
    return path, type_
