"""What a stream of one version has, as a flat sequence of slots: structs and loops are dissolved into it."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.compat.names import Names
from vmsgen.model.description import Description
from vmsgen.model.expressions import Constant, Expression, Path
from vmsgen.model.interval import Interval
from vmsgen.model.types import Scalar, Type, innermost
from vmsgen.model.wire import Constraint, HookPredicate, RangeConstraint

ARRAY, LIST, MAP, OPTIONAL = "an array", "a list", "a map", "an array of elements that may be missing"


@dataclass(frozen=True)
class Elements:
    """The list, or map, of this type at `place` has `number` elements or more."""

    place: Path
    type: Type
    number: int


@dataclass(frozen=True)
class Missing:
    """The element at `place` is missing."""

    place: Path


Condition = Expression | HookPredicate | Elements | Missing


@dataclass(frozen=True)
class Loop:
    """Once for each element of `name`: `capacity` times, or `count` of at most so many.

    `kind` is one of the words above; a list or a map is at `place`, is of `type` and has at most `capacity` elements.
    Of elements that may be missing the first is at `place`. `start` is the first element sent.
    """

    name: str
    capacity: int
    count: Expression | None
    kind: str = ARRAY
    place: Path = Path(())  # noqa: RUF009 - frozen
    type: Type | None = None
    start: int = 0

    @property
    def steady(self) -> bool:
        """Are there always as many, of as many bytes?"""
        return self.count is None and self.kind == ARRAY


@dataclass(frozen=True)
class Bits:
    """Of a bitmap: how many it has room for, and the number that is sent (in whole words) where that varies."""

    room: int
    count: Expression | None

    def used(self, word: int) -> int:
        """The mask of the bits that there are in the word of this index; the others mean nothing."""
        return (1 << min(max(self.room - 64 * word, 0), 64)) - 1


@dataclass(frozen=True)
class Slot:
    """Numbers of one type in a row. `element` is that type, None for bytes that mean nothing (`unused`).

    `called` is what the field is called, without indices. `place` is where it lives, the first element of every loop.
    `start` is the first element sent. `guards` all hold where it is on the wire. All expressions are about the
    device's own state. `bits` are those of a bitmap, whose elements are words. A `custom` field has no `storage`, and
    as many bytes as its hooks write.
    """

    called: Names
    wire_name: str
    place: Path
    element: Scalar | None
    storage: Type | None
    start: int
    dimensions: tuple[int, ...]
    count: Expression | None
    guards: tuple[Condition, ...]
    loops: tuple[Loop, ...]
    constraints: tuple[Constraint, ...] = ()
    custom: bool = False
    bits: Bits | None = None

    @property
    def name(self) -> str:
        return self.called.name

    @property
    def aliases(self) -> frozenset[str]:
        return self.called.aliases

    @property
    def former(self) -> frozenset[str]:
        return self.called.former

    @property
    def width(self) -> int:
        """Bytes of one element."""
        return self.element.size if self.element else 1

    @property
    def elements(self) -> int:
        """At most so many in a row."""
        product = 1
        for dimension in self.dimensions:
            product *= dimension
        return product

    def lengths(self, part: str) -> tuple[int, ...]:
        """How many there are of what `part` names, the slot itself or something that it is in, the outermost first."""
        around = tuple(loop.capacity for loop in self.loops if loop.name == part)
        return (*around, *self.dimensions) if part == self.name else around

    @property
    def starts(self) -> tuple[int, ...]:
        """The first element sent of each array that it is in, the outermost first, and of its own."""
        return (*(loop.start for loop in self.loops), *((self.start,) if self.dimensions else ()))

    @property
    def indices(self) -> int:
        """So many tell one of its numbers from the others."""
        return len(self.loops) + len(self.dimensions)

    @property
    def fixed(self) -> int | None:
        """Bytes in all, loops included; None where that varies with the state."""
        if self.custom or self.count is not None or not all(loop.steady for loop in self.loops):
            return None
        product = self.width * self.elements
        for loop in self.loops:
            product *= loop.capacity
        return product


def values_of(slot: Slot) -> Interval | None:
    """The values that a slot can have as far as types and constant ranges tell."""
    if slot.element is None or slot.element.floating:
        return None
    inside = slot.element.interval
    storage = innermost(slot.storage) if slot.storage else None
    limits = [inside] + ([storage.interval] if isinstance(storage, Scalar) and not storage.floating else [])
    low, high = max(i.low for i in limits), min(i.high for i in limits)
    for constraint in slot.constraints:
        if isinstance(constraint, RangeConstraint):
            low = max(low, constraint.low.value) if isinstance(constraint.low, Constant) else low
            high = min(high, constraint.high.value) if isinstance(constraint.high, Constant) else high
    return Interval(low, high)


@dataclass(frozen=True)
class Asked:
    """A `check` of the struct called `owner`, empty for the device."""

    condition: Expression
    message: str
    owner: str
    guards: tuple[Condition, ...]
    loops: tuple[Loop, ...]

    @property
    def name(self) -> str:
        """What a refusal of it is traced to."""
        return f"check {self.owner} {self.message}"


@dataclass(frozen=True)
class Scope:
    """Where the items of a wire program stand."""

    description: Description
    prefix: Path = Path(())  # noqa: RUF009 - frozen
    called: Names = Names()  # noqa: RUF009 - frozen
    guards: tuple[Condition, ...] = ()
    loops: tuple[Loop, ...] = ()


@dataclass(frozen=True)
class Owner:
    """Something with subsections or hooks: the device, or a struct in it.

    `version` is the one that it is saved and loaded at.
    """

    description: Description
    version: int
    scope: Scope

    @property
    def name(self) -> str:
        """Empty for the device."""
        return self.scope.called.name

    @property
    def aliases(self) -> frozenset[str]:
        return self.scope.called.aliases

    @property
    def former(self) -> frozenset[str]:
        return self.scope.called.former


@dataclass(frozen=True)
class Program:
    """`owners` are the structs with a name in it, in the order of the wire."""

    slots: tuple[Slot, ...]
    checks: tuple[Asked, ...]
    owners: tuple[Owner, ...]
