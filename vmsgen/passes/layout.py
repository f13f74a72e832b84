"""Neighbours of a fixed size become runs: one bounds test each, checks first, then stores.

A value that is checked inside a run is not in memory yet, only in the bytes. So what asks about a run's own values must
find them as plain numbers, or the run ends before it.
"""

from __future__ import annotations

from dataclasses import replace

from vmsgen.model.description import (
    Check,
    Custom,
    Field,
    Group,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    Unused,
    WhereConstraint,
    WireItem,
)
from vmsgen.model.expressions import Expression, FieldValue, Path, walk
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type
from vmsgen.passes.scope import key_of


def lay_out(items: tuple[WireItem, ...]) -> tuple[WireItem, ...]:
    """The same items, with runs."""
    laid: list[WireItem] = []
    run: list[WireItem] = []
    for item in items:
        if fixed_size(item) is None:
            _close(run, laid)
            laid.append(_inside(item))
            run = []
            continue
        if run and _disturbs(item, run):
            _close(run, laid)
            run = []
        if isinstance(item, Repeat) and _disturbs_itself(item):
            _close(run, laid)
            laid.append(_inside(item))
            run = []
            continue
        run.append(item)
    _close(run, laid)
    return tuple(laid)


def _close(run: list[WireItem], laid: list[WireItem]) -> None:
    size = sum(fixed_size(item) or 0 for item in run)
    if size:
        laid.append(Run(size, tuple(run)))
    else:
        laid.extend(run)


def _inside(item: WireItem) -> WireItem:
    if isinstance(item, Group | Repeat | Tmp):
        return replace(item, items=lay_out(item.items))
    return item


def fixed_size(item: WireItem) -> int | None:
    """Bytes on the wire of what is always there and always of one size; None for everything else."""
    match item:
        case Field():
            return type_size(item.type) if item.presence.always else None
        case Unused():
            return item.size if item.count is None and item.presence.always else None
        case Check():
            return 0
        case Repeat():
            sizes = [fixed_size(inner) for inner in item.items]
            if item.count is not None or not item.presence.always or None in sizes:
                return None
            return item.capacity * sum(size for size in sizes if size is not None)
        case Run():
            return item.size
        case Group() | Custom() | Tmp():
            return None


def type_size(type_: Type) -> int | None:
    """Bytes on the wire; None for what varies, and for structs with a name: subsections may follow them."""
    match type_:
        case Scalar():
            return type_.size
        case Buffer(allocated=True) | Array(allocated=True):
            return None
        case Buffer(capacity, None):
            return capacity
        case Array(element, capacity, None):
            size = type_size(element)
            return None if size is None else capacity * size
        case Bitmap(count=None):
            return 8 * type_.words
        case Struct() | Buffer() | Array() | Bitmap() | Optional() | List() | Map():
            return None


def _leaves(items: list[WireItem] | tuple[WireItem, ...]) -> list[Field]:
    found: list[Field] = []
    for item in items:
        if isinstance(item, Field):
            found.append(item)
        elif isinstance(item, Repeat):
            found += _leaves(item.items)
    return found


def _asked(item: WireItem) -> list[Path]:
    """The places that the item's constraints and checks read."""
    expressions: list[Expression] = []
    match item:
        case Check():
            expressions.append(item.condition)
        case Field():
            for constraint in item.constraints:
                if isinstance(constraint, RangeConstraint):
                    expressions += [constraint.low, constraint.high]
                elif isinstance(constraint, WhereConstraint):
                    expressions.append(constraint.condition)
        case Repeat():
            return [path for inner in item.items for path in _asked(inner)]
    return [node.path for expression in expressions for node in walk(expression) if isinstance(node, FieldValue)]


def _disturbs(item: WireItem, run: list[WireItem]) -> bool:
    """Does the item store where the run does, or ask for what the run has, but not as a plain number?"""
    stored = _leaves(run)
    for field in _leaves([item]):
        if any(_overlap(field.target, other.target) for other in stored):
            return True
    return any(not _plain(path, other) for path in _asked(item) for other in stored if _overlap(path, other.target))


def _disturbs_itself(item: Repeat) -> bool:
    """The same question among the items of one element."""
    before: list[WireItem] = []
    for inner in item.items:
        if _disturbs(inner, before) or (isinstance(inner, Repeat) and _disturbs_itself(inner)):
            return True
        before.append(inner)
    fields = _leaves(item.items)
    return any(not _plain(path, other) for path in _asked(item) for other in fields if _overlap(path, other.target))


def _overlap(a: Path, b: Path) -> bool:
    first, second = key_of(a), key_of(b)
    first, second = tuple(k for k in first if k != "*"), tuple(k for k in second if k != "*")
    length = min(len(first), len(second))
    return first[:length] == second[:length]


def _plain(path: Path, field: Field) -> bool:
    return path == field.target and isinstance(field.type, Scalar)
