"""Descriptions: what a device, a struct or a subsection keeps in memory, and what of it goes over the wire.

The two are kept apart. `members` is the storage, in schema order, those of subsections included. `wire` is a little
program: what to write, or to read, one item after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.diagnostics import Span
from vmsgen.model.binding import Binding
from vmsgen.model.expressions import Expression, Path
from vmsgen.model.types import Type
from vmsgen.model.wire import HookPredicate, WireItem, tmps_in

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


def _subsections(items: tuple[WireItem, ...], subsections: tuple[Subsection, ...]) -> Iterator[Subsection]:
    for tmp in tmps_in(items):
        yield from _subsections(tmp.items, tmp.subsections)
    for subsection in subsections:
        yield subsection
        yield from _subsections(subsection.wire, subsection.subsections)
