"""The version that the sender writes must be one that the receiver reads."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.finding import WIRE
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import Difference, Rule
from vmsgen.model.description import Description


def lowest_read(receiver: Description) -> int:
    """The oldest version that it takes, by a hook or not."""
    if receiver.opaque:
        return 0
    return receiver.minimum_version if receiver.old_version is None else receiver.old_version


def find(pair: Pair) -> Iterator[Difference]:
    low, high = lowest_read(pair.receiver), pair.receiver.version
    if pair.version > high:
        fix = f"send with `save(version={high})` if that can be expressed, or put what is new into a subsection"
        yield Difference("", frozenset({""}), f"the receiver reads versions {low}..{high}", fix)
    elif pair.version < low:
        fix = f"keep `version {pair.version}..{high}`, with `since` and `before` for what differs"
        yield Difference("", frozenset({""}), f"the receiver reads versions {low}..{high}", fix)


RULE = Rule(
    "version-range",
    WIRE,
    "A section says its version; a loader refuses one outside of the range that it declares.",
    find,
    codes=frozenset({"version"}),
)
