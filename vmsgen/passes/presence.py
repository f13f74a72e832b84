"""What of a state is in a stream of one version, under which conditions, and who asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import (
    Binary,
    Constant,
    Expression,
    FieldValue,
    IndexStep,
    MemberStep,
    Path,
    Step,
    StreamVersion,
    replaced,
    replaced_in_path,
)
from vmsgen.model.implied import Condition, Facts, facts, implied, negated
from vmsgen.model.types import Array, Buffer, Struct, Type, innermost
from vmsgen.model.wire import ALWAYS, Check, Field, Group, HookPredicate, Presence, Repeat, Run, Tmp, WireItem

Counts = tuple[tuple[int, Expression], ...]
"""Lengths that vary: the number of steps that lead to what has it, and the length."""


@dataclass(frozen=True)
class Sent:
    """All of `target`, where each of `known` holds, and as far as `counts` go."""

    target: Path
    type: Type
    known: Facts
    counts: Counts


@dataclass(frozen=True)
class Asked:
    """An expression that a load evaluates, of this item, and what is known where it does."""

    expression: Expression
    item: WireItem
    known: Facts


Event = Sent | Asked


def events(
    items: tuple[WireItem, ...], version: int, known: Facts = frozenset(), counts: Counts = ()
) -> Iterator[Event]:
    """What a load of this version stores and asks for, in its order; of checks and constraints nothing."""
    for item in items:
        if isinstance(item, Run):
            yield from events(item.items, version, known, counts)
            continue
        presence: Presence = getattr(item, "presence", ALWAYS)
        if isinstance(item, Check) or not _has(presence, version):
            continue
        condition = at_version(presence.condition, version)
        if condition is not None and not isinstance(condition, HookPredicate):
            yield Asked(condition, item, known)
        here = known | facts(condition)
        count = count_of(item)
        if count is not None:
            count = number_at(count, version)
            yield Asked(count, item, here)
        match item:
            case Field():
                if _is_whole(item):
                    inside = counts if count is None else (*counts, (len(item.target.steps), count))
                    yield Sent(item.target, item.type, here, inside)
            case Group():
                yield from events(item.items, version, here, counts)
            case Tmp():
                yield from events(item.items, 0, here, counts)
                for subsection in item.subsections:
                    yield from _events_in(subsection, here)
            case Repeat():
                inside = counts if count is None else (*counts, (len(item.target.steps), count))
                yield from events(item.items, version, here, inside)


def _events_in(subsection: Subsection, known: Facts) -> Iterator[Event]:
    """At its newest version, where it is sent."""
    here = known | facts(at_version(subsection.needed, subsection.version))
    yield from events(subsection.wire, subsection.version, here)
    for inner in subsection.subsections:
        yield from _events_in(inner, here)


def count_of(item: WireItem) -> Expression | None:
    """The length of an item, if it varies."""
    counted = item.type if isinstance(item, Field) else item
    return getattr(counted, "count", None)


def _has(presence: Presence, version: int) -> bool:
    return presence.since <= version and (presence.before is None or version < presence.before)


def _is_whole(item: Field) -> bool:
    """Not so is a part of an array, `send x[4 +: 2]`."""
    match item.storage, item.type:
        case (Array(capacity=room), Array(capacity=sent)) | (Buffer(capacity=room), Buffer(capacity=sent)):
            return room == sent
    return True


def at_version(condition: Condition | None, version: int) -> Condition | None:
    """The condition as it is in that version."""
    if condition is None or isinstance(condition, HookPredicate):
        return condition
    return number_at(condition, version)


def number_at(expression: Expression, version: int) -> Expression:
    return replaced(expression, lambda node: Constant(version) if isinstance(node, StreamVersion) else None)


# Is a place certain to be in the stream? ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Stream:
    """What was sent so far, by the name of the member that it is in or is. `structs` remembers what each one sends.

    `temporary` are the names of the description's `tmp`s.
    """

    temporary: frozenset[str] = frozenset()
    sent: dict[str, tuple[Sent, ...]] = field(default_factory=dict)
    structs: dict[tuple[int, int], Stream] = field(default_factory=dict)

    def branch(self) -> Stream:
        """One that goes on from here."""
        return Stream(self.temporary, dict(self.sent), self.structs)

    def add(self, sent: Sent) -> None:
        root = sent.target.root
        self.sent[root] = (*self.sent.get(root, ()), sent)

    def of(self, struct: Struct) -> Stream:
        """All that a struct sends."""
        key = (id(struct.description), struct.version)
        if key not in self.structs:
            inner = Stream(structs=self.structs)
            for sent in _sent_by(struct.description, struct.version):
                inner.add(sent)
            self.structs[key] = inner
        return self.structs[key]


def is_certain(path: Path, description: Description, stream: Stream, known: Facts) -> bool:
    """Is it among what was sent so far, wherever `known` holds? What is `local` counts: nobody has to send it."""
    return _is_local(path.steps, description, stream) or _is_sent((), path.steps, stream, known)


def _is_local(steps: tuple[Step, ...], description: Description, stream: Stream) -> bool:
    """Does the device model keep it? What is in a `tmp` is filled for each save."""
    here = description
    for number, step in enumerate(steps):
        if not isinstance(step, MemberStep):
            continue
        member = here.member(step.name)
        if member.local and not (number == 0 and step.name in stream.temporary):
            return True
        inner = innermost(member.type)
        if isinstance(inner, Struct):
            here = inner.description
    return False


def temporary(description: Description) -> frozenset[str]:
    """The names of its `tmp`s."""
    programs = (description.wire, *(sub.wire for sub in description.all_subsections))
    return frozenset(item.name for program in programs for item in _flat(program) if isinstance(item, Tmp))


def _flat(items: tuple[WireItem, ...]) -> Iterator[WireItem]:
    for item in items:
        yield item
        if isinstance(item, Run | Group):
            yield from _flat(item.items)


def _is_sent(prefix: tuple[Step, ...], steps: tuple[Step, ...], stream: Stream, known: Facts) -> bool:
    """`steps` lead on from the state at `prefix`; what is sent is said from there, `known` from the very beginning."""
    for one in stream.sent.get(Path(steps).root, ()):
        if not _leads_to(one.target.steps, steps):
            continue
        rest = steps[len(one.target.steps) :]
        missing = [need for need in _needs(one, prefix, steps) if not implied(need, known)]
        if not missing and _is_inside((*prefix, *one.target.steps), rest, one.type, stream, known):
            return True
        if len(missing) == 1 and not isinstance(missing[0], HookPredicate):
            # A later item may be there just where this one is not.
            known = known | facts(negated(missing[0]))
    return False


def _leads_to(target: tuple[Step, ...], steps: tuple[Step, ...]) -> bool:
    return len(target) <= len(steps) and all(_can_meet(*pair) for pair in zip(target, steps, strict=False))


def _can_meet(one: Step, other: Step) -> bool:
    if isinstance(one, MemberStep) or isinstance(other, MemberStep):
        return one == other
    fixed = [step.index for step in (one, other) if isinstance(step, IndexStep) and isinstance(step.index, Constant)]
    return len(fixed) < 2 or fixed[0] == fixed[1]


def _needs(one: Sent, prefix: tuple[Step, ...], steps: tuple[Step, ...]) -> Iterator[Condition]:
    for condition in one.known:
        yield _seen_from(prefix, condition)
    for place, count in one.counts:
        index = steps[place] if place < len(steps) else None
        # Of other indices nothing is known that would be worth a warning.
        if isinstance(index, IndexStep) and isinstance(index.index, Constant):
            yield Binary("<", index.index, _number_seen_from(prefix, count))


def _is_inside(prefix: tuple[Step, ...], rest: tuple[Step, ...], type_: Type, stream: Stream, known: Facts) -> bool:
    """Is it certain in the struct that was sent, if that is what was?"""
    struct = innermost(type_)
    indices = next((number for number, step in enumerate(rest) if isinstance(step, MemberStep)), None)
    if indices is None or not isinstance(struct, Struct):
        return True
    return _is_sent((*prefix, *rest[:indices]), rest[indices:], stream.of(struct), known)


def _sent_by(description: Description, version: int) -> Iterator[Sent]:
    yield from (event for event in events(description.wire, version) if isinstance(event, Sent))
    for subsection in description.subsections:
        yield from (event for event in _events_in(subsection, frozenset()) if isinstance(event, Sent))


def _seen_from(prefix: tuple[Step, ...], condition: Condition) -> Condition:
    """The condition of a struct at `prefix`, as what it stands in has it."""
    if isinstance(condition, HookPredicate):
        return HookPredicate(f"{Path(prefix)}/{condition.method}") if prefix else condition
    return _number_seen_from(prefix, condition)


def _number_seen_from(prefix: tuple[Step, ...], expression: Expression) -> Expression:
    def moved(node: Expression) -> Expression | None:
        if not isinstance(node, FieldValue):
            return None
        return FieldValue(Path((*prefix, *replaced_in_path(node.path, moved).steps)), node.interval)

    return replaced(expression, moved)
