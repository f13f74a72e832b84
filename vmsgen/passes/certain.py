"""Conditions that intervals or bit masks decide: they ask nothing, and were meant to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from vmsgen.diagnostics import Diagnostics, Span
from vmsgen.model.decided import decided
from vmsgen.model.description import Description
from vmsgen.model.expressions import Constant, Expression
from vmsgen.model.schema import Schema, every
from vmsgen.model.wire import (
    ALWAYS,
    Check,
    Field,
    Group,
    HookPredicate,
    Presence,
    Repeat,
    Run,
    Tmp,
    WhereConstraint,
    WireItem,
)

EXPLANATIONS = {
    "never-true": (
        "What the fields can hold, or a mask, decides this condition before any state is known: it never holds. "
        "`(status & 8) == 1` is so, since that mask leaves 0 or 8, and `n > 300` of a `u8`. Compare with the mask, or "
        "with 0; or take out what is never there. A `check` or a `where` of this kind refuses every stream."
    ),
    "always-true": (
        "What the fields can hold, or a mask, decides this condition before any state is known: it always holds. "
        "`n >= 0` of an unsigned number is so, and `flags | READY`, where `&` was meant. A `check` or a `where` of "
        "this kind refuses nothing; a field or a subsection is always there, and needs no condition."
    ),
}

CONSEQUENCES = {
    "when": ("it is never in a stream", "without `when` it would be the same"),
    "needed": ("it is never sent", "without `needed` it would be the same"),
    "check": ("every stream is refused", "it refuses nothing"),
    "where": ("every value is refused", "it refuses nothing"),
}


@dataclass(frozen=True)
class _Asked:
    """`word` is the one that stands before the condition; `conditional`: what it is in may be missing itself."""

    word: str
    condition: Expression
    span: Span
    conditional: bool = False


def lint(description: Description, schema: Schema, diagnostics: Diagnostics) -> None:
    """Adds warnings about one description of the schema."""
    constants = frozenset(constant.name for one in every((schema,)) for constant in one.constants)
    for asked in _of_description(description):
        known = decided(asked.condition)
        if known is None or (isinstance(asked.condition, Constant) and _is_meant(asked, constants)):
            continue
        hint = CONSEQUENCES[asked.word][known]
        if known:
            diagnostics.warning("always-true", f"this `{asked.word}` always holds", asked.span, hint=hint)
        else:
            diagnostics.warning("never-true", f"this `{asked.word}` never holds", asked.span, hint=hint)


def _is_meant(asked: _Asked, constants: frozenset[str]) -> bool:
    """Can the author want a condition that is a number? A constant may be another in another build, by `--define`."""
    if asked.word == "check" and asked.conditional:
        return True  # what refuses the state that it is in
    words = re.findall(r"\w+", asked.span.text)
    return "version" in words or not constants.isdisjoint(words)


def _of_description(description: Description) -> Iterator[_Asked]:
    if _is_expression(description.needed):
        yield _Asked("needed", description.needed, description.span)
    yield from _of_items(description.wire, False)
    for subsection in description.all_subsections:
        if _is_expression(subsection.needed):
            yield _Asked("needed", subsection.needed, subsection.span)
        yield from _of_items(subsection.wire, True)


def _of_items(items: tuple[WireItem, ...], conditional: bool) -> Iterator[_Asked]:
    for item in items:
        presence: Presence = getattr(item, "presence", ALWAYS)
        if isinstance(item, Check):
            yield _Asked("check", item.condition, item.span, conditional)
        elif not isinstance(item, Run) and _is_expression(presence.condition):
            yield _Asked("when", presence.condition, item.span)
        if isinstance(item, Field):
            for constraint in item.constraints:
                if isinstance(constraint, WhereConstraint):
                    yield _Asked("where", constraint.condition, item.span)
        if isinstance(item, Run | Group | Repeat | Tmp):
            yield from _of_items(item.items, conditional or not presence.always)


def _is_expression(condition: Expression | HookPredicate | None) -> TypeGuard[Expression]:
    return condition is not None and not isinstance(condition, HookPredicate)
