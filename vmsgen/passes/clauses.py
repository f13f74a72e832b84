"""The clauses behind a field, an item or a group: which may stand there, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from vmsgen.diagnostics import Diagnostics, Related, Span
from vmsgen.model import expressions as model
from vmsgen.model.expressions import Expression
from vmsgen.model.interval import Interval
from vmsgen.model.types import Scalar
from vmsgen.model.wire import Constraint, EqualConstraint, HookPredicate, Presence, RangeConstraint, WhereConstraint
from vmsgen.passes.expressions import constant, resolve
from vmsgen.passes.place import Place
from vmsgen.passes.scope import Scope
from vmsgen.syntax import tree
from vmsgen.syntax.expressions import Expr

WORDS = {
    tree.InClause: "in", tree.WhereClause: "where", tree.EqualClause: "equal", tree.SinceClause: "since",
    tree.BeforeClause: "before", tree.WhenClause: "when", tree.DefaultClause: "=", tree.ElseClause: "else",
    tree.AllocClause: "alloc", tree.WasClause: "was",
}  # fmt: skip

PRESENCE = ("since", "before", "when")
VALUE = ("in", "where", "=")
LOCAL = (*VALUE, "was")
FIELD = (*PRESENCE, *LOCAL, "equal", "else", "alloc")

C = TypeVar("C", bound=tree.Clause)


@dataclass(frozen=True)
class Clauses:
    """The clauses of one item, at most one of a kind."""

    by_word: dict[str, tree.Clause]

    def get(self, kind: type[C]) -> C | None:
        clause = self.by_word.get(WORDS[kind])
        return clause if isinstance(clause, kind) else None


def collect(clauses: tuple[tree.Clause, ...], allowed: tuple[str, ...], what: str, diagnostics: Diagnostics) -> Clauses:
    """Refuses clauses that say a thing twice or that mean nothing on this kind of item."""
    by_word: dict[str, tree.Clause] = {}
    for clause in clauses:
        word = WORDS[type(clause)]
        if word in by_word:
            first = Related(by_word[word].span, "it is already here")
            diagnostics.error("duplicate-clause", f"`{word}` stands here twice", clause.span, related=(first,))
        elif word not in allowed:
            diagnostics.error("misplaced-clause", f"`{word}` means nothing on {what}", clause.span)
        else:
            by_word[word] = clause
    return Clauses(by_word)


def former_name(found: Clauses) -> str | None:
    """What `was` says."""
    clause = found.get(tree.WasClause)
    return clause.name if clause else None


def presence(clauses: Clauses, place: Place, diagnostics: Diagnostics) -> Presence:
    """When the item is there. Bounds that the version range makes certain are left out."""
    scope = place.scope
    minimum, maximum = place.versions
    since, before = 0, None
    declared = place.since
    if clause := clauses.get(tree.SinceClause):
        value = _version(clause.version, scope, diagnostics)
        if value is not None and value > maximum:
            message = f"version {value} does not exist: this is version {maximum}"
            diagnostics.error(
                "never-present", message, clause.span, hint=f"raise `version` to {value}, or lower `since`"
            )
        elif value is not None:
            since = value if value > minimum else 0
            declared = max(declared, value)
    if clause_before := clauses.get(tree.BeforeClause):
        value = _version(clause_before.version, scope, diagnostics)
        if value is not None and (value <= minimum or value <= since):
            message = f"no version before {value} is read: the oldest one is {max(minimum, since)}"
            diagnostics.error("never-present", message, clause_before.span)
        elif value is not None and value <= maximum:
            before = value
    condition: Expression | HookPredicate | None = None
    if when := clauses.get(tree.WhenClause):
        if since or before is not None:
            diagnostics.error(
                "when-and-version",
                "`when` beside `since` or `before`: in VMState the condition alone would decide",
                when.span,
                hint="write the version into the condition, `when version >= N && …`, or put the field into a group",
            )
        if when.hook:
            place.gathered.predicates.setdefault(when.hook.text, when.hook.span)
            condition = HookPredicate(when.hook.text)
        elif when.condition:
            condition = resolve(when.condition, scope, diagnostics)
    return Presence(since, before, condition, declared)


def _version(expression: Expr, scope: Scope, diagnostics: Diagnostics) -> int | None:
    value = constant(expression, scope, diagnostics)
    if value is not None and value < 0:
        diagnostics.error("versions", f"there is no version {value}: versions begin with 0", expression.span)
        return None
    return value


def constraints(
    clauses: Clauses, name: str, element: Scalar | None, is_array: bool, scope: Scope, diagnostics: Diagnostics
) -> tuple[Constraint, ...]:
    """What is asked of the value, or of each element of an array. `element` is None for structs and buffers."""
    found: list[Constraint] = []
    asking = scope.with_own(name, element.interval if element else None)
    if clause := clauses.get(tree.InClause):
        if element is None or element.kind == "bool":
            diagnostics.error("misplaced-clause", "`in` bounds integers, and this is none", clause.span)
        else:
            low, high = resolve(clause.low, asking, diagnostics), resolve(clause.high, asking, diagnostics)
            if low is not None and high is not None and _possible(low, high, element, clause.span, diagnostics):
                found.append(RangeConstraint(low, high))
    if where := clauses.get(tree.WhereClause):
        if element is None:
            diagnostics.error("misplaced-clause", "`where` asks about numbers; use `check` here", where.span)
        else:
            condition = resolve(where.condition, asking, diagnostics)
            if condition is not None:
                found.append(WhereConstraint(condition))
    if equal := clauses.get(tree.EqualClause):
        if element is None or is_array:
            diagnostics.error("misplaced-clause", "`equal` compares one number", equal.span)
        else:
            found.append(EqualConstraint(equal.hint))
    return tuple(found)


def _possible(low: Expression, high: Expression, element: Scalar, span: Span, diagnostics: Diagnostics) -> bool:
    if isinstance(low, model.Constant) and isinstance(high, model.Constant) and low.value > high.value:
        diagnostics.error("empty-range", f"no value is in {low.value}..{high.value}", span)
        return False
    for end in (low, high):
        if isinstance(end, model.Constant) and end.value not in element.interval:
            values = element.interval
            message = f"{end.value} is outside what {element.kind} can hold, {values.low}..{values.high}"
            diagnostics.error("range-outside-type", message, span)
            return False
    return True


def bounds(element: Scalar, found: tuple[Constraint, ...]) -> Interval:
    """What an attribute may be set to: the constant ends of `in`, else what the type holds."""
    low, high = element.interval.low, element.interval.high
    for constraint in found:
        if isinstance(constraint, RangeConstraint):
            low = constraint.low.value if isinstance(constraint.low, model.Constant) else low
            high = constraint.high.value if isinstance(constraint.high, model.Constant) else high
    return Interval(low, high)


def default(
    clauses: Clauses,
    element: Scalar | None,
    allowed: Interval | None,
    scope: Scope,
    span: Span,
    diagnostics: Diagnostics,
) -> int | None:
    """The value at reset, for an array that of each element; None for what has no number."""
    clause = clauses.get(tree.DefaultClause)
    if element is None or allowed is None:
        if clause:
            diagnostics.error("misplaced-clause", "only numbers and arrays of numbers have a default here", clause.span)
        return None
    if clause is None:
        if element.reset not in allowed:
            message = f"at reset this is {element.reset}, outside its range {allowed.low}..{allowed.high}"
            diagnostics.error("default-outside-range", message, span, hint=f"give it a value: `= {allowed.low}`")
        return element.reset
    return _value_in(clause.value, allowed, scope, diagnostics)


def otherwise(
    clauses: Clauses, element: Scalar | None, allowed: Interval | None, scope: Scope, diagnostics: Diagnostics
) -> tuple[bool, int | None]:
    """What a conditional field is when the stream lacks it: (keep?, the value of `else`, None for that at reset)."""
    clause = clauses.get(tree.ElseClause)
    if clause is None:
        return False, None
    if clause.value is None:
        return True, None
    if element is None or allowed is None:
        diagnostics.error("misplaced-clause", "only numbers and arrays of numbers have an `else` value", clause.span)
        return False, None
    return False, _value_in(clause.value, allowed, scope, diagnostics)


def _value_in(expression: Expr, allowed: Interval, scope: Scope, diagnostics: Diagnostics) -> int | None:
    value = constant(expression, scope, diagnostics)
    if value is not None and value not in allowed:
        message = f"{value} is outside {allowed.low}..{allowed.high}"
        diagnostics.error("default-outside-range", message, expression.span)
        return allowed.low
    return value
