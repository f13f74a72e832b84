"""Neighbours of a fixed size become runs: one bounds test each, checks first, then stores.

A value that is checked inside a run is not in memory yet, only in the bytes. So what asks about a run's own values must
find them as plain numbers, or the run ends before it.
"""

from __future__ import annotations

from dataclasses import replace

from vmsgen.model.expressions import Expression, FieldValue, Path, walk
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type
from vmsgen.model.wire import (
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
from vmsgen.passes.scope import Key, key_of


def lay_out(items: tuple[WireItem, ...]) -> tuple[WireItem, ...]:
    """The same items, with runs."""
    laid: list[WireItem] = []
    run: list[WireItem] = []
    stored = _Stored()
    for item in items:
        alone = fixed_size(item) is None or (isinstance(item, Repeat) and _disturbs_itself(item))
        if alone or stored.disturbed_by(item):
            _close(run, laid)
            run, stored = [], _Stored()
        if alone:
            laid.append(_inside(item))
            continue
        run.append(item)
        stored.add(item)
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
        case Buffer(allocated=True) | Array(allocated=True) | Bitmap(allocated=True):
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


class _Stored:
    """The fields that a run has so far, found by their places."""

    def __init__(self) -> None:
        self._at: dict[Key, list[Field]] = {}
        self._below: dict[Key, list[Field]] = {}

    def add(self, item: WireItem) -> None:
        for field in _leaves([item]):
            key = _place(field.target)
            self._at.setdefault(key, []).append(field)
            for length in range(len(key)):
                self._below.setdefault(key[:length], []).append(field)

    def disturbed_by(self, item: WireItem) -> bool:
        """Does the item store where these do, or ask for what one of them has, but not as a plain number?"""
        if any(self._overlapping(field.target) for field in _leaves([item])):
            return True
        return self.asked_by(item)

    def asked_by(self, item: WireItem) -> bool:
        """Does the item ask for what one of these has, but not as a plain number?"""
        return any(not _plain(path, other) for path in _asked(item) for other in self._overlapping(path))

    def _overlapping(self, path: Path) -> list[Field]:
        key = _place(path)
        found = list(self._below.get(key, ()))
        for length in range(1, len(key) + 1):
            found += self._at.get(key[:length], ())
        return found


def _disturbs_itself(item: Repeat) -> bool:
    """Does one of an element's items disturb those before it, or any element the others?"""
    before = _Stored()
    for inner in item.items:
        if before.disturbed_by(inner) or (isinstance(inner, Repeat) and _disturbs_itself(inner)):
            return True
        before.add(inner)
    return before.asked_by(item)


def _place(path: Path) -> Key:
    """Where it is, whichever element of an array."""
    return tuple(step for step in key_of(path) if step != "*")


def _plain(path: Path, field: Field) -> bool:
    return path == field.target and isinstance(field.type, Scalar)
