"""What a field is in memory: its member, its bounds, its value at reset and where a stream lacks it."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics, Span
from vmsgen.model.description import Member, Reset
from vmsgen.model.expressions import Path
from vmsgen.model.interval import Interval
from vmsgen.model.types import Bitmap, Buffer, Scalar, Type, innermost, is_allocated
from vmsgen.passes import clauses as clause
from vmsgen.passes.declared import Declared
from vmsgen.passes.lengths import LARGEST
from vmsgen.passes.types import size_of
from vmsgen.syntax import tree

EXACT_IN_A_DOUBLE = Interval(-(2**53), 2**53)


def store(declared: Declared, storage: Type, allowed: Interval | None, diagnostics: Diagnostics) -> None:
    """Adds the member of a field of numbers; `allowed` are the values that its clauses leave, if they bound it."""
    item, found, place = declared.item, declared.found, declared.place
    scalar = innermost(storage)
    element = scalar if isinstance(scalar, Scalar) else None
    if element and element.floating:
        allowed = EXACT_IN_A_DOUBLE
    if is_allocated(storage) and found.get(tree.DefaultClause):
        message = "at reset nothing is allocated, so there is nothing to have a value"
        diagnostics.error("misplaced-clause", message, found.by_word["="].span)
    value = clause.default(found, element, allowed, place.scope, item.name.span, diagnostics)
    low, high = (allowed.low, allowed.high) if allowed else (None, None)
    if isinstance(scalar, Buffer):
        value, low, high = 0, 0, 255
    if isinstance(scalar, Bitmap) or (element and element.floating):
        value, low, high = value or 0, None, None
    add_member(declared, storage, value, (low, high))


def add_member(
    declared: Declared, storage: Type, value: int | None = None, bounds: tuple[int | None, int | None] = (None, None)
) -> None:
    item, place = declared.item, declared.place
    was = clause.former_name(declared.found)
    member = Member(
        item.name.text, storage, value, *bounds, item.local, item.doc, item.span, place.subsection, was, place.own
    )  # fmt: skip
    place.members.append(member)


def reset(declared: Declared, path: Path, storage: Type, allowed: Interval | None, diagnostics: Diagnostics) -> None:
    """What a load sets the field to where the stream lacks it."""
    found, presence, place = declared.found, declared.presence, declared.place
    scalar = innermost(storage)
    element = scalar if isinstance(scalar, Scalar) else None
    if element and element.floating:
        allowed = EXACT_IN_A_DOUBLE
    keep, value = clause.otherwise(found, element, allowed, place.scope, diagnostics)
    if (place.conditional or not presence.always) and not keep and not place.depth:
        default = place.members[-1].default
        place.gathered.resets.append(Reset(path, storage, default if value is None else value, value is not None))


def is_type_too_large(storage: Type, span: Span, diagnostics: Diagnostics) -> bool:
    size = size_of(storage)
    if size > LARGEST:
        diagnostics.error("too-large", f"this takes {size} bytes; {LARGEST} is the most", span)
    return size > LARGEST
