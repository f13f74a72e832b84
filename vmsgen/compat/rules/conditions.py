"""When a field is there: both sides must come to the same answer."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.align import Matched
from vmsgen.compat.finding import WIRE
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import Difference, Rule, in_senders_names, is_read, not_read, same, words
from vmsgen.compat.slots import Condition
from vmsgen.compat.steer import Want
from vmsgen.model.wire import HookPredicate


def find(pair: Pair) -> Iterator[Difference]:
    for program in pair.programs:
        for step in program.steps:
            if not isinstance(step, Matched):
                continue
            base = tuple(guard for guard in step.sender.guards if guard in program.base)
            ours = tuple(guard for guard in step.sender.guards if guard not in program.base)
            asked = [guard for guard in step.receiver.guards if guard not in program.receiver_base]
            known = [in_senders_names(pair, guard) for guard in asked]
            theirs = tuple(there or guard for there, guard in zip(known, asked, strict=True))
            # A text that is the same is another condition where the receiver has not read what it asks for.
            read = all(is_read(pair, guard) for guard in asked)
            if _covered(pair, ours, asked) and all(any(same(pair, o, t) for t in asked) for o in ours):
                continue
            first, second = _said(ours), _said(theirs)
            why = f"`{step.sender.name}` is sent {first}, and read {second}{not_read(pair, asked)}"
            fix = "keep the condition, or give the new one a new version: `group before N`, `group since N`"
            back = "keep the condition, or send in a subsection what older receivers do not read"
            names = frozenset({step.sender.name, step.receiver.name, ""})
            wants = _wants(base, ours, theirs)
            shows = wants if read and None not in known else None
            yield Difference(step.sender.name, names, why, fix, wants, _agreed(ours, theirs), shows, back)


def _covered(pair: Pair, ours: tuple[Condition, ...], asked: list[Condition]) -> bool:
    return all(any(same(pair, guard, other) for guard in ours) for other in asked)


def _said(guards: tuple[Condition, ...]) -> str:
    return f"when {_all(guards)}" if guards else "always"


def _agreed(ours: tuple[Condition, ...], theirs: tuple[Condition, ...]) -> str:
    """What holds where it is both sent and read, or neither."""
    if ours and theirs:
        return f"`{_all(ours)}` and `{_all(theirs)}` come to the same"
    return " && ".join(
        f"{words(guard)} says yes" if isinstance(guard, HookPredicate) else words(guard, 3)
        for guard in (*ours, *theirs)
    )


def _all(guards: tuple[Condition, ...]) -> str:
    return " && ".join(words(guard, 3) for guard in guards)


def _wants(
    base: tuple[Condition, ...], ours: tuple[Condition, ...], theirs: tuple[Condition, ...]
) -> tuple[tuple[Want, ...], ...]:
    """Sent and not read, then read and not sent."""
    around = tuple(Want(guard) for guard in base)
    here, there = tuple(Want(guard) for guard in ours), tuple(Want(guard) for guard in theirs)
    only_ours = [(*around, *here, Want(guard, False)) for guard in theirs if guard not in ours]
    only_theirs = [(*around, *there, Want(guard, False)) for guard in ours if guard not in theirs]
    return tuple(only_ours + only_theirs)


RULE = Rule(
    "condition-changed", WIRE, "A condition is answered on both sides: two answers, and all that follows shifts.", find
)
