"""A rule, and the differences that it finds between two devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from vmsgen.compat.absence import absences
from vmsgen.compat.expressions import Each, renamed, text
from vmsgen.compat.finding import ADVICE
from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.slots import LIST, MAP, OPTIONAL, Condition, Elements, Loop, Missing, Slot
from vmsgen.compat.steer import Want
from vmsgen.model.expressions import Binary, Constant, Expression, FieldValue, HeldValue, Path, replaced, walk
from vmsgen.model.wire import HookPredicate

HOOKED = " (hooks alone know its bytes)"
"""Behind what is said of a `custom` field."""


@dataclass(frozen=True)
class Difference:
    """Something that the two say differently.

    `path` is how a finding calls the place; `names` are the plain names that a failing stream may be traced to. `wants`
    are alternatives: on a state that meets all of one of them it should show. `loads_if` says for people what keeps it
    from happening, empty where nothing does. `shows` are such alternatives, too, of which every state meets one that
    shows it; None where that is not known. `back` is what to do instead of `fix` where the receiver is the older one
    and stays as it is; empty where that is the same.
    """

    path: str
    names: frozenset[str]
    why: str
    fix: str
    wants: tuple[tuple[Want, ...], ...] = ((),)
    loads_if: str = ""
    shows: tuple[tuple[Want, ...], ...] | None = None
    back: str = ""


@dataclass(frozen=True)
class About:
    """What a finding has the name of. `explanation` is for people who meet the id for the first time."""

    id: str
    category: str
    explanation: str


@dataclass(frozen=True)
class Rule(About):
    """`find` yields what the rule is about.

    `codes` are the refusals that it can be the reason of; empty stands for any.
    """

    find: Callable[[Pair], Iterator[Difference]]
    codes: frozenset[str] = frozenset()

    @property
    def needs_witness(self) -> bool:
        """Is a stream to show it, or else it is only said that it may break?"""
        return self.category != ADVICE

    def explains(self, code: str) -> bool:
        return not self.codes or code in self.codes


def present(slot: Slot) -> tuple[Want, ...]:
    """What must hold so that the sender writes at least one element."""
    some = [] if slot.count is None else [Want(Binary(">=", slot.count, Constant(1)))]
    return (*within(slot.guards, slot.loops), *some)


def within(guards: tuple[Condition, ...], loops: tuple[Loop, ...]) -> tuple[Want, ...]:
    """What must hold so that the guards do, and every loop has an element."""
    wants = [Want(guard) for guard in guards]
    for loop in loops:
        if loop.kind in (LIST, MAP) and loop.type is not None:
            wants.append(Want(Elements(loop.place, loop.type, 1)))
        elif loop.count is not None:
            wants.append(Want(Binary(">=", loop.count, Constant(1))))
    return tuple(wants)


def if_absent(slot: Slot) -> str:
    """The condition under which the slot is not there; empty where it always is."""
    if not slot.guards:
        return ""
    return f"`{slot.name}` is not there ({' && '.join(words(guard, 3) for guard in slot.guards)} does not hold)"


def if_not_sent(slot: Slot, others: tuple[Slot, ...] | None = None) -> str:
    """What keeps a difference of the slot from happening; empty where it is always sent.

    An empty list has bytes too: it does where `others`, all slots of the other side, have such a list. None stands for
    slots that are paired.
    """
    said = [if_absent(slot)] if slot.guards else []
    counted = [loop.name for loop in slot.loops if loop.count is not None]
    if slot.count is not None:
        counted.append(slot.name)
    for loop in slot.loops:
        there = others is None or any(o.kind == loop.kind and o.name == loop.name for s in others for o in s.loops)
        if loop.kind in (LIST, MAP) and there:
            counted.append(loop.name)
        elif loop.kind == OPTIONAL and there:
            said.append(f"all of `{loop.name}` are missing")
    said += [f"`{name}` has no elements" for name in counted[:1]]
    return ", or ".join(said)


def words(condition: Condition, around: int = 0) -> str:
    match condition:
        case HookPredicate(method):
            return f"hook {method}"
        case Elements(place, _, number):
            return f"`{place}` has {number} elements"
        case Missing(place):
            return f"`{place}` is missing"
        case _:
            return text(condition, around)


def value_of(slot: Slot) -> FieldValue | None:
    """The first number that the slot sends, as an expression; None where it is not one of the state's own."""
    if slot.element is None or slot.element.floating or slot.storage is None:
        return None
    place: Path = slot.place
    for number, length in enumerate(slot.dimensions):
        place = place / Each(Constant(0 if number else slot.start), length + (0 if number else slot.start))
    return FieldValue(place, slot.element.interval)


def is_read(pair: Pair, condition: Condition) -> bool:
    """Is every number that the receiver asks for one that the sender has sent, or set up alike?"""
    if isinstance(condition, HookPredicate | Elements | Missing):
        return True
    return all(pair.source(name) is not None for name in _names(condition))


def not_read(pair: Pair, conditions: Iterable[Condition]) -> str:
    """A remark where the receiver asks for what it does not read: equal texts are not the same then."""
    asked = [one for one in conditions if not isinstance(one, HookPredicate | Elements | Missing)]
    found = dict.fromkeys(name for one in asked for name in _names(one) if pair.source(name) is None)
    return f" (`{'`, `'.join(found)}` is not what the sender has)" if found else ""


def _names(expression: Expression) -> list[str]:
    """The numbers that it asks for."""
    return [plain(str(node.path)) for node in walk(expression) if isinstance(node, FieldValue | HeldValue)]


def in_senders_names(pair: Pair, condition: Condition) -> Condition | None:
    """A condition of the receiver about the sender's state; None where it asks for what the sender does not have."""
    if isinstance(condition, HookPredicate | Elements | Missing):
        return condition
    return expression_in_senders_names(pair, condition)


def expression_in_senders_names(pair: Pair, expression: Expression) -> Expression | None:
    """As above. What the receiver does not read is the constant that it becomes, as far as that is known."""
    known = expression if is_read(pair, expression) else replaced(expression, partial(_not_read, pair))
    return renamed(known, pair.to_sender)


def _not_read(pair: Pair, part: Expression) -> Expression | None:
    if not isinstance(part, FieldValue) or pair.source(plain(str(part.path))) is not None:
        return None
    value = absences(pair.receiver).get(plain(str(part.path)))
    return None if value is None else Constant(int(value))


def same(pair: Pair, ours: Condition | None, theirs: Condition | None) -> bool:
    """Do both say the same of the same numbers, names aside?"""
    if ours is None or theirs is None:
        return ours is theirs
    if not is_read(pair, theirs):
        return False
    there = in_senders_names(pair, theirs)
    if there is None and not isinstance(theirs, HookPredicate | Elements | Missing):
        # Indices that are no constants: then every name must be the same.
        return words(ours) == words(theirs) and all(pair.source(name) == name for name in _names(theirs))
    return there is not None and words(ours) == words(there)
