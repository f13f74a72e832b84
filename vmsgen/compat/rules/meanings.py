"""The same bytes, and another meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vmsgen.compat.absence import absences
from vmsgen.compat.arrived import meanings
from vmsgen.compat.finding import ADVICE, SEMANTIC
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import Difference, Rule, present, value_of
from vmsgen.compat.slots import Slot, values_of
from vmsgen.compat.steer import Want
from vmsgen.model.description import Description
from vmsgen.model.expressions import Binary, Constant, FieldValue, IndexStep, Path
from vmsgen.model.types import structs_in


def signs(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs, value = step.sender, step.receiver, value_of(step.sender)
        if value is None or ours.element is None or theirs.element is None or ours.width != theirs.width:
            continue
        a, b = ours.element, theirs.element
        sent = values_of(ours)
        if not step.by_name or b.floating or b.interval.covers(a.interval if sent is None else sent):
            continue
        lost = a.interval.high if a.interval.high not in b.interval else a.interval.low
        wants = tuple((*present(ours), Want(Binary("==", value, Constant(n)))) for n in (lost, b.interval.high + 1))
        why = f"`{ours.name}` is {a.kind} for the sender and {b.kind} for the receiver: not every value survives"
        fix = "keep the type, or see that the values that differ cannot occur (a range, `in 0..N`, says so)"
        limits = f"{ours.name} in {max(a.interval.low, b.interval.low)}..{min(a.interval.high, b.interval.high)}"
        yield Difference(ours.name, frozenset({ours.name, theirs.name}), why, fix, wants, limits)


def doubles(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if ours.element is None or theirs.element is None or ours.width != theirs.width or not step.by_name:
            continue
        if ours.element.floating != theirs.element.floating:
            why = f"`{ours.name}` is {ours.element.kind} for the sender and {theirs.element.kind} for the receiver"
            fix = "keep the type: the bits of a double are no number, and the other way round"
            limits = f"{ours.name} == 0"
            yield Difference(ours.name, frozenset({ours.name, theirs.name}), why, fix, (present(ours),), limits)


def bits(pair: Pair) -> Iterator[Difference]:
    """A bitmap that is shorter, and has as many words: the bytes are the same."""
    for step in pair.matched:
        ours, theirs, value = step.sender, step.receiver, value_of(step.sender)
        if value is None or theirs.bits is None or not step.by_name or ours.width != theirs.width:
            continue
        if ours.count is not None or theirs.count is not None or ours.elements != theirs.elements:
            continue
        last = theirs.dimensions[-1] - 1
        sent = ours.bits.room if ours.bits is not None else 64 * (last + 1)
        if sent <= theirs.bits.room:
            continue
        word = FieldValue(_at(value.path, last), value.interval) if ours.dimensions else value
        lost = f"bits {theirs.bits.room}..{sent - 1}"
        why = f"`{ours.name}` has {sent} bits for the sender and {theirs.bits.room} for the receiver: {lost} are lost"
        fix = "keep the length, or see that those bits are never set"
        wants = (*present(ours), Want(Binary("==", word, Constant(1 << theirs.bits.room % 64))))
        limits = f"{lost} of `{ours.name}` are clear"
        yield Difference(ours.name, frozenset({ours.name, theirs.name}), why, fix, (wants,), limits)


def _at(path: Path, index: int) -> Path:
    """The element of the same row with this index."""
    *steps, last = path.steps
    assert isinstance(last, IndexStep)
    return Path((*steps, replace(last, index=Constant(index))))


def enumerations(pair: Pair) -> Iterator[Difference]:
    for ours, theirs, value, names, others in _enumerations(pair):
        moved = [n for n, name in names.items() if name in others.values() and others.get(n) != name]
        if not moved:
            continue
        said = [f"{n} `{names[n]}` to the sender, {_called(others, n)} to the receiver" for n in moved]
        why = f"in `{ours.name}` is {'; '.join(said)}"
        fix = "give a number a meaning once: add members, do not renumber them"
        wants = tuple((*present(ours), Want(Binary("==", value, Constant(n)))) for n in moved)
        limits = " && ".join(f"{ours.name} != {n}" for n in moved)
        yield Difference(ours.name, frozenset({ours.name, theirs.name}), why, fix, wants, limits)


def _called(names: dict[int, str], number: int) -> str:
    return f"`{names[number]}`" if number in names else "nothing"


def members(pair: Pair) -> Iterator[Difference]:
    for ours, _, _, names, others in _enumerations(pair):
        for number, name in names.items():
            if name not in others.values():
                there = f"is `{others[number]}`" if number in others else "has no name"
                why = f"{number} in `{ours.name}` is `{name}` to the sender and {there} for the receiver"
                yield Difference(ours.name, frozenset(), why, "nothing, if it means the same")


def _enumerations(pair: Pair) -> Iterator[tuple[Slot, Slot, FieldValue, dict[int, str], dict[int, str]]]:
    for step in pair.matched:
        ours, theirs, value = step.sender, step.receiver, value_of(step.sender)
        if value is None or ours.element is None or theirs.element is None:
            continue
        a, b = ours.element.enumeration, theirs.element.enumeration
        if a is not None and b is not None:
            yield ours, theirs, value, meanings(a), meanings(b)


def absent(pair: Pair) -> Iterator[Difference]:
    """What a field becomes that the stream lacks."""
    ours, theirs = absences(pair.sender), absences(pair.receiver)
    back = {was: name for name, was in pair.names.items()}
    for name in dict.fromkeys((*theirs, *(back.get(name, name) for name in ours))):
        there = pair.names.get(name, name)
        slots = pair.sender_slots.get(there), pair.receiver_slots.get(name)
        if any(slot is not None and not slot.guards for slot in slots) or ours.get(there) == theirs.get(name):
            continue
        if not _has(pair.sender, there) or not _has(pair.receiver, name):
            continue
        before, after = ours.get(there), theirs.get(name)
        why = f"a stream without `{name}` makes it {_said(after)}, and {_said(before)} on the sender's side"
        fix = f"if that is not meant: `else {'keep' if before is None else before}`"
        loads_if = f"`{name}` is sent" if slots[1] else ""
        yield Difference(name, frozenset({name, there}), why, fix, ((),), loads_if)


def _said(value: float | None) -> str:
    return "what it was" if value is None else str(value)


def _has(description: Description, name: str) -> bool:
    """Is there a field of that plain name, and not only in memory?"""
    inside: tuple[Description, ...] = (description,)
    for part in name.split("."):
        if part in ("key", "value") and not any(part == m.name for one in inside for m in one.members):
            continue
        found = [member for one in inside for member in one.members if member.name == part and not member.local]
        if not found:
            return False
        inside = tuple(struct.description for struct in structs_in(found[0].type))
    return True


SIGNS = Rule(
    "sign-changed",
    SEMANTIC,
    "Bytes of one width load as any type of that width; the number may be another.",
    signs,
    codes=frozenset({"misread"}),
)
DOUBLE = Rule(
    "double-changed",
    SEMANTIC,
    "The eight bytes of a double load as any type of eight bytes, as another number.",
    doubles,
    codes=frozenset({"misread", "range", "where"}),
)
BITS = Rule(
    "bits-lost",
    SEMANTIC,
    "A bitmap is sent in words of 64 bits; what a shorter one has no bit for is lost.",
    bits,
    codes=frozenset({"misread"}),
)
ENUM = Rule(
    "enum-meaning",
    SEMANTIC,
    "An enumeration's numbers are on the wire, its names are not.",
    enumerations,
    codes=frozenset({"misread"}),
)
MEMBERS = Rule("enum-renamed", ADVICE, "A member of an enumeration has gone, or has another name.", members)
ABSENT = Rule(
    "absent-value",
    SEMANTIC,
    "A field that the stream lacks takes its `else` value.",
    absent,
    codes=frozenset({"misread"}),
)
