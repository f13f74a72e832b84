"""From a wire program to its slots."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vmsgen.compat.expressions import Each, absolute, absolute_path
from vmsgen.compat.names import field_names, plain
from vmsgen.compat.slots import ARRAY, LIST, MAP, OPTIONAL, Asked, Bits, Condition, Loop, Owner, Program, Scope, Slot
from vmsgen.model.description import Description, Subsection
from vmsgen.model.expressions import Binary, Constant, Expression, MemberStep
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type, innermost
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
from vmsgen.passes.project import at_version

BYTE, WORD = Scalar("u8"), Scalar("u64")


@dataclass
class _Flattener:
    version: int
    slots: list[Slot] = field(default_factory=list)
    checks: list[Asked] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)

    def items(self, items: tuple[WireItem, ...], scope: Scope) -> None:
        for item in items:
            match item:
                case Run():
                    self.items(item.items, scope)
                case Check():
                    condition = absolute(item.condition, scope.prefix, self.version)
                    self.checks.append(Asked(condition, item.message, scope.called.name, scope.guards, scope.loops))
                case _:
                    inner = self.guarded(item.presence, scope)
                    if inner is not None:
                        self.item(item, inner)

    def item(self, item: Group | Repeat | Field | Unused | Custom | Tmp, scope: Scope) -> None:
        match item:
            case Group():
                self.items(item.items, scope)
            case Repeat():
                name = plain(str(absolute_path(item.target, scope.prefix, self.version)))
                loop = Loop(name, item.capacity, self.absolute(item.count, scope))
                self.items(item.items, replace(scope, loops=(*scope.loops, loop)))
            case Field():
                self.field(item, scope)
            case Unused():
                self.add_unused(self.unused(item, scope))
            case Custom():
                self.slots.append(self.custom(item, scope))
            case Tmp():
                self.at_version(0, item.items, scope)

    def at_version(self, version: int, items: tuple[WireItem, ...], scope: Scope) -> None:
        outer, self.version = self.version, version
        self.items(at_version(items, version), scope)
        self.version = outer

    def guarded(self, presence: Presence, scope: Scope) -> Scope | None:
        """The scope within, None where this version never has the item."""
        match presence.condition:
            case None:
                return scope
            case HookPredicate() as hook:
                return replace(scope, guards=(*scope.guards, hook))
            case expression:
                condition = absolute(expression, scope.prefix, self.version)
                if isinstance(condition, Constant):
                    return scope if condition.value else None
                return replace(scope, guards=(*scope.guards, condition))

    def absolute(self, expression: Expression | None, scope: Scope) -> Expression | None:
        return None if expression is None else absolute(expression, scope.prefix, self.version)

    def unused(self, item: Unused, scope: Scope) -> Slot:
        names, count = scope.called.of("unused"), self.absolute(item.count, scope)
        return Slot(names, "unused", scope.prefix, None, None, 0, (item.size,), count, scope.guards, scope.loops)

    def add_unused(self, slot: Slot) -> None:
        """Several in a row are one: how they are cut tells nothing."""
        last = self.slots[-1] if self.slots else None
        if last is not None and slot.count is None and last == replace(slot, dimensions=last.dimensions):
            self.slots[-1] = replace(slot, dimensions=(last.elements + slot.elements,))
        else:
            self.slots.append(slot)

    def custom(self, item: Custom, scope: Scope) -> Slot:
        names, loops = scope.called.of(item.name, {item.wire_name}), scope.loops
        for number, length in enumerate(item.lengths):
            loops += (Loop(names.name, length, None if number else self.absolute(item.count, scope)),)
        return Slot(
            names, item.wire_name, scope.prefix, BYTE, None, 0, (), None, scope.guards, loops, custom=True,
        )  # fmt: skip

    def field(self, item: Field, scope: Scope) -> None:
        place = absolute_path(item.target, scope.prefix, self.version)
        names = field_names(item, scope.description, scope.called)
        name = names.name
        count, dimensions, element = _shape(item.type)
        count = self.absolute(count, scope)
        if isinstance(element, Scalar):
            constraints = tuple(self.constraint(constraint, scope) for constraint in item.constraints)
            slot = Slot(
                names, item.wire_name, place, element, item.storage, item.start, dimensions, count,
                scope.guards, scope.loops, constraints, bits=self.bits(item.type, scope),
            )  # fmt: skip
            self.slots.append(slot)
            return
        starts = [item.start if number == 0 else 0 for number in range(len(dimensions))]
        loops = tuple(
            Loop(name, length, None if number else count, start=starts[number])
            for number, length in enumerate(dimensions)
        )
        first = place
        for start, length in zip(starts, dimensions, strict=True):
            first = first / Each(Constant(start), length + start)
        inner = replace(scope, prefix=first, called=names, loops=(*scope.loops, *loops))
        match element:
            case Struct():
                self.struct(element, inner)
            case Optional(Struct() as struct):
                self.struct(struct, self.last_loop(inner, OPTIONAL))
            case Optional(Scalar() as scalar):
                inner = self.last_loop(inner, OPTIONAL)
                self.slots.append(
                    Slot(names, item.wire_name, first, scalar, scalar, 0, (), None, inner.guards, inner.loops)
                )
            case List(struct, maximum):
                loop = Loop(name, maximum, None, LIST, place, element)
                self.struct(struct, self.element(inner, loop))
            case Map(key, value, maximum):
                loop = Loop(name, maximum, None, MAP, place, element)
                held = self.element(inner, loop, "key")
                if isinstance(key, Struct):
                    self.struct(key, held)
                else:
                    slot = Slot(
                        held.called, f"{item.wire_name}.key", held.prefix, key, None, 0, (), None,
                        held.guards, held.loops,
                    )  # fmt: skip
                    self.slots.append(slot)
                self.struct(value, self.element(inner, loop, "value"))

    def bits(self, type_: Type, scope: Scope) -> Bits | None:
        bitmap = innermost(type_)
        if not isinstance(bitmap, Bitmap):
            return None
        return Bits(bitmap.capacity, self.absolute(bitmap.count, scope))

    def last_loop(self, scope: Scope, kind: str) -> Scope:
        return replace(scope, loops=(*scope.loops[:-1], replace(scope.loops[-1], kind=kind, place=scope.prefix)))

    def element(self, scope: Scope, loop: Loop, part: str = "") -> Scope:
        """The first element of a list, or a part of a map's; nothing outside refers to what is in it."""
        prefix = scope.prefix / Each(Constant(0), loop.capacity)
        if part:
            prefix, names = prefix / MemberStep(part), scope.called.of(part)
        else:
            names = scope.called
        return replace(scope, prefix=prefix, called=names, loops=(*scope.loops, loop))

    def struct(self, struct: Struct, scope: Scope) -> None:
        inner = replace(scope, description=struct.description)
        self.owners.append(Owner(struct.description, struct.version, inner))
        self.at_version(struct.version, struct.description.wire, inner)

    def constraint(self, constraint: Constraint, scope: Scope) -> Constraint:
        def there(expression: Expression) -> Expression:
            return absolute(expression, scope.prefix, self.version)

        match constraint:
            case RangeConstraint(low, high):
                return RangeConstraint(there(low), there(high))
            case WhereConstraint(condition):
                return WhereConstraint(there(condition))
            case EqualConstraint():
                return constraint


def _shape(type_: Type) -> tuple[Expression | None, tuple[int, ...], Scalar | Struct | Optional | List | Map]:
    """The count, the lengths outermost first, and what there is so many times."""
    count = type_.count if isinstance(type_, Array | Buffer) else None
    lengths: list[int] = []
    while isinstance(type_, Array):
        lengths.append(type_.capacity)
        type_ = type_.element
    match type_:
        case Buffer(capacity):
            return count, (*lengths, capacity), BYTE
        case Bitmap(_, bits):
            words = count if bits is None else Binary("/", Binary("+", bits, Constant(63)), Constant(64))
            return words, (*lengths, type_.words), WORD
        case _:
            assert not isinstance(type_, Array)
            return count, tuple(lengths), type_


def program(items: tuple[WireItem, ...], version: int, scope: Scope) -> Program:
    """What a stream of this version has, in order."""
    flattener = _Flattener(version)
    flattener.at_version(version, items, scope)
    return Program(tuple(flattener.slots), tuple(flattener.checks), tuple(flattener.owners))


def device_program(description: Description, version: int) -> Program:
    """As `program`, of a device; the device itself is the first owner."""
    scope = Scope(description)
    made = program(description.wire, version, scope)
    return replace(made, owners=(Owner(description, version, scope), *made.owners))


def subsection_program(subsection: Subsection, owner: Owner, version: int, guards: tuple[Condition, ...]) -> Program:
    """As `program`, of a subsection; `guards` are those of the subsections around it, and its own `needed`."""
    scope = owner.scope
    return program(subsection.wire, version, replace(scope, guards=(*scope.guards, *guards)))


__all__ = ["ARRAY", "device_program", "program", "subsection_program"]
