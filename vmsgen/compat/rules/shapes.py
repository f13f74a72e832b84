"""Fields of another width, arrays of another length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from math import prod

from vmsgen.compat.expressions import apart, text
from vmsgen.compat.finding import SEMANTIC, WIRE
from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import (
    HOOKED,
    Difference,
    Rule,
    expression_in_senders_names,
    if_absent,
    if_not_sent,
    is_read,
    not_read,
    present,
    same,
    value_of,
)
from vmsgen.compat.slots import ARRAY, LIST, MAP, OPTIONAL, Elements, Loop, Missing, Slot, values_of
from vmsgen.compat.steer import Want
from vmsgen.compat.widened import all_survive, surviving
from vmsgen.model.expressions import Binary, Constant, Expression, FieldValue, Within


def form(pair: Pair) -> Iterator[Difference]:
    seen: set[str] = set()
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if not step.by_name or _form(ours) == _form(theirs):
            continue
        name, first, second = ours.name, _made_of(ours), _made_of(theirs)
        for a, b in zip_longest(ours.loops, theirs.loops) if ours.custom == theirs.custom else ():
            if a is None or b is None or a.kind != b.kind:
                name = a.name if a else name
                first, second = a.kind if a else _row(ours), b.kind if b else _row(theirs)
                break
        if name in seen:
            continue
        seen.add(name)
        why = f"`{name}` is {first} for the sender and {second} for the receiver"
        fix = "keep it as it was, or have both, `before` and `since` a new version"
        names = frozenset({ours.name, theirs.name, *(loop.name for loop in (*ours.loops, *theirs.loops))})
        missing = next((Missing(loop.place) for loop in ours.loops if loop.kind == OPTIONAL), None)
        if missing is not None and {loop.kind for loop in theirs.loops} <= {ARRAY}:
            wants, loads_if = ((*present(ours), Want(missing)),), f"no element of `{name}` is missing"
        else:
            wants, loads_if = (present(ours),), if_absent(ours)
        yield Difference(name, names, why, fix, wants, loads_if)


def _made_of(slot: Slot) -> str:
    if slot.custom:
        return f"a `custom` field{HOOKED}"
    return next((loop.kind for loop in slot.loops if loop.kind != ARRAY), "numbers")


def _row(slot: Slot) -> str:
    return "an array" if slot.dimensions else "one"


def _form(slot: Slot) -> tuple[str, ...]:
    return (*(loop.kind for loop in slot.loops if loop.kind != ARRAY), "custom" if slot.custom else "")


def resized(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if not step.by_name or _form(ours) != _form(theirs):
            continue
        if ours.width == theirs.width or recast(ours, theirs):
            continue
        why = f"`{ours.name}` has {_bytes(ours)} on the sender's side and {_bytes(theirs)} on the receiver's"
        if step.widened:
            if not all_survive(ours, theirs):
                yield _changed_by_width(ours, theirs, why)
            continue
        fix = "keep the width on the wire: `send x as TYPE` for a member that grew, or both under `before` and `since`"
        yield Difference(ours.name, frozenset({ours.name, theirs.name}), why, fix, (present(ours),), if_not_sent(ours))


def _changed_by_width(ours: Slot, theirs: Slot, why: str) -> Difference:
    """The bytes behind are where they were; a value that one of the two has no room for is another one."""
    value, limits = value_of(ours), surviving(ours, theirs)
    why += ", and not every value survives"
    fix = "keep the width, or see that the values that differ cannot occur (a range, `in 0..N`, says so)"
    outside = Want(Within(value, Constant(limits.low), Constant(limits.high)), False) if value is not None else None
    wants = ((*present(ours), *([outside] if outside is not None else [])),)
    names = frozenset({ours.name, theirs.name})
    said = f"{ours.name} in {limits.low}..{limits.high}"
    return Difference(ours.name, names, why, fix, wants, said, wants if outside is not None else None)


def recast(ours: Slot, theirs: Slot) -> bool:
    """Are they as many bytes in another form, of which no number of one has the name of one of the other?"""
    return ours.width != theirs.width and ours.fixed == theirs.fixed is not None and ours.indices != theirs.indices


def _bytes(slot: Slot) -> str:
    return f"{slot.width} byte" + ("s" if slot.width > 1 else "")


@dataclass(frozen=True)
class _Length:
    """What an array, list or map is called, its room, and the number of elements where that varies.

    `loop` is None for numbers in a row. Of a bitmap they are bits, and `words` is the number of words that are sent.
    """

    name: str
    room: int
    count: Expression | None
    loop: Loop | None = None
    words: Expression | None = None

    @property
    def sent(self) -> Expression | None:
        """The number that the bytes depend on."""
        return self.words if self.words is not None else self.count

    @property
    def listed(self) -> bool:
        """Does the stream itself say how many there are?"""
        return self.loop is not None and self.loop.kind in (LIST, MAP)


def _lengths(slot: Slot) -> list[_Length]:
    loops = [_Length(loop.name, loop.capacity, loop.count, loop) for loop in slot.loops]
    return [*loops, *_own_lengths(slot)]


def _own_lengths(slot: Slot) -> list[_Length]:
    if not slot.dimensions:
        return []
    if slot.bits is not None and slot.bits.count is not None:
        return [_Length(slot.name, slot.bits.room, slot.bits.count, words=slot.count)]
    if slot.count is None:
        return [_Length(slot.name, slot.elements, None)]
    # What varies is the number of rows, and each has as many as it has.
    rows, *inner = slot.dimensions
    return [_Length(slot.name, rows, slot.count), *([_Length(slot.name, prod(inner), None)] if inner else [])]


def _pairs(pair: Pair) -> Iterator[tuple[Slot, Slot, _Length, _Length]]:
    seen: set[str] = set()
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if _form(ours) != _form(theirs):
            continue
        first, second = _lengths(ours), _lengths(theirs)
        if len(first) != len(second):
            one = _Length(ours.name, 1, None)
            first, second = first or [one], second or [one]
        for a, b in zip(first, second, strict=False):
            if a.name not in seen or a.name == ours.name:
                seen.add(a.name)
                yield ours, theirs, a, b


def _hooked(slot: Slot, array: _Length) -> str:
    """Behind what is said of an array of `custom` itself."""
    return HOOKED if slot.custom and array.name == slot.name else ""


def length(pair: Pair) -> Iterator[Difference]:
    for ours, theirs, a, b in _pairs(pair):
        if a.count is not None or b.count is not None or a.listed or a.room == b.room:
            continue
        if ours.fixed == theirs.fixed is not None or prod(ours.lengths(a.name)) == prod(theirs.lengths(a.name)):
            continue
        why = f"`{a.name}` has {a.room} elements on the sender's side and {b.room} on the receiver's{_hooked(ours, a)}"
        fix = "send the old part as it was (`send x[0 +: N]`), and the rest `since` a new version or in a subsection"
        if _hooked(ours, a):
            fix = "keep the number, and have hooks for the rest `since` a new version or in a subsection"
        names = frozenset({a.name, ours.name, theirs.name})
        # An element that is missing has a byte, too.
        alone = a.loop is not None and a.loop.kind == OPTIONAL and len(ours.loops) == 1
        loads_if = if_absent(ours) if alone else if_not_sent(ours)
        yield Difference(a.name, names, why, fix, (present(ours),), loads_if)


def parts(pair: Pair) -> Iterator[Difference]:
    seen: set[str] = set()
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if not step.by_name or len(ours.starts) != len(theirs.starts):
            continue
        arrays = [*(loop.name for loop in ours.loops), ours.name]
        for name, first, second in zip(arrays, ours.starts, theirs.starts, strict=False):
            if name in seen or first == second:
                continue
            # An array of another length is one for the rule about lengths.
            if ours.fixed is not None and ours.lengths(name) != theirs.lengths(name):
                continue
            seen.add(name)
            why = f"the sender writes `{name}` from [{first}] on, the receiver reads it from [{second}] on"
            fix = "keep the part that is sent: which elements they are is not on the wire"
            names = frozenset({name, ours.name, theirs.name})
            yield Difference(name, names, why, fix, (present(ours),), if_not_sent(ours))


def counted(pair: Pair) -> Iterator[Difference]:
    for ours, theirs, a, b in _pairs(pair):
        if (a.count is None and b.count is None) or same(pair, a.count, b.count):
            continue
        here: Expression = Constant(a.room) if a.sent is None else a.sent
        there: Expression = Constant(b.room) if b.sent is None else b.sent
        known = expression_in_senders_names(pair, there)
        read = is_read(pair, there)
        less = apart(here, known) if known is not None and read else None
        if less == 0:
            continue
        differ = (Want(Binary("!=", here, known)),) if known is not None else ()
        why = f"the sender writes {text(here)} elements of `{a.name}`, the receiver reads {text(there)}"
        why += not_read(pair, [there]) + _hooked(ours, a)
        fix = "what tells how many there are must be the same on both sides, and loaded before them"
        names = frozenset({a.name, ours.name, theirs.name})
        wants = tuple(Want(guard) for guard in ours.guards)
        loads_if = f"{text(here, 4)} == {text(there, 4)}" if less is None else if_absent(ours)
        asked = ((*wants, *differ),)
        yield Difference(a.name, names, why, fix, asked, loads_if, asked if differ and read else None)


def capacity(pair: Pair) -> Iterator[Difference]:
    for ours, theirs, a, b in _pairs(pair):
        most = a.room if a.count is None else min(a.room, _highest(pair, a.count))
        if most <= b.room or not (a.listed or (a.count is not None and b.count is not None)):
            continue
        if not a.listed and _never_as_many(pair, a, b):
            continue
        why = f"the receiver has room for {b.room} elements of `{a.name}`, the sender writes up to {most}"
        back = f"have no more than {b.room} as long as machines may go back"
        names = frozenset({a.name, ours.name, theirs.name})
        guards = tuple(Want(guard) for guard in ours.guards)
        too_many: tuple[tuple[Want, ...], ...]
        if a.loop is not None and a.loop.type is not None:
            too_many = ((*guards, Want(Elements(a.loop.place, a.loop.type, b.room + 1))),)
            loads_if = f"`{a.name}` has at most {b.room} elements"
        elif a.count is not None:
            ends = (("==", b.room + 1), ("==", most), (">", b.room))
            too_many = tuple((*guards, Want(Binary(o, a.count, Constant(v)))) for o, v in ends)
            loads_if = f"{text(a.count)} <= {b.room}"
        else:
            continue
        yield Difference(a.name, names, why, f"keep room for {most}", too_many, loads_if, back=back)


def _never_as_many(pair: Pair, a: _Length, b: _Length) -> bool:
    """Does the receiver always count more, or always fewer? What it has room for is no matter of the sender's count."""
    known = None if b.sent is None else expression_in_senders_names(pair, b.sent)
    return a.sent is not None and known is not None and apart(a.sent, known) not in (None, 0)


def _highest(pair: Pair, count: Expression) -> int:
    """No count that the sender has is above it."""
    slot = pair.sender_slots.get(plain(str(count.path))) if isinstance(count, FieldValue) else None
    known = None if slot is None else values_of(slot)
    return count.interval.high if known is None else known.high


FORM = Rule(
    "form-changed",
    WIRE,
    "A list, a map, an array and elements that may be missing look different on the wire, as do a hook's own bytes.",
    form,
)
RESIZED = Rule(
    "field-resized", WIRE, "The width of a number is not on the wire: both sides must know the same.", resized
)
LENGTH = Rule(
    "array-length",
    WIRE,
    "The length of an array is not on the wire: both sides must know the same.",
    length,
)
PART = Rule(
    "part-changed",
    SEMANTIC,
    "Which elements of an array are sent is not on the wire: both sides must mean the same ones.",
    parts,
    codes=frozenset({"misread"}),
)
COUNT = Rule(
    "count-changed", WIRE, "A count is taken from the state: both sides must take it from the same place.", counted
)
CAPACITY = Rule(
    "capacity-shrunk",
    WIRE,
    "A count that the receiver has no room for is refused.",
    capacity,
    codes=frozenset({"count"}),
)
