"""What does not stand in a stream's way, and is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from vmsgen.compat.align import Matched, Reshaped
from vmsgen.compat.finding import ADVICE
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import HOOKED, Difference, Rule, present
from vmsgen.compat.rules.shapes import recast
from vmsgen.compat.slots import Slot
from vmsgen.model.description import Hook


def renamed(pair: Pair) -> Iterator[Difference]:
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if step.by_name or ours.element is None or theirs.element is None:
            continue
        why = f"the bytes of `{ours.name}` are `{theirs.name}` for the receiver"
        fix = f'if it is the same thing under a new name: `was "{ours.name}"` behind the newer one'
        yield Difference(ours.name, frozenset(), why, fix)


def reshaped(pair: Pair) -> Iterator[Difference]:
    yield from rows(pair)
    yield from recasts(pair)
    for program in pair.programs:
        for step in program.steps:
            if isinstance(step, Reshaped):
                first = ", ".join(f"`{slot.name}`" for slot in step.sender)
                second = ", ".join(f"`{slot.name}`" for slot in step.receiver)
                if any(all(slot.element is None for slot in side) for side in (step.sender, step.receiver)):
                    continue
                why = f"the bytes of {first} are {second} for the receiver: as many, in another form"
                fix = "nothing, if that is meant"
                yield Difference(step.sender[0].name, frozenset(), why, fix, (present(step.sender[0]),))


def rows(pair: Pair) -> Iterator[Difference]:
    """As many elements, in rows of another length."""
    seen: set[str] = set()
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        parts, others = ours.name.split("."), theirs.name.split(".")
        if not step.by_name or len(parts) != len(others) or ours.count is not None or theirs.count is not None:
            continue
        for end in range(1, len(parts) + 1):
            name, other = ".".join(parts[:end]), ".".join(others[:end])
            before, after = ours.lengths(name), theirs.lengths(other)
            if name in seen or before == after or prod(before) != prod(after):
                continue
            seen.add(name)
            was, now = _lengths(before), _lengths(after)
            why = f"`{name}` is {was} for the sender and {now} for the receiver"
            if ours.custom and theirs.custom:
                # Hooks are given the indices.
                why, fix = (
                    why + HOOKED,
                    "adapt the hooks to the other indices: what they write and read must stay the same",
                )
            else:
                why, fix = f"{why}: the same bytes", "see that both mean the same elements by their indices"
            yield Difference(name, frozenset(), why, fix)


def recasts(pair: Pair) -> Iterator[Difference]:
    """A number as an array of smaller ones, or the other way round."""
    for step in pair.matched:
        ours, theirs = step.sender, step.receiver
        if step.by_name and (recast(ours, theirs) or step.widened):
            was, now = _numbers(ours), _numbers(theirs)
            why = f"`{ours.name}` is {was} for the sender and {now} for the receiver: the same bytes"
            why += ", with `unused` in front" if step.widened else ""
            yield Difference(ours.name, frozenset(), why, "see that both mean the same by them")


def _numbers(slot: Slot) -> str:
    kind = slot.element.kind if slot.element else "unused"
    return f"`{kind}{''.join(f'[{n}]' for n in (*(loop.capacity for loop in slot.loops), *slot.dimensions))}`"


def _lengths(lengths: tuple[int, ...]) -> str:
    return "".join(f"[{length}]" for length in lengths) or "one"


def unnamed(pair: Pair) -> Iterator[Difference]:
    for before, after in _in_place(pair):
        if any(slot.element is not None for slot in before):
            continue
        for name in (slot.name for slot in after if slot.element is not None):
            why = f"`{name}` takes bytes that the sender leaves zero (`unused`)"
            fix = "see that zero is a good value for it"
            yield Difference(name, frozenset(), why, fix, (present(before[0]),))


def _in_place(pair: Pair) -> Iterator[tuple[tuple[Slot, ...], tuple[Slot, ...]]]:
    """What takes the place of what, as many bytes."""
    for program in pair.programs:
        for step in program.steps:
            match step:
                case Matched(ours, theirs):
                    yield (ours,), (theirs,)
                case Reshaped(before, after):
                    yield before, after


def left(pair: Pair) -> Iterator[Difference]:
    for before, after in _in_place(pair):
        gone = [slot.name for slot in before if slot.element is not None]
        if not gone or any(slot.element is not None for slot in after):
            continue
        names = ", ".join(f"`{name}`" for name in gone)
        why = f"the receiver passes over the bytes of {names} (`unused`): what the sender had there is dropped"
        fix = "see that nothing needs it; a field kept with `in 0..0` would refuse states that have something there"
        yield Difference(gone[0], frozenset(), why, fix)


def hooks(pair: Pair) -> Iterator[Difference]:
    for ours, theirs in pair.owners:
        known = {hook.kind for hook in ours.description.hooks}
        for hook in theirs.description.hooks:
            if hook.kind not in known:
                yield _hook(hook, theirs.name, "the receiver's")
    for both in pair.subsections:
        if both.sender is not None and both.receiver is not None:
            known = {hook.kind for hook in both.sender.subsection.hooks}
            for hook in both.receiver.subsection.hooks:
                if hook.kind not in known:
                    yield _hook(hook, both.sender.wire_name, "the receiver's")


def _hook(hook: Hook, path: str, whose: str) -> Difference:
    why = f"`{hook.kind}` is {whose} alone: it may refuse or change what no schema tells"
    return Difference(path, frozenset(), why, f"see that `{hook.method}` copes with states of the sender")


RENAMED = Rule(
    "field-renamed", ADVICE, "Names are not on the wire; only reading tools and people miss the old one.", renamed
)
RESHAPED = Rule(
    "reshaped",
    ADVICE,
    "Fields were merged or split, a number became an array or is another one with `unused` in front, or rows are of "
    "another length; the bytes are the same.",
    reshaped,
)
UNNAMED = Rule(
    "unused-taken", ADVICE, "A field took the place of `unused` bytes, which are zero in older streams.", unnamed
)
LEFT = Rule(
    "unused-left", ADVICE, "The bytes of a field that has become `unused` are passed over, whatever they are.", left
)
HOOKS = Rule(
    "hook-added",
    ADVICE,
    "What a hook does is not in the schema.",
    hooks,
)
