"""What saving and loading share: presence, counts, constraints, sizes. All of them answer for one `Frame`."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.interpret.errors import Fault, Refusal
from vmsgen.interpret.expression import Frame, evaluate, look_up
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.state import Value
from vmsgen.model.expressions import Expression, Path, mentions_held
from vmsgen.model.types import Array, Bitmap, Buffer, Scalar, Type
from vmsgen.model.wire import (
    Check,
    Constraint,
    Custom,
    EqualConstraint,
    Field,
    Group,
    HookPredicate,
    Presence,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    Unused,
    WhereConstraint,
    WireItem,
)


def ask(expression: Expression, frame: Frame, name: str, offset: int) -> int:
    """The value of an expression, or its fault as the refusal of what is called `name`."""
    try:
        return evaluate(expression, frame)
    except Fault as fault:
        raise Refusal(fault.code, name, offset, found=fault.found, low=fault.low, high=fault.high) from None


def fetch(path: Path, frame: Frame, name: str, offset: int) -> Value:
    """What is at `path`, or the fault of an index in it as a refusal."""
    try:
        return look_up(path, frame.state, frame)
    except Fault as fault:
        raise Refusal(fault.code, name, offset, found=fault.found, low=fault.low, high=fault.high) from None


def is_present(presence: Presence, frame: Frame, hooks: Hooks, name: str, offset: int) -> bool:
    if frame.version < presence.since or (presence.before is not None and frame.version >= presence.before):
        return False
    match presence.condition:
        case None:
            return True
        case HookPredicate(method):
            return hooks.predicate(method, frame, otherwise=False)
        case expression:
            return ask(expression, frame, name, offset) != 0


def name_of_item(item: WireItem, frame: Frame) -> str:
    """How errors call it. Groups, checks and runs have no name: it is that of the state or element they are in."""
    match item:
        case Field() | Repeat():
            return frame.name_of(item.target)
        case Unused():
            return frame.name_of("unused")
        case Custom() | Tmp():
            return frame.name_of(item.name)
        case Group() | Check() | Run():
            return frame.name_of("")


def count_of(count: Expression | None, capacity: int, frame: Frame, name: str, offset: int) -> int:
    """How many there are of a thing that has room for `capacity`."""
    if count is None:
        return capacity
    number = ask(count, frame, name, offset)
    if not 0 <= number <= capacity:
        raise Refusal("count", name, offset, found=number, low=0, high=capacity)
    return number


def room_of(field: Field) -> int:
    """The most elements (bytes, bits) that a field can send: its own capacity, or what is left of its storage."""
    wire, storage = field.type, field.storage
    if isinstance(wire, Array | Buffer | Bitmap) and isinstance(storage, Array | Buffer | Bitmap):
        return min(wire.capacity, storage.capacity - field.start)
    return 1


def indices_of(item: Custom, frame: Frame, name: str, offset: int) -> Iterator[tuple[int, ...]]:
    """Those of every element that goes over the wire, in order; one empty tuple for a field that is no array."""
    if not item.lengths:
        return _indices(())
    rows = count_of(item.count, item.lengths[0], frame, name, offset)
    return _indices((rows, *item.lengths[1:]))


def _indices(lengths: tuple[int, ...], outer: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if not lengths:
        yield outer
        return
    for index in range(lengths[0]):
        yield from _indices(lengths[1:], (*outer, index))


def name_of_element(name: str, indices: tuple[int, ...]) -> str:
    return name + "".join(f"[{index}]" for index in indices)


def counted(field: Field, frame: Frame, name: str, offset: int) -> int:
    """How many elements (bytes, bits) of a field go over the wire now; 1 for what has no number of them."""
    wire = field.type
    count = wire.count if isinstance(wire, Array | Buffer | Bitmap) else None
    return count_of(count, room_of(field), frame, name, offset)


def words_of(bits: int) -> int:
    """64-bit words that hold so many bits."""
    return (bits + 63) // 64


def element_types(field: Field) -> tuple[Type, Type]:
    """The types of one element of a field: on the wire, and in memory."""
    wire, storage = field.type, field.storage
    if isinstance(wire, Array) and isinstance(storage, Array):
        return wire.element, storage.element
    if isinstance(wire, Buffer) or isinstance(storage, Buffer):
        # A byte of a buffer is a u8 on either side.
        return Scalar("u8"), Scalar("u8")
    if isinstance(wire, Bitmap) or isinstance(storage, Bitmap):
        return Scalar("u64"), Scalar("u64")
    return wire, storage


def fixed_size(type_: Type) -> int | None:
    """Bytes on the wire at full count; None for what has a struct, a missing element or a container in it."""
    match type_:
        case Scalar():
            return type_.size
        case Buffer(capacity):
            return capacity
        case Bitmap():
            return 8 * type_.words
        case Array(element, capacity):
            size = fixed_size(element)
            return None if size is None else capacity * size
    return None


def expect(
    constraints: tuple[Constraint, ...], value: int, held: int | None, frame: Frame, name: str, offset: int
) -> None:
    """Asks all constraints about one value. `held` is what `equal` asks for; None where it is not asked."""
    if not constraints:
        return
    frame = frame.with_own(value)
    for constraint in constraints:
        match constraint:
            case RangeConstraint(low, high):
                _expect_range(low, high, value, frame, name, offset)
            case WhereConstraint(condition):
                if _can_ask(condition, frame) and not ask(condition, frame, name, offset):
                    raise Refusal("where", name, offset, found=value)
            case EqualConstraint(hint):
                if held is not None and value != held:
                    raise Refusal("equal", name, offset, found=value, low=held, high=held, text=hint or "")


def _expect_range(low: Expression, high: Expression, value: int, frame: Frame, name: str, offset: int) -> None:
    bottom = ask(low, frame, name, offset) if _can_ask(low, frame) else None
    top = ask(high, frame, name, offset) if _can_ask(high, frame) else None
    if (bottom is not None and value < bottom) or (top is not None and value > top):
        raise Refusal("range", name, offset, found=value, low=bottom or 0, high=top or 0)


def _can_ask(expression: Expression, frame: Frame) -> bool:
    return frame.held is not None or not mentions_held(expression)


def expect_check(check: Check, frame: Frame, offset: int) -> None:
    name = name_of_item(check, frame)
    if _can_ask(check.condition, frame) and not ask(check.condition, frame, name, offset):
        raise Refusal("check", name, offset, text=check.message)


def expect_fit(type_: Scalar, value: int, name: str, offset: int) -> None:
    """A value sent in another width must fit the other side. A double fits, whatever it is."""
    if type_.floating:
        return
    interval = type_.interval
    if value not in interval:
        raise Refusal("range", name, offset, found=value, low=interval.low, high=interval.high)
