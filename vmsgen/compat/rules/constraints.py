"""Values that the sender may have and the receiver refuses."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.expressions import text, with_own
from vmsgen.compat.finding import WIRE
from vmsgen.compat.pairs import AlignedProgram, Pair
from vmsgen.compat.rules.remade import asked_of, equal_to_held, remade
from vmsgen.compat.rules.rule import (
    Difference,
    Rule,
    expression_in_senders_names,
    in_senders_names,
    is_read,
    not_read,
    present,
    same,
    value_of,
)
from vmsgen.compat.rules.shapes import recast
from vmsgen.compat.slots import Asked, Slot, values_of
from vmsgen.compat.steer import Want
from vmsgen.compat.widened import surviving
from vmsgen.model.expressions import Binary, Constant, FieldValue, OwnValue, Unary, Within
from vmsgen.model.interval import Interval
from vmsgen.model.wire import EqualConstraint, RangeConstraint, WhereConstraint

KEEP_TO = (
    "keep to what older receivers take as long as machines may go back, and send what is beyond it in a subsection"
)


def tightened(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs, value = step.sender, step.receiver, value_of(step.sender)
        sent, read = values_of(ours), values_of(theirs)
        names = frozenset({ours.name, theirs.name})
        if value is None or sent is None or read is None or (ours.width != theirs.width and not step.widened):
            continue
        if step.widened:
            # What becomes of the others the width tells.
            sent = _both(sent, surviving(ours, theirs))
            if sent is None:
                continue
        wants: list[tuple[Want, ...]] = []
        if _plain(theirs) and not read.covers(_as_read(sent, ours, theirs)):
            for bad in (read.high + 1, read.low - 1, sent.high, sent.low):
                if bad in sent and (bad not in read):
                    wants.append((*present(ours), Want(Binary("==", value, Constant(bad)))))
            if wants:
                allowed = f"{sent.low}..{sent.high} for the sender, {read.low}..{read.high} for the receiver"
                why = f"`{theirs.name}` may be {allowed}"
                fix = "keep the range that older streams were saved under; where that is too wide, clamp in `post_load`"
                within = Within(value, Constant(read.low), Constant(read.high))
                shows = ((*present(ours), Want(within, False)),)
                limits = f"{ours.name} in {read.low}..{read.high}"
                yield Difference(ours.name, names, why, fix, tuple(wants), limits, shows, KEEP_TO)
        yield from _other_ends(pair, ours, theirs, value)
    fix = "see that what older streams have there is in range, or leave the range out and clamp in `post_load`"
    for made in remade(pair):
        for constraint in made.receiver.constraints if made.tells else ():
            if isinstance(constraint, RangeConstraint) and made.receiver.element is not None:
                own = OwnValue(made.receiver.element.interval)
                yield asked_of(pair, made, Within(own, constraint.low, constraint.high), fix)


def _both(one: Interval, other: Interval) -> Interval | None:
    low, high = max(one.low, other.low), min(one.high, other.high)
    return Interval(low, high) if low <= high else None


def _plain(slot: Slot) -> bool:
    return slot.element is not None and slot.element.kind != "bool"


def _as_read(sent: Interval, ours: Slot, theirs: Slot) -> Interval:
    """The sender's values as the receiver's type has them; all of that type where signs differ."""
    assert ours.element is not None and theirs.element is not None
    whole = theirs.element.interval
    return sent if whole.covers(sent) else whole


def _other_ends(pair: Pair, ours: Slot, theirs: Slot, value: FieldValue) -> Iterator[Difference]:
    """Ends of ranges that are no constants."""
    for constraint in theirs.constraints:
        if not isinstance(constraint, RangeConstraint):
            continue
        equal = [c for c in ours.constraints if isinstance(c, RangeConstraint)]
        for theirs_end, operator, index in ((constraint.low, "<", 0), (constraint.high, ">", 1)):
            if isinstance(theirs_end, Constant):
                continue
            if any(same(pair, (c.low, c.high)[index], theirs_end) for c in equal):
                continue
            end = expression_in_senders_names(pair, theirs_end)
            wants = ((*present(ours), Want(Binary(operator, value, end))),) if end is not None else (present(ours),)
            why = f"the receiver bounds `{theirs.name}` by {text(theirs_end)}, the sender does not"
            fix = "keep the range that older streams were saved under"
            names = frozenset({ours.name, theirs.name})
            shows = wants if end is not None and is_read(pair, theirs_end) else None
            yield Difference(
                ours.name, names, why, fix, wants, f"{ours.name} is within {text(theirs_end)}", shows, KEEP_TO
            )


def where(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs, value = step.sender, step.receiver, value_of(step.sender)
        for constraint in theirs.constraints:
            if not isinstance(constraint, WhereConstraint) or value is None or recast(ours, theirs):
                continue
            if any(
                isinstance(c, WhereConstraint) and same(pair, c.condition, constraint.condition)
                for c in ours.constraints
            ):
                continue
            condition = expression_in_senders_names(pair, constraint.condition)
            said = text(with_own(constraint.condition, value_of(theirs) or value))
            wants: tuple[tuple[Want, ...], ...] = (present(ours),)
            if condition is not None:
                wants = ((*present(ours), Want(with_own(condition, value), False)),)
            why = f"the receiver asks of `{theirs.name}` that {said}, the sender does not"
            why += not_read(pair, [constraint.condition])
            fix = "ask it of streams of a new version alone, or leave it out and correct the value in `post_load`"
            shows = wants if condition is not None and is_read(pair, constraint.condition) else None
            yield Difference(ours.name, frozenset({ours.name, theirs.name}), why, fix, wants, said, shows, KEEP_TO)
    fix = "ask it of streams of a new version alone, or leave it out and correct the value in `post_load`"
    for made in remade(pair):
        for constraint in made.receiver.constraints if made.tells else ():
            if isinstance(constraint, WhereConstraint):
                yield asked_of(pair, made, constraint.condition, fix)


def equal(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs, value = step.sender, step.receiver, value_of(step.sender)
        if value is None or not _equal(theirs) or _equal(ours) or recast(ours, theirs):
            continue
        wants = tuple((*present(ours), Want(Binary("==", value, Constant(n)))) for n in (1, 2, 0))
        why = f"`{theirs.name}` must now be what the receiver has already"
        fix = "make sure that both machines are set up alike, or ask with `check` under a new version"
        names = frozenset({ours.name, theirs.name})
        yield Difference(ours.name, names, why, fix, wants, f"both have the same `{theirs.name}` before")
    for made in remade(pair):
        if _equal(made.receiver):
            yield equal_to_held(made)


def _equal(slot: Slot) -> bool:
    return any(isinstance(constraint, EqualConstraint) for constraint in slot.constraints)


def checks(pair: Pair) -> Iterator[Difference]:
    for program in pair.programs:
        for check in program.receiver_checks:
            if any(_covers(pair, program, other, check) for other in program.sender_checks):
                continue
            condition = expression_in_senders_names(pair, check.condition)
            guards = [in_senders_names(pair, guard) or guard for guard in check.guards]
            around = tuple(Want(guard) for guard in (*program.base, *guards))
            wants = ((*around, Want(Unary("!", condition))),) if condition is not None else (around,)
            why = f"the receiver checks {text(check.condition)}, the sender does not{not_read(pair, [check.condition])}"
            fix = "check it only where the version is new: put it into `group since N`"
            back = "keep the check, so that a save refuses what older receivers would"
            asked = all(is_read(pair, one) for one in (check.condition, *check.guards))
            shows = wants if condition is not None and asked and not check.loops else None
            yield Difference("", frozenset({"", check.name}), why, fix, wants, text(check.condition), shows, back)


def _covers(pair: Pair, program: AlignedProgram, ours: Asked, theirs: Asked) -> bool:
    """Does the sender ask the same wherever the receiver does?"""
    here = [guard for guard in ours.guards if guard not in program.base]
    asked = all(any(same(pair, guard, other) for other in theirs.guards) for guard in here)
    return asked and same(pair, ours.condition, theirs.condition)


RANGE = Rule(
    "range-tightened",
    WIRE,
    "A value outside of the receiver's range is refused.",
    tightened,
    codes=frozenset({"range"}),
)
WHERE = Rule(
    "where-tightened",
    WIRE,
    "A value that does not meet the receiver's `where` is refused.",
    where,
    codes=frozenset({"where", "arithmetic", "index"}),
)
EQUAL = Rule(
    "equal-added",
    WIRE,
    "A value that must equal the receiver's own is refused where it does not.",
    equal,
    codes=frozenset({"equal"}),
)
CHECK = Rule(
    "check-added",
    WIRE,
    "A state that does not meet the receiver's `check` is refused.",
    checks,
    codes=frozenset({"check", "arithmetic", "index"}),
)
