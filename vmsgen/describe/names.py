"""What fields are called, and what their types are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import Constant, HeldValue
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type, innermost
from vmsgen.model.wire import (
    ALWAYS,
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

SCALARS = {
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
    "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "bool": "bool", "timer": "timer", "f64": "float64", "cpudouble": "CPU_Double_U",
}  # fmt: skip

Listed = Field | Unused | Repeat | Custom | Tmp
"""The items that VMState has a field for, and shows."""
Owner = Description | Subsection | Tmp | Repeat


@dataclass(frozen=True)
class Known:
    """An item of a description. `name` is its own, `shown` the one with a number, where several share it.

    `optional`: a predicate decides whether it is there (field_exists), whatever the version; otherwise it is there
    from version `since` on, which the oldest version that is read may make certain.
    """

    item: Listed
    name: str
    shown: str
    optional: bool
    since: int


def known(owner: Owner) -> tuple[Known, ...]:
    """All items that an owner declares, those of other versions included, in order."""
    items = owner.wire if isinstance(owner, Description | Subsection) else owner.items
    found = list(_flat(items, ALWAYS))
    total = Counter(_name(item) for item, _ in found)
    seen: Counter[str] = Counter()
    result = []
    for item, presence in found:
        name = _name(item)
        shown = f"{name}[{seen[name]}]" if total[name] > 1 else name
        seen[name] += 1
        optional = presence.condition is not None or presence.before is not None
        result.append(Known(item, name, shown, optional, presence.declared))
    return tuple(result)


def _flat(items: tuple[WireItem, ...], around: Presence) -> Iterator[tuple[Listed, Presence]]:
    for item in items:
        match item:
            case Run(_, inner):
                yield from _flat(inner, around)
            case Group(presence, inner):
                yield from _flat(inner, _both(around, presence))
            case Check():
                pass
            case _:
                yield item, _both(around, item.presence)


def _both(outer: Presence, inner: Presence) -> Presence:
    """What decides about an item in a group; which condition it is does not matter here."""
    return replace(
        inner,
        before=inner.before if inner.before is not None else outer.before,
        condition=inner.condition or outer.condition,
    )


def _name(item: Listed) -> str:
    match item:
        case Unused():
            return "unused"
        case Tmp():
            return "tmp"
    return item.wire_name


def asks_anything(items: tuple[WireItem, ...]) -> bool:
    """Is there a `check` in it? It is a field in VMState, one with a predicate and without bytes."""
    return any(
        isinstance(item, Check) or (isinstance(item, Run | Group) and asks_anything(item.items)) for item in items
    )


def compresses(entry: Known) -> bool:
    """Is an array of it described by its first element alone? Not if elements could differ in what they have."""
    if entry.optional:
        return False
    match entry.item:
        case Repeat() as repeat:
            return _alike(repeat)
        case Field(type=type_):
            struct = innermost(type_)
            if isinstance(struct, Struct) and struct.at is None:
                return not struct.description.subsections and _alike(struct.description)
    return True


def _alike(owner: Description | Repeat) -> bool:
    items = owner.wire if isinstance(owner, Description) else owner.items
    return not asks_anything(items) and all(compresses(inner) for inner in known(owner))


def type_name(item: Listed) -> str:
    match item:
        case Unused():
            return "unused_buffer"
        case Tmp():
            return "tmp"
        case Repeat():
            return "struct"
        case Custom():
            return item.codec.name if item.codec else "unknown"
    if item.codec:
        return item.codec.name
    element = innermost(item.type)
    if not isinstance(element, Scalar):
        return _other(element)
    name = SCALARS[element.kind]
    for constraint in item.constraints:
        match constraint:
            case EqualConstraint():
                return "int64 equal" if element.size == 8 else f"{name} equal"
            case RangeConstraint(Constant(0), HeldValue(path)) if element.kind == "i32" and path == item.target:
                return "int32 le"
    return name


def _other(element: Type) -> str:
    match element:
        case Buffer():
            return "buffer"
        case Bitmap():
            return "bitmap"
        case List():
            return "qtailq"
        case Map():
            return "gtree"
        case Struct(_, at):
            return "struct" if at is None else "vstruct"
        case Array() | Optional() | Scalar():
            raise AssertionError("innermost is none of these")
