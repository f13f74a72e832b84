"""Short ways to build a checked description by hand, as the compiler's passes would."""

from __future__ import annotations

from typing import Any

from vmsgen.diagnostics import Source, Span
from vmsgen.model.description import Description, Hook, Member, Reset, Subsection
from vmsgen.model.expressions import (
    Binary,
    Constant,
    Expression,
    FieldValue,
    HeldValue,
    IndexStep,
    LoopStep,
    MemberStep,
    Path,
    Step,
)
from vmsgen.model.interval import ANY
from vmsgen.model.types import Array as Array
from vmsgen.model.types import Buffer as Buffer
from vmsgen.model.types import Scalar, Struct, Type
from vmsgen.model.wire import (
    ALWAYS,
    Check,
    Constraint,
    Field,
    Group,
    HookPredicate,
    Presence,
    RangeConstraint,
    Repeat,
    Run,
    Unused,
    WireItem,
)

HERE = Span(Source("hand.vms", ""), 0, 0)

U8, U16, U32, U64 = (Scalar(f"u{bits}") for bits in (8, 16, 32, 64))
I8, I16, I32, I64 = (Scalar(f"i{bits}") for bits in (8, 16, 32, 64))
BOOL, TIMER = Scalar("bool"), Scalar("timer")


def path(*steps: str | int | Step) -> Path:
    """`path("a", LoopStep(0), "b")`; a number is a constant index into plenty of elements."""
    made: list[Step] = []
    for step in steps:
        if isinstance(step, str):
            made.append(MemberStep(step))
        elif isinstance(step, int):
            made.append(IndexStep(Constant(step), step + 1))
        else:
            made.append(step)
    return Path(tuple(made))


def at(text: str) -> Path:
    return path(*text.split("."))


def value(text: str) -> FieldValue:
    return FieldValue(at(text), ANY)


def held(text: str) -> HeldValue:
    return HeldValue(at(text), ANY)


def op(left: Expression | int, operator: str, right: Expression | int) -> Binary:
    return Binary(operator, number(left), number(right))


def number(expression: Expression | int) -> Expression:
    return Constant(expression) if isinstance(expression, int) else expression


def between(low: Expression | int, high: Expression | int) -> RangeConstraint:
    return RangeConstraint(number(low), number(high))


def when(condition: Expression | str) -> Presence:
    """A condition, or the method of a predicate."""
    return Presence(condition=HookPredicate(condition) if isinstance(condition, str) else condition)


def field(
    target: str | Path,
    type_: Type,
    *constraints: Constraint,
    storage: Type | None = None,
    start: int = 0,
    presence: Presence = ALWAYS,
) -> Field:
    where = at(target) if isinstance(target, str) else target
    name = str(where)
    return Field(name, name, where, storage or type_, type_, start, presence, constraints, HERE)


def unused(size: int, count: Expression | None = None, presence: Presence = ALWAYS) -> Unused:
    return Unused(size, count, presence, HERE)


def check(condition: Expression, message: str = "") -> Check:
    return Check(condition, message, HERE)


def group(presence: Presence, *items: WireItem) -> Group:
    return Group(presence, items, HERE)


def repeat(
    target: str | Path, capacity: int, *items: WireItem, depth: int = 0, count: Expression | None = None
) -> Repeat:
    where = at(target) if isinstance(target, str) else target
    return Repeat(str(where), str(where), where, depth, capacity, count, items, ALWAYS, HERE)


def loop(target: str, *rest: str | int | Step, depth: int = 0) -> Path:
    return path(*target.split("."), LoopStep(depth), *rest)


def run(size: int, *items: WireItem) -> Run:
    return Run(size, items)


def hooks(*kinds: str, prefix: str = "") -> tuple[Hook, ...]:
    return tuple(Hook(kind, prefix + kind) for kind in kinds)


def reset(target: str | Path, type_: Type, to: int | None = None) -> Reset:
    return Reset(at(target) if isinstance(target, str) else target, type_, to)


def subsection(
    name: str,
    wire_name: str,
    *wire: WireItem,
    needed: Expression | str | None = None,
    version: int = 1,
    minimum: int | None = None,
    hooks: tuple[Hook, ...] = (),
    subsections: tuple[Subsection, ...] = (),
) -> Subsection:
    decision = HookPredicate(needed) if isinstance(needed, str) else needed
    lowest = version if minimum is None else minimum
    return Subsection(name, wire_name, 0, version, lowest, decision, hooks, wire, subsections, "", HERE)


def description(
    name: str,
    members: dict[str, Type | tuple[Type, int]],
    *wire: WireItem,
    version: int = 1,
    minimum: int | None = None,
    subsections: tuple[Subsection, ...] = (),
    hooks: tuple[Hook, ...] = (),
    resets: tuple[Reset, ...] = (),
    anonymous: bool = False,
    kind: str = "device",
) -> Description:
    """Members are types, or a type and the value at reset."""
    made = []
    for member, given in members.items():
        type_, default = given if isinstance(given, tuple) else (given, None)
        made.append(Member(member, type_, default, None, None, False, "", HERE))
    lowest = version if minimum is None else minimum
    return Description(
        kind,
        name,
        name,
        anonymous,
        version,
        lowest,
        tuple(made),
        wire,
        subsections,
        hooks,
        (),
        resets,
        "",
        "hand",
        HERE,
    )


def struct(name: str, members: dict[str, Any], *wire: WireItem, **more: Any) -> Struct:
    return Struct(description(name, members, *wire, kind="struct", **more))
