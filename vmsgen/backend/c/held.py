"""Which descriptions ask what the receiver had before the load."""

from __future__ import annotations

from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import mentions_held
from vmsgen.model.types import structs_in
from vmsgen.model.wire import (
    Constraint,
    EqualConstraint,
    Field,
    Group,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    WhereConstraint,
    WireItem,
)


def uses_held(description: Description) -> bool:
    """`equal` and held(), in its own items or in those of embedded structs."""
    return _items(description.wire) or any(_items(sub.wire) for sub in description.all_subsections)


def tmp_uses_held(tmp: Tmp) -> bool:
    return _items(tmp.items) or any(map(subsection_uses_held, tmp.subsections))


def subsection_uses_held(subsection: Subsection) -> bool:
    return _items(subsection.wire) or any(subsection_uses_held(inner) for inner in subsection.subsections)


def _items(items: tuple[WireItem, ...]) -> bool:
    return any(_item(item) for item in items)


def _item(item: WireItem) -> bool:
    match item:
        case Run() | Group() | Repeat():
            return _items(item.items)
        case Tmp():
            return tmp_uses_held(item)
        case Field():
            if any(uses_held(struct.description) for struct in structs_in(item.type)):
                return True
            return any(_asks(constraint) for constraint in item.constraints)
    return False


def _asks(constraint: Constraint) -> bool:
    match constraint:
        case RangeConstraint(low, high):
            return mentions_held(low) or mentions_held(high)
        case WhereConstraint(condition):
            return mentions_held(condition)
        case EqualConstraint():
            return True
