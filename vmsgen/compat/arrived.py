"""What of a state arrived, and where the two sides part."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.slots import Slot
from vmsgen.compat.trace import ABSENT, HEADER, NOTHING, UNUSED, Loaded, Piece, Saved
from vmsgen.interpret.state import same
from vmsgen.model.types import Enumeration


@dataclass(frozen=True)
class Wrong:
    """A number of the receiver's that is not the sender's."""

    name: str
    offset: int
    message: str
    sent: float | None
    received: float | None
    blamed: tuple[str, ...]


def misread(pair: Pair, saved: Saved, loaded: Loaded) -> Wrong | None:
    was_missing = _marker_as_data(pair, saved, loaded)
    if was_missing is not None:
        return was_missing
    named_numbers = any(_enumeration(slot) is not None for slot in pair.receiver_slots.values())
    for piece, got in _read_as_same(pair, saved, loaded):
        sent, received = _in_use(pair, piece, got)
        if not same(sent, received):
            blamed = (*parting(pair, saved, loaded), plain(got.name), plain(piece.name))
            message = f"`{got.name}` is {received}, and was {sent}"
            return Wrong(got.name, got.start, message, sent, received, blamed)
        if not named_numbers:
            continue
        theirs, ours = plain(got.name), plain(piece.name)
        was, now = _meaning(pair.sender_slots.get(ours), piece), _meaning(pair.receiver_slots.get(theirs), got)
        if was != now and was is not None and was in meanings(_enumeration(pair.receiver_slots.get(theirs))).values():
            message = f"`{got.name}` is {now or got.value}, and was {was}"
            return Wrong(got.name, got.start, message, piece.value, got.value, (theirs, ours))
    return None


def _in_use(pair: Pair, piece: Piece, got: Piece) -> tuple[float | None, float | None]:
    """The two numbers; of words of bitmaps without the bits that a bitmap does not have."""
    ours, theirs = pair.sender_slots.get(plain(piece.name)), pair.receiver_slots.get(plain(got.name))
    if not isinstance(piece.value, int) or not isinstance(got.value, int):
        return piece.value, got.value
    sent, received = _used(ours, piece.name), _used(theirs, got.name)
    if ours is not None and ours.bits is not None and ours.bits.count is not None:
        # The receiver had room for the count: what it has no bits for is beyond that.
        sent &= received
    return piece.value & sent, got.value & received


def _used(slot: Slot | None, name: str) -> int:
    """The mask of the bits that a number called `name` has, all ones where it is no word of a bitmap."""
    if slot is None or slot.bits is None:
        return -1
    return slot.bits.used(int(re.findall(r"\[(\d+)\]", name)[-1]))


def _marker_as_data(pair: Pair, saved: Saved, loaded: Loaded) -> Wrong | None:
    """A missing element is one byte, and so may an element be: nothing but what it was tells the two apart."""
    missing = {piece.name for piece in saved.pieces if piece.kind == ABSENT}
    bare = {plain(name) for name in missing}
    for got in (one for piece in loaded.pieces if missing and _may_be_in(pair, piece, bare) for one in piece.elements):
        name = translated(pair, got.name)
        gone = next((part for part in _holders(name) if part in missing), None) if name is not None else None
        if gone is not None:
            message = f"`{got.name}` is {got.value}, and `{gone}` was missing"
            blamed = (*parting(pair, saved, loaded), plain(got.name), plain(gone))
            return Wrong(got.name, got.start, message, None, got.value, blamed)
    return None


def _may_be_in(pair: Pair, piece: Piece, holders: set[str]) -> bool:
    """Do the names without indices allow that a number is in one of them?"""
    return piece.kind not in NOTHING and not holders.isdisjoint(_holders(pair.names.get(plain(piece.name), "")))


def _holders(name: str) -> list[str]:
    """`a[0].b[1]` itself and all that it is in."""
    return [name, *(name[: found.start()] for found in re.finditer(r"[.\[]", name))]


def meanings(enumeration: Enumeration | None) -> dict[int, str]:
    """What the numbers are called."""
    return {} if enumeration is None else {member.value: member.name for member in enumeration.members}


def _enumeration(slot: Slot | None) -> Enumeration | None:
    return slot.element.enumeration if slot is not None and slot.element is not None else None


def _meaning(slot: Slot | None, piece: Piece) -> str | None:
    return meanings(_enumeration(slot)).get(int(piece.value)) if isinstance(piece.value, int) else None


def translated(pair: Pair, name: str) -> str | None:
    """The sender's name of a number as the receiver has it, indices and all; None where it has no such number."""
    bare = plain(name)
    there = pair.names.get(bare)
    ours, theirs = pair.sender_slots.get(there or ""), pair.receiver_slots.get(bare)
    if there is None or (there == bare and (ours is None or theirs is None or _formed(ours) == _formed(theirs))):
        return there and name
    indices = [[int(number) for number in re.findall(r"\[(\d+)\]", part)] for part in name.split(".")]
    parts, own = there.split("."), bare.split(".")
    if len(parts) != len(indices):
        return there
    made = []
    for number, (part, places) in enumerate(zip(parts, indices, strict=True)):
        if ours is not None and theirs is not None:
            lengths = [side.lengths(".".join(names[: number + 1])) for side, names in ((theirs, own), (ours, parts))]
            places = _in_other_rows(places, *lengths)
        made.append(part + "".join(f"[{place}]" for place in places))
    return ".".join(made)


def _formed(slot: Slot) -> tuple[object, ...]:
    return slot.dimensions, tuple((loop.name, loop.capacity) for loop in slot.loops)


def _in_other_rows(places: list[int], theirs: tuple[int, ...], ours: tuple[int, ...]) -> list[int]:
    """The indices in an array of lengths `ours` of what is the same number of elements behind the first in `theirs`."""
    if theirs == ours or prod(theirs) != prod(ours) or len(places) != len(theirs):
        return places
    flat = 0
    for place, length in zip(places, theirs, strict=True):
        if place >= length:
            return places  # part of an array, sent on its own: its indices are those of the whole
        flat = flat * length + place
    made: list[int] = []
    for length in reversed(ours):
        flat, place = divmod(flat, length)
        made.insert(0, place)
    return made


def _senders_name(pair: Pair, piece: Piece) -> str:
    """The sender's name of a piece of the receiver's, indices and all; empty where it has none, or no such row."""
    if piece.numbers is None:
        return translated(pair, piece.name) or ""
    first = translated(pair, f"{piece.name}[0]") or ""
    return first.removesuffix("[0]") if first.endswith("[0]") else ""


def _read_as_same(pair: Pair, saved: Saved, loaded: Loaded) -> Iterator[tuple[Piece, Piece]]:
    """Numbers that both sides call the same, in the order of the load; of several with one name the last counts.

    Of rows that both sides have once, only numbers that differ.
    """
    ours, theirs = _rows(saved.pieces), _rows(loaded.pieces)
    sent = {
        one.name: one
        for piece in saved.pieces
        if piece.kind not in NOTHING and piece.name not in ours
        for one in piece.elements
    }
    last: dict[str, tuple[Piece, Piece]] = {}
    for got in loaded.pieces:
        if got.kind in NOTHING or plain(got.name) not in pair.names:
            continue
        name = _senders_name(pair, got)
        if name in ours and got.name in theirs and not _one_by_one(pair, ours[name], got):
            last |= {now.name: (before, now) for before, now in _differing(ours[name], got)}
            continue
        for one in got.elements:
            name = translated(pair, one.name) or ""
            was = sent.get(name) or _in_rows(ours, name)
            if was is not None:
                last[one.name] = (was, one)
    yield from last.values()


def _rows(pieces: tuple[Piece, ...]) -> dict[str, Piece]:
    """The rows whose numbers are in no other piece, by name."""
    times = Counter(piece.name if piece.numbers is not None else piece.name.rpartition("[")[0] for piece in pieces)
    return {piece.name: piece for piece in pieces if piece.numbers is not None and times[piece.name] == 1}


def _in_rows(rows: dict[str, Piece], name: str) -> Piece | None:
    array, _, index = name.rpartition("[")
    row = rows.get(array)
    if row is None or row.numbers is None:
        return None
    place = int(index[:-1]) - row.first
    return row.element(place) if 0 <= place < len(row.numbers) else None


def _one_by_one(pair: Pair, ours: Piece, theirs: Piece) -> bool:
    """Is equality of numbers with one index not all there is to ask of two rows?"""
    sender, receiver = pair.sender_slots.get(plain(ours.name)), pair.receiver_slots.get(plain(theirs.name))
    if sender is None or receiver is None:
        return False
    in_other_rows = _formed(sender) != _formed(receiver) and sender.fixed == receiver.fixed
    return in_other_rows or any(_enumeration(slot) is not None or slot.bits is not None for slot in (sender, receiver))


def _differing(ours: Piece, theirs: Piece) -> Iterator[tuple[Piece, Piece]]:
    """The numbers with one index that differ, of two rows."""
    assert ours.numbers is not None and theirs.numbers is not None
    low = max(ours.first, theirs.first)
    was, now = ours.numbers[low - ours.first :], theirs.numbers[low - theirs.first :]
    if was == now:
        return
    for index, (one, other) in enumerate(zip(was, now, strict=False), low):
        if one != other:
            yield ours.element(index - ours.first), theirs.element(index - theirs.first)


def named(path: str) -> tuple[str, ...]:
    return (plain(path),) if path else ()


def parting(pair: Pair, saved: Saved, loaded: Loaded) -> tuple[str, ...]:
    """The names on both sides at the first byte that they take for different things; nothing where there is none."""
    ours = deque(piece for piece in saved.pieces if piece.end > piece.start)
    theirs = deque(piece for piece in loaded.pieces if piece.end > piece.start)
    sent = {plain(name) for name in pair.names.values()}
    while ours and theirs:
        _level(pair, ours, theirs)
        a, b = ours[0], theirs[0]
        if not _alike(pair, a, b, sent):
            return _blame(a, b)
        if a.end <= b.end:
            ours.popleft()
        if b.end <= a.end:
            theirs.popleft()
    rest = ours or theirs
    return _blame(rest[0]) if rest else ()


def _level(pair: Pair, ours: deque[Piece], theirs: deque[Piece]) -> None:
    """Cuts the row that is in front on one side, where the other side has part of it, or one of its numbers."""
    a, b = ours[0], theirs[0]
    if a.start != b.start or pair.names.get(plain(b.name)) != plain(a.name):
        return
    if a.numbers is not None and b.numbers is not None:
        if a.size == b.size and a.end != b.end:
            longer = ours if a.end > b.end else theirs
            longer.extendleft(reversed(longer.popleft().cut(min(len(a.numbers), len(b.numbers)))))
    elif a.numbers is not None:
        ours.extendleft(reversed(list(ours.popleft().elements)))
    elif b.numbers is not None:
        theirs.extendleft(reversed(list(theirs.popleft().elements)))


def _blame(*pieces: Piece) -> tuple[str, ...]:
    return tuple(plain(piece.name) for piece in pieces)


def _alike(pair: Pair, a: Piece, b: Piece, sent: set[str]) -> bool:
    ours, theirs = plain(a.name), plain(b.name)
    if HEADER in (a.kind, b.kind):
        return a.kind == b.kind and a.name == b.name
    named_ours = a.kind != UNUSED and ours in sent
    named_theirs = b.kind != UNUSED and theirs in pair.names
    if named_ours and named_theirs:
        same_bytes = (a.start, a.end, a.size, a.first) == (b.start, b.end, b.size, b.first)
        return same_bytes and _senders_name(pair, b) == a.name
    return not (named_ours or named_theirs)
