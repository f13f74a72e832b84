"""What is asked of numbers that the receiver makes of the bytes of other ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.compat.align import Matched, Reshaped
from vmsgen.compat.expressions import text, with_own
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import Difference, expression_in_senders_names, is_read, present, value_of
from vmsgen.compat.rules.shapes import recast
from vmsgen.compat.slots import Slot
from vmsgen.compat.steer import Want
from vmsgen.model.expressions import Binary, Constant, Expression, FieldValue, IndexStep, Path, Unary


@dataclass(frozen=True)
class Remade:
    """A slot of the receiver, and the sender's whose bytes it takes; they begin `skipped` bytes before it."""

    sender: tuple[Slot, ...]
    receiver: Slot
    skipped: int

    @property
    def tells(self) -> bool:
        """`unused` bytes are zero in every stream: any one shows what becomes of them."""
        return any(slot.element is not None for slot in self.sender)


def remade(pair: Pair) -> Iterator[Remade]:
    for program in pair.programs:
        for step in program.steps:
            match step:
                case Reshaped(before, after):
                    skipped = 0
                    for slot in after:
                        yield Remade(before, slot, skipped)
                        skipped += slot.fixed or 0
                case Matched(ours, theirs) if ours.element is None or recast(ours, theirs):
                    yield Remade((ours,), theirs, 0)


def asked_of(pair: Pair, made: Remade, condition: Expression, fix: str) -> Difference:
    """The receiver asks the condition of the number."""
    value = value_of(made.receiver)
    said = text(condition if value is None else with_own(condition, value))
    why = f"the receiver makes `{made.receiver.name}` of the bytes of {_names(made)}, and asks that {said}"
    wants = present(made.sender[0])
    known, number = expression_in_senders_names(pair, condition), _as_read(made)
    if known is not None and number is not None:
        wants = (*wants, Want(Unary("!", with_own(known, number))))
    decided = known is not None and number is not None and is_read(pair, condition) and not made.receiver.dimensions
    return Difference(made.sender[0].name, _blamed(made), why, fix, (wants,), said, (wants,) if decided else None)


def equal_to_held(made: Remade) -> Difference:
    name = made.receiver.name
    why = f"the receiver makes `{name}` of the bytes of {_names(made)}, and asks that it has the same already"
    fix = "see that machines are set up with what older streams have there"
    said = f"the receiver's own `{name}` is what these bytes say"
    return Difference(made.sender[0].name, _blamed(made), why, fix, (present(made.sender[0]),), said)


def _names(made: Remade) -> str:
    return ", ".join(f"`{slot.name}`" for slot in made.sender)


def _blamed(made: Remade) -> frozenset[str]:
    return frozenset({made.receiver.name, *(slot.name for slot in made.sender)})


def _as_read(made: Remade) -> Expression | None:
    """The first number that the receiver reads there, as the sender's fields have it; None where that is not simple."""
    theirs = made.receiver
    if theirs.loops or theirs.element is None or theirs.element.floating:
        return None
    signed = theirs.element.interval.low < 0
    if signed and theirs.width == 8:
        return None
    places: list[tuple[Expression, int]] = []
    for slot in made.sender:
        numbers = _numbers(slot)
        if numbers is None:
            return None
        # Of each byte the number that it is in, and by how many bits it is shifted there.
        places += [(number, 8 * (slot.width - 1 - byte)) for number in numbers for byte in range(slot.width)]
    whole: Expression = Constant(0)
    for number, bits in places[made.skipped : made.skipped + theirs.width]:
        byte = Binary("&", Binary(">>", number, Constant(bits)), Constant(0xFF))
        whole = Binary("|", Binary("<<", whole, Constant(8)), byte)
    if signed:
        sign = Constant(1 << (8 * theirs.width - 1))
        return Binary("-", Binary("^", whole, sign), sign)
    return whole


def _numbers(slot: Slot) -> list[Expression] | None:
    """The numbers of a slot, in order; `unused` bytes are zeros."""
    if slot.element is None:
        return [Constant(0)] * (slot.fixed or 0)
    value = value_of(slot)
    if value is None or slot.loops or len(slot.dimensions) > 1:
        return None
    if not slot.dimensions:
        return [value]
    row = Path(value.path.steps[:-1])
    ends = range(slot.start, slot.start + slot.dimensions[0])
    return [FieldValue(row / IndexStep(Constant(number), ends.stop), value.interval) for number in ends]
