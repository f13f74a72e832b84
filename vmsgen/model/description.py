"""Descriptions: what a device, a struct or a subsection keeps in memory, and what of it goes over the wire.

The two are kept apart. `members` is the storage, in schema order, those of subsections included. `wire` is a little
program: what to write, or to read, one item after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.diagnostics import Span
from vmsgen.model.binding import Binding
from vmsgen.model.expressions import Binary, Constant, Expression, Path
from vmsgen.model.types import Type, dimensions

# Storage -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """One member of the C struct and attribute of the Python class.

    `default` is the value at reset: of a scalar the value, of an array or buffer that of each element; None for
    structs, which have their own. `low` and `high` bound the value where they are constant, and are the type's own
    bounds otherwise (None for structs). `local` members are never on the wire by themselves. `was` is a former name.
    `own` as for the description.
    """

    name: str
    type: Type
    default: int | None
    low: int | None
    high: int | None
    local: bool
    doc: str
    span: Span
    subsection: str | None = None
    was: str | None = None
    own: bool = True


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


# Descriptions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hook:
    """`kind` is pre_load, post_load, pre_save, post_save, load_state_old, save_state, load_state or dev_unplug_pending;
    `method` the name it is called by.

    `indices`: it is called for one element of an array, which so many numbers tell from the others.
    """

    kind: str
    method: str
    indices: int = 0


@dataclass(frozen=True)
class Reset:
    """`target` takes `value` before `pre_load`, each element of an array alike; structs (None) their reset values.

    `chosen`: `else` says so, it is not just the value at reset.
    """

    target: Path
    storage: Type
    value: int | None
    chosen: bool = False


@dataclass(frozen=True)
class Subsection:
    """Fields that travel only when needed, in the state of the description that they belong to.

    `number` is its place among all subsections of the description, nested ones and those of a `tmp` included, depth
    first in the order of the wire, from 0.
    `needed` None means always.
    """

    name: str
    wire_name: str
    number: int
    version: int
    minimum_version: int
    needed: Expression | HookPredicate | None
    hooks: tuple[Hook, ...]
    wire: tuple[WireItem, ...]
    subsections: tuple[Subsection, ...]
    doc: str
    span: Span

    def hook(self, kind: str) -> Hook | None:
        return next((hook for hook in self.hooks if hook.kind == kind), None)


@dataclass(frozen=True, eq=False)
class Description:
    """A device or a struct. `schema` is the stem of the file that declares it.

    There is one object for each declaration, so two are equal if they are the same: to compare what they are made of
    would go through all that they embed, once for each place where it stands.

    A struct without a name (`{ … }` in place of a type) has `anonymous` set, a made-up `name` (`e1000_eecd`), and no
    wire program of its own: its fields are items of the description around it.

    `resets` happen at the start of every load, those of subsections included.

    Of a device: `needed` decides whether its section is sent at all; `priority` names its place in a stream's order;
    `early_setup` has it sent before RAM; an `unmigratable` one blocks a migration. An `opaque` one has no fields,
    its hooks
    `save_state` and `load_state` write and read its body. Streams of the versions from `old_version` up to, not
    including, `minimum_version` go to the hook `load_state_old`. `inner_hooks` are those of Custom and Tmp items,
    kinds `get` and `put` among them.

    `binding` names a C struct of the program's own. Where that is its state `own` is false, also of the structs without
    a name in it: none is emitted.
    """

    kind: str  # "device" or "struct"
    name: str
    wire_name: str
    anonymous: bool
    version: int
    minimum_version: int
    members: tuple[Member, ...]
    wire: tuple[WireItem, ...]
    subsections: tuple[Subsection, ...]
    hooks: tuple[Hook, ...]
    predicates: tuple[str, ...]
    resets: tuple[Reset, ...]
    doc: str
    schema: str
    span: Span
    needed: Expression | HookPredicate | None = None
    priority: str = "default"
    unmigratable: bool = False
    early_setup: bool = False
    opaque: bool = False
    old_version: int | None = None
    inner_hooks: tuple[Hook, ...] = ()
    binding: Binding | None = None
    own: bool = True

    def member(self, name: str) -> Member:
        """Raises KeyError where there is none."""
        for member in self.members:
            if member.name == name:
                return member
        raise KeyError(name)

    def hook(self, kind: str) -> Hook | None:
        return next((hook for hook in self.hooks if hook.kind == kind), None)

    @property
    def all_subsections(self) -> tuple[Subsection, ...]:
        """Nested ones and those of a `tmp` included, in the order of their numbers."""
        return tuple(_subsections(self.wire, self.subsections))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


def tmps_in(items: tuple[WireItem, ...]) -> Iterator[Tmp]:
    """Those of one wire program. They never stand in an array."""
    for item in items:
        if isinstance(item, Tmp):
            yield item
        elif isinstance(item, Group | Run):
            yield from tmps_in(item.items)


def _subsections(items: tuple[WireItem, ...], subsections: tuple[Subsection, ...]) -> Iterator[Subsection]:
    for tmp in tmps_in(items):
        yield from _subsections(tmp.items, tmp.subsections)
    for subsection in subsections:
        yield subsection
        yield from _subsections(subsection.wire, subsection.subsections)
