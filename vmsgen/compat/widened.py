"""A number that is wider on one side, and on the other one behind bytes that mean nothing: the same bytes."""

from __future__ import annotations

import re

from vmsgen.compat.slots import Slot, values_of
from vmsgen.model.interval import Interval


def is_widened(ours: Slot, theirs: Slot, in_front: tuple[tuple[Slot, ...], tuple[Slot, ...]]) -> bool:
    """Are they two whole numbers that end at the same byte, and begin with others? `in_front` are `unused` on either
    side, straight before them."""
    if ours.width == theirs.width or not (_is_one(ours) and _is_one(theirs)):
        return False
    sizes = []
    for slot, unused in zip((ours, theirs), in_front, strict=True):
        if any(one.fixed is None or one.loops or one.guards != slot.guards for one in unused):
            return False
        sizes.append(slot.width + sum(one.fixed or 0 for one in unused))
    return sizes[0] == sizes[1]


def _is_one(slot: Slot) -> bool:
    plain = slot.element is not None and re.fullmatch(r"[ui]\d+", slot.element.kind) is not None
    return plain and not (slot.loops or slot.dimensions or slot.custom or slot.bits)


def surviving(ours: Slot, theirs: Slot) -> Interval:
    """The sender's values that such a number has for the receiver, too: the wider one has zeros in front of it, or what
    the receiver passes over.
    """
    assert ours.element is not None and theirs.element is not None
    return theirs.element.interval if ours.width > theirs.width else Interval(0, ours.element.interval.high)


def all_survive(ours: Slot, theirs: Slot) -> bool:
    sent = values_of(ours)
    return sent is not None and surviving(ours, theirs).covers(sent)
