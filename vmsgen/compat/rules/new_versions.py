"""What a version says of its bytes: those that changed under one number, and numbers that nothing asked for."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from vmsgen.compat.align import Added, Dropped, Matched
from vmsgen.compat.finding import ADVICE
from vmsgen.compat.pairs import AlignedProgram, Pair
from vmsgen.compat.pairs import pair as pair_at
from vmsgen.compat.rules.rule import Difference, Rule
from vmsgen.compat.slots import Asked, Loop, Slot


def structs(pair: Pair) -> Iterator[Difference]:
    for ours, theirs in pair.owners:
        a, b = ours.description, theirs.description
        if ours.name and (a.version != b.version):
            why = f"`{ours.name}` is `{a.wire_name}` version {a.version} and {b.version}; neither is on the wire"
            fix = "put what is new into a subsection, or pin the old version where the device's own version is old"
            yield Difference(ours.name, frozenset(), why, fix)


def minimum(pair: Pair) -> Iterator[Difference]:
    """A version that both say they have, and in which something is of another size."""
    for program in pair.programs:
        version, newest, reads = _version_of(pair, program)
        title = f"`{program.title}` " if program.title else ""
        changed = _changed(program, f"{title}version {version}") if reads else None
        if changed is None:
            continue
        what, ours, theirs = changed
        why = f"{what} are {ours} for the sender and {theirs} for the receiver, which says that it reads it"
        fix = (
            f"raise the minimum version, so that old streams are refused at once (`version {newest + 1}`), or read both"
        )
        back = "raise the version, so that older receivers refuse what they would take for something else"
        yield Difference(program.title, frozenset(), why, fix, back=back)


def _version_of(pair: Pair, program: AlignedProgram) -> tuple[int, int, bool]:
    """The sender's version of the program, the newest of both, and whether the receiver says that it reads it."""
    if not program.title:
        sender, receiver = pair.sender, pair.receiver
        reads = receiver.minimum_version <= pair.version <= receiver.version
        return pair.version, max(sender.version, receiver.version), reads
    for both in pair.subsections:
        if both.sender is not None and both.receiver is not None and both.sender.wire_name == program.title:
            ours, theirs = both.sender.subsection.version, both.receiver.subsection.version
            return ours, max(ours, theirs), both.readable
    raise AssertionError(f"no subsection is called {program.title}")


def _changed(program: AlignedProgram, title: str) -> tuple[str, int, int] | None:
    """What is of another size, with its bytes on either side: all that is always there, or else one field."""
    if any(_form(step.sender) != _form(step.receiver) for step in program.steps if isinstance(step, Matched)):
        return None
    ours, theirs = ([slot for slot in slots if slot.custom] for slots in program.slots)
    if len(ours) != len(theirs):
        return None  # hooks alone know their bytes
    always = [_always(program, side) for side in (0, 1)]
    if always[0] != always[1]:
        varies = any(_varies(program, side, slot) for side in (0, 1) for slot in program.slots[side])
        return f"the bytes of {title}{' that are always there' if varies else ''}", always[0], always[1]
    for step in program.steps:
        match step:
            case Matched(slot, other) if not step.widened and (slot.count is None) == (other.count is None):
                sizes = _unit(slot), _unit(other)
            case Dropped(slot, None):
                sizes = _unit(slot), 0
            case Added(slot, None):
                sizes = 0, _unit(slot)
            case _:
                continue
        if sizes[0] != sizes[1] and not slot.custom:
            return f"the bytes of `{slot.name}` in {title}", *sizes
    return None


def _form(slot: Slot) -> tuple[object, ...]:
    """What decides about more bytes than those of the slot: where it differs there are no sizes to compare."""
    return slot.custom, [loop.kind for loop in slot.loops]


def _always(program: AlignedProgram, side: int) -> int:
    """Bytes of one side's items that are neither conditional nor of a length that varies."""
    return sum(slot.fixed or 0 for slot in program.slots[side] if not _varies(program, side, slot))


def _varies(program: AlignedProgram, side: int, slot: Slot) -> bool:
    base = (program.base, program.receiver_base)[side]
    return slot.fixed is None or len(slot.guards) > len(base)


def _unit(slot: Slot) -> int:
    """Bytes of the whole, or of one element where their number varies."""
    return slot.width * prod(slot.dimensions if slot.count is None else slot.dimensions[1:])


def bump(pair: Pair) -> Iterator[Difference]:
    """The newer one at most adds to what the older one has, and takes a new version for it."""
    newer, older = pair.sender, pair.receiver
    if newer.version < older.version:
        newer, older = older, newer
    if newer.version == older.version or pair.version != pair.sender.version:
        return
    before = pair_at(older, newer, older.version)
    if not newer.minimum_version <= older.version or any(not _unchanged(program) for program in before.programs):
        return
    after = pair_at(newer, newer, newer.version)
    known = {slot.name for program in before.programs for slot in program.slots[1]}
    fields, in_subsections = (
        [
            slot.name
            for program in after.programs
            if bool(program.title) == inside
            for slot in program.slots[1]
            if slot.name not in known
        ]
        for inside in (False, True)
    )
    if not known <= {slot.name for program in after.programs for slot in program.slots[1]}:
        return
    refused = f"receivers of version {older.version} refuse all of its streams"
    if fields:
        names = ", ".join(f"`{name}`" for name in fields)
        why = f"version {newer.version} only adds {names}, and {refused}"
        fix = "put it into a subsection, `needed` when it matters: streams without it load in older receivers"
    elif in_subsections:
        names = ", ".join(f"`{name}`" for name in in_subsections)
        why = f"version {newer.version} only adds {names}, in a subsection, and {refused}"
        fix = f"keep version {older.version}: a subsection needs none, streams without it load in older receivers"
    elif all(_alike(program) for program in before.programs):
        why = f"version {newer.version} adds nothing to the bytes, and {refused}"
        fix = f"keep version {older.version}, if no hook asks for the version"
    else:
        return
    yield Difference("", frozenset(), why, fix)


def _alike(program: AlignedProgram) -> bool:
    """Are there as many bytes, and are the same things asked of them?"""
    slots = [(step.sender, step.receiver) for step in program.steps if isinstance(step, Matched)]
    checks = [[_asked(check) for check in side] for side in (program.sender_checks, program.receiver_checks)]
    return checks[0] == checks[1] and all(_said_of(ours) == _said_of(theirs) for ours, theirs in slots)


def _said_of(slot: Slot) -> tuple[object, ...]:
    # Of what varies in number one element must be as long, too.
    sizes = _unit(slot), slot.width * slot.elements
    return sizes, slot.guards, slot.count, _repeated(slot.loops), slot.constraints


def _asked(check: Asked) -> tuple[object, ...]:
    return check.condition, check.message, check.owner, check.guards, _repeated(check.loops)


def _repeated(loops: tuple[Loop, ...]) -> list[tuple[object, ...]]:
    """How often. The elements are slots of their own, and their types are never those of another schema."""
    return [(loop.kind, loop.capacity, loop.count, loop.start) for loop in loops]


def _unchanged(program: AlignedProgram) -> bool:
    return all(isinstance(step, Matched) and step.sender.fixed == step.receiver.fixed for step in program.steps)


STRUCT = Rule(
    "struct-version", ADVICE, "A nested struct's version is not on the wire, each side uses its own.", structs
)
MINIMUM = Rule(
    "minimum-not-raised",
    ADVICE,
    "A version that changed its size is another version: the old one should be refused, or read as it was, its fields "
    "under `before` and the new ones under `since`.",
    minimum,
)
BUMP = Rule(
    "version-bump",
    ADVICE,
    "A new version is refused by every older receiver; a subsection only where it is sent. So put what is new into a "
    "subsection, and keep the version.",
    bump,
)
