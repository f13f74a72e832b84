"""What becomes of one state: saved by the sender, loaded by the receiver, and what of it arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.compat.absence import absent
from vmsgen.compat.arrived import misread, named, parting
from vmsgen.compat.finding import Witness
from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.parts import other_part
from vmsgen.compat.receiver import receiver_state
from vmsgen.compat.states import Candidate
from vmsgen.compat.trace import CUSTOM, Loaded, Piece, Saved, load
from vmsgen.interpret import Refusal, State, reset_state
from vmsgen.model.description import Description
from vmsgen.model.sizes import size_max

SHOWN = 12
"""So many numbers of a state are shown."""

LONGER = 1 << 26
"""Bytes that are put behind a stream that is too short. An array of `custom` could be of more, but no state is here."""


@dataclass(frozen=True)
class Outcome:
    """`witness` is None where all arrived. `blamed` are the plain names, on either side, that it can be due to, the
    likeliest first: of the refusal, then where the two first take a byte for something else.

    `loaded` is the receiver's state, where the load was not refused. It is not `certain` where other bytes
    of the hooks of `custom` fields would have made a difference. `hooked` of those are in front of where it failed, and
    were read by the hooks of the same fields.
    """

    candidate: Candidate
    witness: Witness | None
    blamed: tuple[str, ...] = ()
    loaded: State | None = None
    certain: bool = True
    hooked: int = 0

    @property
    def failed(self) -> tuple[object, ...] | None:
        """How it failed, whatever hooks have written; None where it did not."""
        witness = self.witness
        if witness is None:
            return None
        offset = witness.offset - self.hooked
        return witness.code, witness.path, offset, witness.message, witness.sent, witness.received


def outcome(pair: Pair, candidate: Candidate, saved: Saved, own: State | None = None) -> Outcome:
    """Loads what was saved of the candidate, and compares.

    `own` is what a receiver like the sender would have loaded: what is not on the wire must be the same too.
    """
    into = receiver_state(pair, candidate.state)
    loaded = load(pair.receiver, into, saved.data, pair.version, candidate.model)
    state, answers = _unusual(pair.sender, candidate.state), tuple(sorted(candidate.answers.items()))
    refusal = loaded.refusal
    if refusal is not None:
        witness = Witness(
            pair.version, saved.data, refusal.code, refusal.path, refusal.offset, _said(refusal), state=state,
            answers=answers, saved=candidate.state,
        )  # fmt: skip
        blamed = _blamed(pair, candidate, saved, loaded, refusal)
        return Outcome(candidate, witness, blamed, hooked=_hooked(pair, saved, loaded, refusal.offset))
    wrong = misread(pair, saved, loaded) or other_part(pair, saved, loaded, own, into)
    wrong = wrong or absent(pair, saved, loaded, own, into)
    if wrong is None:
        return Outcome(candidate, None, loaded=into)
    witness = Witness(
        pair.version, saved.data, "misread", wrong.name, wrong.offset, wrong.message, wrong.sent, wrong.received,
        state, answers, candidate.state,
    )  # fmt: skip
    return Outcome(candidate, witness, wrong.blamed, into, hooked=_hooked(pair, saved, loaded, wrong.offset))


def _hooked(pair: Pair, saved: Saved, loaded: Loaded, offset: int) -> int:
    """Bytes of hooks up to the offset, as long as those of the same fields write and read them.

    Where fields of the schema have gone or come, the hooks may have taken them over.
    """
    found = 0
    if not all(program.same_layout for program in pair.programs):
        return found
    for ours, theirs in zip(_written(saved.pieces), _written(loaded.pieces), strict=False):
        same = pair.names.get(plain(theirs.name)) == plain(ours.name)
        if not same or (ours.start, ours.end) != (theirs.start, theirs.end) or ours.end > offset:
            break
        found += ours.end - ours.start
    return found


def _written(pieces: tuple[Piece, ...]) -> Iterator[Piece]:
    return (piece for piece in pieces if piece.kind == CUSTOM)


def _said(refusal: Refusal) -> str:
    """What was there and what was allowed, behind the code; empty where that says nothing."""
    match refusal.code:
        case "truncated":
            return f": bytes needed: {refusal.low}, bytes left: {refusal.found}"
        case "trailing":
            return f": bytes left: {refusal.found}"
        case "version" | "range" | "count" | "equal":
            return f": {refusal.found}, allowed {refusal.low}..{refusal.high}"
        case "where":
            return f": {refusal.found}"
    return f": {refusal.text}" if refusal.text else ""


def _blamed(pair: Pair, candidate: Candidate, saved: Saved, loaded: Loaded, refusal: Refusal) -> tuple[str, ...]:
    match refusal.code:
        case "version":
            return (plain(refusal.path), "")
        case "unknown-subsection":
            return (refusal.text, "")
        case "check":
            return (f"check {plain(refusal.path)} {refusal.text}", *parting(pair, saved, loaded), "")
        case "truncated":
            # What is fixed is refused before any of it is looked at: with bytes enough it shows where the two part.
            into = receiver_state(pair, candidate.state)
            longer = saved.data + bytes(min(size_max(pair.receiver), LONGER))
            loaded = load(pair.receiver, into, longer, pair.version, candidate.model)
    return (*parting(pair, saved, loaded), *named(refusal.path), "")


def _unusual(description: Description, state: State) -> tuple[tuple[str, float], ...]:
    """The numbers that differ from those at reset, at most a dozen."""
    found: list[tuple[str, float]] = []

    def go(name: str, value: object, reset: object) -> None:
        if len(found) >= SHOWN:
            return
        match value:
            case State():
                for key, inner in value.items():
                    go(f"{name}.{key}" if name else key, inner, reset.get(key) if isinstance(reset, State) else None)
            case list() | bytearray():
                before = reset if isinstance(reset, list | bytearray) else []
                for number, inner in enumerate(value[:64]):
                    go(f"{name}[{number}]", inner, before[number] if number < len(before) else None)
            case (key, inner):
                go(f"{name}.key", key, None)
                go(f"{name}.value", inner, None)
            case int() | float() if value != reset:
                found.append((name, value))

    go("", state, reset_state(description))
    return tuple(found)
