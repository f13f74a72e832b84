"""An array of which the two sides send different parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vmsgen.compat.absence import number_at
from vmsgen.compat.arrived import Wrong
from vmsgen.compat.pairs import Pair
from vmsgen.compat.slots import Slot
from vmsgen.compat.trace import Loaded, Saved
from vmsgen.interpret import State
from vmsgen.interpret.state import Value, same


def other_part(pair: Pair, saved: Saved, loaded: Loaded, own: State | None, into: State) -> Wrong | None:
    """A number of such an array that is not what a receiver like the sender would have, whether it was read or not."""
    for step in pair.matched if own is not None else ():
        ours, theirs = step.sender, step.receiver
        alike = ours.name.count(".") == theirs.name.count(".") and len(ours.starts) == len(theirs.starts)
        if step.by_name and alike and ours.starts != theirs.starts:
            wrong = _differing(ours, theirs, saved, loaded, own, into)
            if wrong is not None:
                return wrong
    return None


def _differing(ours: Slot, theirs: Slot, saved: Saved, loaded: Loaded, own: State | None, into: State) -> Wrong | None:
    for name, now in _numbers(into, theirs.name.split("."), ""):
        was = None if own is None else number_at(own, _called(ours, name))
        if was is not None and not same(was, now):
            start = next((piece.start for row in loaded.pieces for piece in row.elements if piece.name == name), None)
            message = f"`{name}` is {now}, and {was} to a receiver like the sender"
            return Wrong(name, len(saved.data) if start is None else start, message, was, now, (theirs.name, ours.name))
    return None


def _numbers(value: Value, names: list[str], at: str) -> Iterator[tuple[str, Value]]:
    """Every number that has these names, with its indices."""
    if isinstance(value, list | bytearray):
        for number, inner in enumerate(value):
            yield from _numbers(inner, names, f"{at}[{number}]")
    elif isinstance(value, State):
        if names and names[0] in value:
            yield from _numbers(value[names[0]], names[1:], f"{at}.{names[0]}" if at else names[0])
    elif isinstance(value, int | float) and not names:
        yield at, value


def _called(slot: Slot, name: str) -> str:
    """The sender's name of what the receiver calls so."""
    indices = [re.sub(r"^\w+", "", part) for part in name.split(".")]
    return ".".join(own + places for own, places in zip(slot.name.split("."), indices, strict=True))
