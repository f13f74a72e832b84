"""Members that are not on the wire, decide what is, and begin with another value."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.finding import WIRE
from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.rules.rule import Difference, Rule
from vmsgen.compat.slots import Slot
from vmsgen.compat.steer import Want
from vmsgen.model.description import Member
from vmsgen.model.expressions import Binary, Constant, Expression, FieldValue, MemberStep, walk
from vmsgen.model.types import Scalar
from vmsgen.model.wire import RangeConstraint, WhereConstraint


def find(pair: Pair) -> Iterator[Difference]:
    askers = _askers(pair)
    for ours, theirs in pair.owners:
        front = f"{theirs.name}." if theirs.name else ""
        members = {f"{ours.name}.{m.name}" if ours.name else m.name: m for m in ours.description.members}
        for member in theirs.description.members:
            name = front + member.name
            there = pair.names.get(name, name)
            before = members.get(there)
            if before is None or name not in askers or not (before.local and member.local):
                continue
            was, now = _reset(before), _reset(member)
            if was is None or now is None or was == now:
                continue
            why = f"`{name}` begins as {was} for the sender and as {now} for the receiver, and the bytes depend on it"
            fix = "keep the value at reset, or see that both machines set it up alike"
            names = frozenset({name, there, "", *askers[name]})
            place = ours.scope.prefix / MemberStep(before.name)
            assert isinstance(before.type, Scalar)
            wants = ((Want(Binary("==", FieldValue(place, before.type.interval), Constant(was))),),)
            yield Difference(there, names, why, fix, wants, f"the receiver's `{name}` was set to what the sender's is")


def _reset(member: Member) -> int | None:
    if not isinstance(member.type, Scalar) or member.type.floating:
        return None
    return member.type.reset if member.default is None else member.default


def _askers(pair: Pair) -> dict[str, set[str]]:
    """What the receiver asks for to know what is there, and the names of what it asks that about."""
    found: dict[str, set[str]] = {}

    def note(expression: object, names: set[str]) -> None:
        if isinstance(expression, Expression):
            for node in walk(expression):
                if isinstance(node, FieldValue):
                    found.setdefault(plain(str(node.path)), set()).update(names)

    for program in pair.programs:
        for slot in program.slots[1]:
            for asked in _asked(slot):
                note(asked, {slot.name, *(loop.name for loop in slot.loops)})
        for check in program.receiver_checks:
            for asked in (check.condition, *check.guards):
                note(asked, {check.name})
    return found


def _asked(slot: Slot) -> Iterator[object]:
    yield from (slot.count, slot.bits.count if slot.bits else None, *slot.guards)
    yield from (loop.count for loop in slot.loops)
    for constraint in slot.constraints:
        match constraint:
            case RangeConstraint(low, high):
                yield from (low, high)
            case WhereConstraint(condition):
                yield condition


RULE = Rule("local-default", WIRE, "A `local` member that decides what is sent must be the same on both sides.", find)
