"""A receiver that is set up as the sender was, made from the two schemas and from what docs/compat.md says alone."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.interpret import State, reset_state
from vmsgen.interpret.state import Value, copy_value, reset_value
from vmsgen.model.description import Description, Member
from vmsgen.model.expressions import MemberStep, mentions_held
from vmsgen.model.types import Array, Optional, Scalar, Struct, Type, innermost, is_optional
from vmsgen.model.wire import (
    Constraint,
    EqualConstraint,
    Field,
    Group,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    WhereConstraint,
    WireItem,
)


def set_up(sender: Description, receiver: Description, sent: State) -> State:
    into = reset_state(receiver)
    _equip(sender, receiver, sent, into)
    ours, theirs = set(compared(sender)), set(compared(receiver))
    for names in theirs:
        was = _senders_names(sender, receiver, names)
        if was in ours:
            _copy(sent, was, into, names, receiver)
    return into


def partner(member: Member, inside: Description, others: Description) -> Member | None:
    """What `others` calls the member of `inside`: `was` of either side tells, but where both say the same."""
    by_name = {other.name: other for other in others.members}
    same = by_name.get(member.name)
    if same is not None and same.was is not None and same.was == member.was:
        return same
    renamed = [other for other in others.members if other.name == member.was or other.was == member.name]
    if renamed:
        return renamed[0]
    if same is not None and not any(one is not member and one.was == same.name for one in inside.members):
        return same
    return None


def _equip(sender: Description, receiver: Description, sent: State, into: State) -> None:
    """Locals, and elements that are missing."""
    for member in receiver.members:
        was = partner(member, receiver, sender)
        if was is None:
            continue
        there, here = sent[was.name], into[member.name]
        if not member.local or not _fits(member.type, was.type, there):
            into[member.name] = _inside(was.type, member.type, there, here)
        elif not (was.local and there == reset_value(was.type, was.default)):
            into[member.name] = copy_value(there)


def _inside(ours: Type, theirs: Type, sent: Value, into: Value) -> Value:
    match ours, theirs:
        case _, Optional(element):
            if sent is None:
                return None
            inner = ours.element if isinstance(ours, Optional) else ours
            return _inside(inner, element, sent, reset_value(element, None) if into is None else into)
        case Optional(element), _:
            return into if sent is None else _inside(element, theirs, sent, into)
        case Struct(sender), Struct(receiver):
            _equip(sender, receiver, sent, into)
        case Array(), Array() if is_optional(theirs) or not isinstance(innermost(theirs), Scalar):
            old, new = _leaves(ours, sent), _leaves(theirs, into)
            if len(old) != len(new) and isinstance(theirs.element, Array):
                return into
            made = [_inside(a, b, x, y) for (a, x), (b, y) in zip(old, new, strict=False)]
            return _shaped(theirs, [*made, *(value for _, value in new[len(made) :])])
    return into


def _leaves(type_: Type, value: Value) -> list[tuple[Type, Value]]:
    """The elements of an array of any rank, one behind the other."""
    if isinstance(type_, Array):
        return [leaf for one in value for leaf in _leaves(type_.element, one)]
    return [(type_, value)]


def _shaped(type_: Type, flat: list[Value]) -> Value:
    """What `_leaves` took apart."""
    if not isinstance(type_, Array):
        return flat.pop(0)
    length = type_.capacity if isinstance(type_.element, Array) else min(type_.capacity, len(flat))
    return [_shaped(type_.element, flat) for _ in range(length)]


def _fits(type_: Type, other: Type, value: Value) -> bool:
    """May a value of type `other` be one of this type as it is?"""
    match type_, other:
        case Scalar(), Scalar():
            return type_.floating == other.floating and (type_.floating or value in type_.interval)
        case Array(element), Array(there):
            return type_.capacity == len(value) and all(_fits(element, there, one) for one in value)
        case Struct(description), Struct(sender):
            return [m.name for m in description.members] == [m.name for m in sender.members]
    return isinstance(value, bytearray) and type(type_) is type(other) and type_ == other


def compared(description: Description) -> Iterator[tuple[str, ...]]:
    """The names of what a load compares with what was there before."""

    def walk(items: tuple[WireItem, ...], inside: Description, front: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for item in items:
            match item:
                case Run() | Group() | Repeat() | Tmp():
                    yield from walk(item.items, inside, front)
                case Field():
                    names = (*front, *(step.name for step in item.target.steps if isinstance(step, MemberStep)))
                    if any(_compares(constraint) for constraint in item.constraints):
                        yield names
                    struct = innermost(item.type)
                    if isinstance(struct, Struct):
                        yield from of(struct.description, names)

    def of(inside: Description, front: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield from walk(inside.wire, inside, front)
        subsections = list(inside.subsections)
        for subsection in subsections:
            yield from walk(subsection.wire, inside, front)
            subsections += subsection.subsections

    yield from of(description, ())


def _compares(constraint: Constraint) -> bool:
    match constraint:
        case EqualConstraint():
            return True
        case RangeConstraint(low, high):
            return mentions_held(low) or mentions_held(high)
        case WhereConstraint(condition):
            return mentions_held(condition)


def _senders_names(sender: Description, receiver: Description, names: tuple[str, ...]) -> tuple[str, ...] | None:
    if not names:
        return ()
    was = partner(receiver.member(names[0]), receiver, sender)
    if was is None:
        return None
    ours, theirs = innermost(was.type), innermost(receiver.member(names[0]).type)
    if len(names) == 1:
        return (was.name,)
    if not isinstance(ours, Struct) or not isinstance(theirs, Struct):
        return None
    rest = _senders_names(ours.description, theirs.description, names[1:])
    return None if rest is None else (was.name, *rest)


def _copy(sent: Value, was: tuple[str, ...], into: Value, names: tuple[str, ...], inside: Description) -> None:
    """Each number that fits, of every element on the way."""
    there, here, type_ = sent[was[0]], into[names[0]], inside.member(names[0]).type
    element = innermost(type_)
    if len(names) == 1 and isinstance(element, Scalar):
        into[names[0]] = _numbers(there, here, element)
    elif isinstance(element, Struct) and isinstance(type_, Array):
        for (_, one), (_, other) in zip(_leaves(type_, there), _leaves(type_, here), strict=False):
            if one is not None and other is not None:
                _copy(one, was[1:], other, names[1:], element.description)
    elif isinstance(element, Struct) and isinstance(here, State) and isinstance(there, State):
        _copy(there, was[1:], here, names[1:], element.description)


def _numbers(there: Value, here: Value, scalar: Scalar) -> Value:
    if isinstance(here, list) and isinstance(there, list):
        return [_numbers(one, other, scalar) for one, other in zip(there, here, strict=False)] + here[len(there) :]
    return there if isinstance(there, int) and isinstance(here, int) and there in scalar.interval else here
