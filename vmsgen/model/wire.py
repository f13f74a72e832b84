"""The wire of a description: a little program of what to write, or to read, one item after the other.

Each item says when it is there, and what is asked of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmsgen.diagnostics import Span
from vmsgen.model.expressions import Binary, Constant, Expression, Path
from vmsgen.model.types import Type, dimensions

if TYPE_CHECKING:
    from vmsgen.model.description import Hook, Subsection

# Presence ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HookPredicate:
    """A question that only the device model can answer. Without an implementation the answer is no."""

    method: str


@dataclass(frozen=True)
class Presence:
    """When an item is on the wire: `since` <= version < `before`, and `condition` holds.

    Bounds that the description's own version range makes certain are already left out (`since` 0, `before` None).
    `declared` is the `since` that is written, that of groups around included: VMState's version of a field.
    """

    since: int = 0
    before: int | None = None
    condition: Expression | HookPredicate | None = None
    declared: int = 0

    @property
    def always(self) -> bool:
        return self.since == 0 and self.before is None and self.condition is None


ALWAYS = Presence()


# Constraints on a value, asked on load before it is stored, and on save before it is written --------------------


@dataclass(frozen=True)
class RangeConstraint:
    """`in low..high`: error `range`. An end that mentions held() is not asked where there is no receiver."""

    low: Expression
    high: Expression


@dataclass(frozen=True)
class WhereConstraint:
    """`where condition`: error `where`. Not asked, if it mentions held(), where there is no receiver."""

    condition: Expression


@dataclass(frozen=True)
class EqualConstraint:
    """`equal`: what comes must equal what the receiver held before the load, else error `equal`.

    Where there is no receiver, it takes what comes. On save nothing is asked.
    """

    hint: str | None


Constraint = RangeConstraint | WhereConstraint | EqualConstraint


# The wire ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Codec:
    """What descriptions call the type of a field, where that is not the type's own name.

    `rank`: as many of a field's dimensions, the innermost ones, are one thing, described with the size of all of it.
    """

    name: str
    rank: int = 0


@dataclass(frozen=True)
class Field:
    """`type` is how it goes over the wire; `target` is where it lives.

    For `send x as u8` the type is narrower or wider than the storage: a value that does not fit is error `range` on
    either side. For `send x[start +: n]` it is an array (or buffer) of `n` elements, `start` is where they begin, and a
    variable `n` is at most what is left of the array.

    `was` is a former name, which only the comparison of two schemas asks for.
    """

    name: str
    wire_name: str
    target: Path
    storage: Type
    type: Type
    start: int
    presence: Presence
    constraints: tuple[Constraint, ...]
    span: Span
    was: str | None = None
    codec: Codec | None = None

    @property
    def things(self) -> tuple[int, ...]:
        """The dimensions of what descriptions take for an array; empty for what is one thing."""
        return _things(dimensions(self.type), self.codec)


def _things(lengths: tuple[int, ...], codec: Codec | None) -> tuple[int, ...]:
    return lengths[: len(lengths) - codec.rank] if codec else lengths


@dataclass(frozen=True)
class Unused:
    """Zero bytes on save, dropped on load: `size` of them, or `count` in 0..size where that is an expression."""

    size: int
    count: Expression | None
    presence: Presence
    span: Span

    @property
    def unit(self) -> int:
        """Bytes of what descriptions take for one element, where the number varies: 4 of `unused[n * 4]`.

        VMState's own has a number of elements of one size.
        """
        match self.count:
            case Binary("*", Constant(factor), _) | Binary("*", _, Constant(factor)) if factor > 0:
                return factor
        return 1


@dataclass(frozen=True)
class Check:
    """`check condition "message"`: error `check`. No bytes."""

    condition: Expression
    message: str
    span: Span


@dataclass(frozen=True)
class Group:
    """Items that share a condition, which is asked once, before the first of them."""

    presence: Presence
    items: tuple[WireItem, ...]
    span: Span


@dataclass(frozen=True)
class Repeat:
    """An array of structs without a name: its items once for each element, number 0 first.

    Within, `LoopStep(depth)` stands for the number of the element. `count` as for `Array`.
    """

    name: str
    wire_name: str
    target: Path
    depth: int
    capacity: int
    count: Expression | None
    items: tuple[WireItem, ...]
    presence: Presence
    span: Span


@dataclass(frozen=True)
class Custom:
    """Bytes that the device model reads and writes itself, by the hooks `get` and `put`. Without them: an error.

    Of an array `lengths` are the dimensions, outermost first, and the hooks run once for each element, with its
    indices. `count` as for `Array`, of the outermost.
    """

    name: str
    wire_name: str
    get: str
    put: str
    presence: Presence
    span: Span
    codec: Codec | None = None
    lengths: tuple[int, ...] = ()
    count: Expression | None = None

    @property
    def things(self) -> tuple[int, ...]:
        """The dimensions of what descriptions take for an array; empty for what is one thing."""
        return _things(self.lengths, self.codec)


@dataclass(frozen=True)
class Tmp:
    """Fields of a temporary state, here kept beside the others, with hooks of their own around them.

    On the wire it is a description of version 0 whose loads and saves run its hooks. `wire_name` is that description's;
    the field itself is called `tmp` in every description. Its subsections are numbered with those of the description
    that it stands in, and have their own versions.
    """

    name: str
    wire_name: str
    hooks: tuple[Hook, ...]
    items: tuple[WireItem, ...]
    subsections: tuple[Subsection, ...]
    presence: Presence
    span: Span

    def hook(self, kind: str) -> Hook | None:
        return next((hook for hook in self.hooks if hook.kind == kind), None)


@dataclass(frozen=True)
class Run:
    """Items of a fixed size in one piece, `size` bytes, at least one, all always present: Field, Unused, Check, Repeat.

    If fewer than `size` bytes are left the error is `truncated`, before anything in the run is looked at; then every
    constraint and check is asked, in order; then all is stored.
    """

    size: int
    items: tuple[WireItem, ...]


WireItem = Field | Unused | Check | Group | Repeat | Run | Custom | Tmp


def tmps_in(items: tuple[WireItem, ...]) -> Iterator[Tmp]:
    """Those of one wire program. They never stand in an array."""
    for item in items:
        if isinstance(item, Tmp):
            yield item
        elif isinstance(item, Group | Run):
            yield from tmps_in(item.items)
