"""Fields that only one side has, or has in another place: every byte behind is taken for something else."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.align import Added, Dropped, Matched, Reshaped
from vmsgen.compat.finding import WIRE
from vmsgen.compat.pairs import AlignedProgram, Pair
from vmsgen.compat.rules.rule import HOOKED, Difference, Rule, if_not_sent, in_senders_names, is_read, present
from vmsgen.compat.slots import ARRAY, Slot
from vmsgen.compat.steer import Want


def _nested(pair: Pair, slot: Slot) -> str:
    """A remark where the slot is in a struct: its version does not help."""
    inside = [owner.name for owner, _ in pair.owners if owner.name and slot.name.startswith(owner.name + ".")]
    return " (a struct's own version is not on the wire: `since` inside it tells no stream apart)" if inside else ""


def _kept(slot: Slot) -> str:
    return "its hooks" if slot.custom else f"its bytes: `unused[{slot.width * slot.elements}]`"


def _hooked(slot: Slot) -> str:
    return HOOKED if slot.custom else ""


def removed(pair: Pair) -> Iterator[Difference]:
    for program in pair.programs:
        for step in program.steps:
            if not isinstance(step, Dropped) or step.moved is not None:
                continue
            slot = step.sender
            fix = f"keep {_kept(slot)}, or raise the version and keep the field with `before`{_nested(pair, slot)}"
            back = "put it into a subsection that is needed when it matters: streams without it load in older receivers"
            names = frozenset({slot.name, *_neighbours(pair, slot)})
            why = f"the sender writes `{slot.name}`, the receiver does not read it{_hooked(slot)}"
            wants = (present(slot),)
            shows = wants if _is_plain(slot) else None
            yield Difference(slot.name, names, why, fix, wants, if_not_sent(slot, program.slots[1]), shows, back=back)


def added(pair: Pair) -> Iterator[Difference]:
    for program in pair.programs:
        for step in program.steps:
            if not isinstance(step, Added) or step.moved is not None:
                continue
            slot = step.receiver
            guards = [in_senders_names(pair, guard) for guard in slot.guards]
            wants = tuple(Want(guard) for guard in guards if guard)
            known = None not in guards and all(is_read(pair, guard) for guard in slot.guards)
            shows = (wants,) if known and slot.count is None and slot.fixed is not None else None
            fix = f"give it `since {pair.receiver.version + 1}` and raise the version, or put it into a subsection"
            if program.title:
                fix = "give it a `since`, and raise the subsection's version"
            why = f"the receiver reads `{slot.name}`, the sender does not write it{_hooked(slot)}"
            names = frozenset({slot.name, *_neighbours(pair, slot)})
            fix += _nested(pair, slot)
            back = f"keep {_kept(slot)}"
            yield Difference(slot.name, names, why, fix, (wants,), if_not_sent(slot, program.slots[0]), shows, back)


def _is_plain(slot: Slot) -> bool:
    """Has it no bytes where it has no elements? Lists, maps and missing elements have some."""
    return not slot.custom and all(loop.kind == ARRAY for loop in slot.loops)


def _neighbours(pair: Pair, slot: Slot) -> set[str]:
    """A stream that is too long is noticed at its end, where no field is to blame."""
    return {""} if slot.name else set()


def moved(pair: Pair) -> Iterator[Difference]:
    for program in pair.programs:
        for place, step in enumerate(program.steps):
            if isinstance(step, Dropped) and step.moved is not None:
                ours, theirs = step.sender, step.moved
                why = f"`{ours.name}` has another place: the receiver reads other bytes as `{theirs.name}`"
                fix = "keep the order of the wire, which need not be that of the struct: see `local` and `send`"
                names = frozenset({ours.name, theirs.name})
                passed = tuple(_passed(program, place, theirs))
                kept = [text for text in (if_not_sent(ours), _if_none(passed)) if text]
                wants = (*present(ours), *(want for slot in passed for want in present(slot)))
                yield Difference(ours.name, names, why, fix, (wants, present(ours)), ", or ".join(kept))


def _passed(program: AlignedProgram, place: int, moved: Slot) -> Iterator[Slot]:
    """What the sender has between the two places."""
    other = next(n for n, step in enumerate(program.steps) if isinstance(step, Added) and step.receiver is moved)
    for step in program.steps[min(place, other) + 1 : max(place, other)]:
        match step:
            case Matched(ours, _) | Dropped(ours, _):
                yield ours
            case Reshaped(several, _):
                yield from several


def _if_none(slots: tuple[Slot, ...]) -> str:
    """The condition under which none of them is there; empty where one always is."""
    absent = [if_not_sent(slot) for slot in slots]
    return " and ".join(dict.fromkeys(absent)) if all(absent) else ""


REMOVED = Rule(
    "field-removed", WIRE, "Nothing on the wire says where a field ends: its bytes must still be read.", removed
)
ADDED = Rule(
    "field-added",
    WIRE,
    "A field that older streams lack needs `since`, a condition or a subsection.",
    added,
)
MOVED = Rule(
    "field-moved",
    WIRE,
    "Fields have no names on the wire: their order is what tells them apart.",
    moved,
)
