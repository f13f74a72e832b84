"""What descriptions call the items of an owner and their types, and which arrays they show by one element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import Constant, HeldValue
from vmsgen.model.types import Bitmap, Buffer, List, Map, Scalar, Struct, innermost
from vmsgen.model.wire import (
    Check,
    Custom,
    EqualConstraint,
    Field,
    Group,
    Presence,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    Unused,
    WireItem,
)

Owner = Description | Subsection | Tmp | Repeat

EQUAL_DOUBLE_WORD = "int64 equal"
"""VMState's name for the comparing codec of 64 bits, which is unsigned."""

CODECS = {
    "bool": "bool", "timer": "timer", "f64": "float64", "cpudouble": "CPU_Double_U",
    "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
}  # fmt: skip


def program(owner: Owner) -> tuple[WireItem, ...]:
    return owner.wire if isinstance(owner, Description | Subsection) else owner.items


def item_name(item: WireItem) -> str:
    if isinstance(item, Field | Custom | Repeat):
        return item.wire_name
    return "tmp" if isinstance(item, Tmp) else "unused"


def _fields(items: tuple[WireItem, ...]) -> Iterator[WireItem]:
    for item in items:
        if isinstance(item, Run | Group):
            yield from _fields(item.items)
        elif not isinstance(item, Check):
            yield item


def numbered(owner: Owner) -> dict[int, str]:
    """Names by id() of the item: those that several have get their place among them, absent ones included."""
    fields = list(_fields(program(owner)))
    totals = Counter(map(item_name, fields))
    names: dict[int, str] = {}
    counts: Counter[str] = Counter()
    for item in fields:
        name = item_name(item)
        names[id(item)] = f"{name}[{counts[name]}]" if totals[name] > 1 else name
        counts[name] += 1
    return names


def is_optional(presence: Presence) -> bool:
    """Does a predicate decide, rather than the field's version? `before` is one: VMState has no such thing."""
    return presence.before is not None or presence.condition is not None


def uniform(item: WireItem) -> bool:
    """Does every element of such an array look like the first one? `item` stands in no group with a predicate."""
    match item:
        case Run():
            return all(map(uniform, item.items))
        case Check():
            return False
        case Group():
            return not is_optional(item.presence) and all(map(uniform, item.items))
        case Repeat():
            return not is_optional(item.presence) and all(map(uniform, item.items))
        case Field() if not is_optional(item.presence):
            element = innermost(item.type)
            if isinstance(element, Struct) and element.at is None:
                inner = element.description
                return not inner.subsections and all(map(uniform, inner.wire))
            return True
        case Unused() | Custom() | Tmp():
            return not is_optional(item.presence)
    return False


def codec(item: WireItem) -> str:
    """The type of a field, as descriptions have it."""
    match item:
        case Unused():
            return "unused_buffer"
        case Tmp():
            return "tmp"
        case Repeat():
            return "struct"
        case Custom():
            return item.codec.name if item.codec is not None else "unknown"
        case Field():
            return item.codec.name if item.codec is not None else _codec(item)
    raise AssertionError("not a field")


def _codec(field: Field) -> str:
    match innermost(field.type):
        case Scalar() as scalar:
            return _scalar(field, scalar)
        case Buffer():
            return "buffer"
        case Bitmap():
            return "bitmap"
        case List():
            return "qtailq"
        case Map():
            return "gtree"
        case Struct() as struct:
            return "struct" if struct.at is None else "vstruct"
    raise AssertionError("innermost is none of these")


def _scalar(field: Field, scalar: Scalar) -> str:
    name = CODECS[scalar.kind]
    if any(isinstance(constraint, EqualConstraint) for constraint in field.constraints):
        return EQUAL_DOUBLE_WORD if scalar.size == 8 else name + " equal"
    for constraint in field.constraints:
        if isinstance(constraint, RangeConstraint) and scalar.kind == "i32":
            low, high = constraint.low, constraint.high
            if low == Constant(0) and isinstance(high, HeldValue) and high.path == field.target:
                return "int32 le"
    return name
