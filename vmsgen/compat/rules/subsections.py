"""Subsections that the receiver does not know where they stand, or not in this version."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.expressions import renamed as in_other_names
from vmsgen.compat.finding import ADVICE, WIRE
from vmsgen.compat.pairs import Pair, PlacedSubsection, everything_inside, placed
from vmsgen.compat.rules.rule import Difference, Rule, within, words
from vmsgen.compat.slots import LIST, MAP, Condition, Elements, Missing, Owner
from vmsgen.compat.steer import Want
from vmsgen.model.description import Description
from vmsgen.model.subsections import is_looked_at
from vmsgen.model.wire import HookPredicate


def sent(sub: PlacedSubsection) -> tuple[tuple[Want, ...], ...]:
    scope = sub.owner.scope
    return (within((*scope.guards, *sub.guards), scope.loops),)


def shadowed(pair: Pair) -> Iterator[Difference]:
    kept = [both.sender for both in pair.subsections if both.sender is not None and both.receiver is not None]
    for ours, theirs in pair.owners:
        if not theirs.name or not _is_last(pair, theirs):
            continue
        for sub in kept:
            if sub.owner is ours or _takes(ours.description, sub) or not _takes(theirs.description, sub):
                continue
            name, before, after = sub.wire_name, ours.description, theirs.description
            why = (
                f"the receiver takes `{name}` for a subsection of `{theirs.name}`, whose struct is `{after.wire_name}`"
            )
            why += " on the wire now"
            fix = f'keep that name: `struct {after.name} "{before.wire_name}"`'
            yield Difference(name, frozenset({name}), why, fix, sent(sub), _not_sent(sub))


def _takes(struct: Description, sub: PlacedSubsection) -> bool:
    """Does a loader behind the struct's bytes take it for one of its own, and not know it?"""
    known = {own.wire_name for own in struct.subsections}
    return is_looked_at(sub.wire_name, struct.wire_name) and sub.wire_name not in known


def _is_last(pair: Pair, owner: Owner) -> bool:
    """Can the receiver come to its end and have a subsection before it?"""
    if any(loop.kind in (LIST, MAP) for loop in owner.scope.loops):
        return False
    for program in pair.programs:
        within = [n for n, slot in enumerate(program.slots[1]) if slot.name.startswith(f"{owner.name}.")]
        if within:
            return not any(slot.fixed and not slot.guards for slot in program.slots[1][within[-1] + 1 :])
    return True


def _not_sent(sub: PlacedSubsection) -> str:
    """What keeps it from being sent; empty where it always is."""
    scope = sub.owner.scope
    always = not scope.guards and not sub.guards and all(loop.steady for loop in scope.loops)
    return "" if always else f"`{sub.wire_name}` is not sent"


def _receivers(pair: Pair) -> list[PlacedSubsection]:
    """All that the receiver has, wherever they stand."""
    owners: list[Owner] = [theirs for _, theirs in pair.owners]
    return list(everything_inside([sub for owner in owners for sub in placed(owner)]))


def removed(pair: Pair) -> Iterator[Difference]:
    for both in pair.subsections:
        if both.sender is None or both.receiver is not None:
            continue
        sub, name = both.sender, both.sender.wire_name
        elsewhere = next((s for s in _receivers(pair) if s.wire_name == name), None)
        namesake = next((s for s in _receivers(pair) if s.subsection.name == sub.subsection.name), None)
        if elsewhere is not None or namesake is not None:
            continue
        why = f"the receiver has no subsection `{name}`, and refuses one that it does not know"
        fix = "keep the subsection; for a receiver that cannot change, see that `needed` is false where it matters"
        yield Difference(name, frozenset({name}), why, fix, sent(sub), _not_sent(sub), sent(sub))


def renamed(pair: Pair) -> Iterator[Difference]:
    for both in pair.subsections:
        if both.sender is None or both.receiver is not None:
            continue
        sub, name = both.sender, both.sender.wire_name
        others = _receivers(pair)
        namesake = next((s for s in others if s.subsection.name == sub.subsection.name and s.wire_name != name), None)
        if namesake is None or any(s.wire_name == name for s in others):
            continue
        why = f"subsection `{name}` is called `{namesake.wire_name}` by the receiver"
        fix = f'keep its name on the wire: `subsection {namesake.subsection.name} "{name}"`'
        yield Difference(name, frozenset({name}), why, fix, sent(sub), _not_sent(sub), sent(sub))


def moved(pair: Pair) -> Iterator[Difference]:
    for both in pair.subsections:
        if both.sender is None or both.receiver is not None:
            continue
        sub, name = both.sender, both.sender.wire_name
        elsewhere = next((s for s in _receivers(pair) if s.wire_name == name), None)
        if elsewhere is None:
            continue
        why = f"subsection `{name}` belongs to {_owner(sub)}, and to {_owner(elsewhere)} on the receiver's side"
        fix = "a subsection follows the fields of its owner: leave it where it was"
        yield Difference(name, frozenset({name}), why, fix, sent(sub), _not_sent(sub), sent(sub))


def _owner(sub: PlacedSubsection) -> str:
    if sub.tmp:
        return f"the `tmp` called `{sub.tmp}`"
    if sub.around:
        return f"subsection `{sub.around[-1]}`"
    return f"`{sub.owner.name}`" if sub.owner.name else "the device"


def versions(pair: Pair) -> Iterator[Difference]:
    for both in pair.subsections:
        if both.sender is None or both.receiver is None or both.readable:
            continue
        ours, theirs, name = both.sender.subsection, both.receiver.subsection, both.sender.wire_name
        why = (
            f"`{name}` is sent in version {ours.version}, the receiver reads {theirs.minimum_version}..{theirs.version}"
        )
        fix = f"let the receiver read it: `version {min(ours.version, theirs.minimum_version)}..{theirs.version}`"
        if ours.version > theirs.version:
            fix = (
                "send what is new in a subsection of its own, which older receivers do not miss while it is not needed"
            )
        names = frozenset({name, ours.name, ""})
        wants = sent(both.sender)
        yield Difference(name, names, why, fix, wants, _not_sent(both.sender), wants)


def needed(pair: Pair) -> Iterator[Difference]:
    for both in pair.subsections:
        if both.sender is None or both.receiver is None:
            continue
        ours, theirs = both.sender.guards[-1:], both.receiver.guards[-1:]
        first = [words(guard) for guard in ours]
        # Both ask their own state, before there is a stream.
        second = [_in_words(pair, guard) for guard in theirs]
        if first == second:
            continue
        name = both.sender.wire_name
        why = f"`{name}` is needed {_said(first)} for the sender, {_said(second)} for the receiver"
        fix = "nothing for the bytes: only a save asks; see that a state without it is still whole"
        yield Difference(name, frozenset({name}), why, fix)


def _in_words(pair: Pair, guard: Condition) -> str:
    """As the sender would call it."""
    known = None if isinstance(guard, HookPredicate | Elements | Missing) else in_other_names(guard, pair.called)
    return words(known or guard)


def _said(guards: list[str]) -> str:
    return f"when {guards[0]}" if guards else "always"


REMOVED = Rule(
    "subsection-removed",
    WIRE,
    "A subsection that the receiver does not know is refused, not skipped.",
    removed,
)
RENAMED = Rule(
    "subsection-renamed",
    WIRE,
    "A subsection is known by its name on the wire alone.",
    renamed,
)
MOVED = Rule(
    "subsection-moved",
    WIRE,
    "A subsection is looked for behind the fields of its owner, and nowhere else.",
    moved,
)
SHADOWED = Rule(
    "subsection-shadowed",
    WIRE,
    "A struct at the end takes every subsection behind it for its own whose name begins with the struct's.",
    shadowed,
    codes=frozenset({"unknown-subsection"}),
)
VERSIONS = Rule(
    "subsection-version",
    WIRE,
    "A subsection has a version of its own on the wire.",
    versions,
    codes=frozenset({"version"}),
)
NEEDED = Rule(
    "needed-changed",
    ADVICE,
    "`needed` is asked by saves alone; a load takes what comes.",
    needed,
)
