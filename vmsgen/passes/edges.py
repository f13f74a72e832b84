"""Where what a description sends ends and begins: what looks for subsections behind it, and which may come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vmsgen.model.description import Description, Member, Subsection
from vmsgen.model.expressions import Binary, Constant, Expression, FieldValue, MemberStep, Path, replaced
from vmsgen.model.implied import Facts, facts, implied, impossible, values
from vmsgen.model.interval import Interval
from vmsgen.model.subsections import is_looked_at
from vmsgen.model.types import Array, List, Map, Optional, Struct, Type, innermost, structs_in
from vmsgen.model.wire import Check, Custom, Field, Group, Presence, Repeat, Run, Tmp, Unused, WireItem
from vmsgen.passes import project
from vmsgen.passes.presence import at_version, count_of

NOTHING: Facts = frozenset()


@dataclass(frozen=True)
class End:
    """An owner behind whose bytes a subsection of another one can follow."""

    owner: Description | Subsection | Tmp
    hint: str

    def takes(self, subsection: Subsection) -> bool:
        return is_looked_at(subsection.wire_name, self.owner.wire_name)

    def has(self, subsection: Subsection) -> bool:
        return any(own.wire_name == subsection.wire_name for own in self.owner.subsections)


@dataclass(frozen=True)
class _Struct:
    """What is known of a struct: what may look at the bytes behind it, the subsections that these may begin with, and
    whether there can be none."""

    ends: tuple[End, ...]
    firsts: tuple[Subsection, ...]
    empty: bool


Structs = dict[tuple[int, int], _Struct]
"""By the description's identity and the version."""


@dataclass(frozen=True)
class Edges:
    """Of one description. Each struct in it is looked at once, however often it is used: `structs` has it then."""

    description: Description
    structs: Structs

    def before(self, owner: Description | Subsection | Tmp, number: int) -> Iterator[End]:
        """What may look at the subsection of this number before its owner does, where it is sent."""
        later = owner.subsections[number]
        known = facts(at_version(later.needed, later.version))
        for earlier in reversed(owner.subsections[:number]):
            if impossible(known | facts(at_version(earlier.needed, earlier.version))):
                continue
            yield from self.of_subsections(earlier)
            yield from self.of(earlier, known)
            yield End(earlier, "put it before that one, or give it another name")
        yield from self.of(owner, known)

    def of(self, owner: Description | Subsection | Tmp, known: Facts) -> Iterator[End]:
        """What may look at the bytes behind the owner's fields: what its last struct ends with, and that itself."""
        for last in self.open(items_of(owner), known)[0]:
            yield from self.of_last(last, known)

    def of_last(self, last: Field | Tmp, known: Facts) -> Iterator[End]:
        """What may look at the bytes behind this one."""
        if isinstance(last, Tmp):
            yield from self.of_subsections(last)
            yield from self.of(last, known)
            yield End(last, f"`{last.name}` comes last, and its name, `{last.wire_name}`, begins the subsection's")
            return
        for struct in structs_in(last.type):
            yield from self.of_struct(struct, last.name)

    def of_struct(self, struct: Struct, name: str) -> Iterator[End]:
        for end in self.struct(struct).ends:
            yield replace(end, hint=f"`{end.owner.wire_name}` ends `{name}`, and its name begins the subsection's")
        yield End(struct.description, f"`{name}` may come last, and its struct's name begins the subsection's")

    def of_subsections(self, owner: Description | Subsection | Tmp) -> Iterator[End]:
        for subsection in owner.subsections:
            yield from self.of_subsections(subsection)
            yield from self.of(subsection, NOTHING)
            yield End(subsection, f"`{subsection.wire_name}` comes first, and its name begins the subsection's")

    def struct(self, struct: Struct) -> _Struct:
        key = (id(struct.description), struct.version)
        if key not in self.structs:
            wire = project.at_version(struct.description.wire, struct.version)
            written = Edges(replace(struct.description, wire=wire), self.structs)
            ends = (*written.of_subsections(written.description), *written.of(written.description, NOTHING))
            firsts = (*written.firsts_of(wire, NOTHING), *written.first_subsections(written.description, NOTHING))
            empty = written.open(wire, NOTHING)[1] and not _sends_one(written.description)
            self.structs[key] = _Struct(_each_once(ends), tuple({id(one): one for one in firsts}.values()), empty)
        return self.structs[key]

    # What may be the first thing sent -----------------------------------------------------------------------------

    def first_subsections(self, owner: Description | Subsection | Tmp, known: Facts) -> Iterator[Subsection]:
        """Those of the owner that may come before anything else of it."""
        for subsection in owner.subsections:
            if self.open(items_of(owner), known | facts(at_version(subsection.needed, subsection.version)))[1]:
                yield subsection
            if subsection.needed is None:
                return

    def firsts_of(self, items: tuple[WireItem, ...], known: Facts) -> Iterator[Subsection]:
        """Those that the items may begin with."""
        for item in items:
            match item:
                case Field() if has_bare_structs(item):
                    for struct in structs_in(item.type):
                        yield from self.struct(struct).firsts
                case Tmp():
                    yield from self.firsts_of(item.items, known)
                    yield from self.first_subsections(item, known)
                case Run() | Group() | Repeat():
                    yield from self.firsts_of(item.items, known)
            if not self.open_item(item, known)[1]:
                return

    # What may be the last thing sent ------------------------------------------------------------------------------

    def open(self, items: tuple[WireItem, ...], known: Facts) -> tuple[list[Field | Tmp], bool]:
        """Structs and `tmp`s behind which nothing need be sent, the last first; and whether nothing at all need be."""
        ends: list[Field | Tmp] = []
        for item in reversed(items):
            inside, empty = self.open_item(item, known)
            ends += inside
            if not empty:
                return ends, False
        return ends, True

    def open_item(self, item: WireItem, known: Facts) -> tuple[list[Field | Tmp], bool]:
        if isinstance(item, Check):
            return [], True
        if isinstance(item, Run):
            return self.open(item.items, known)
        if impossible(known | facts(item.presence.condition)):
            return [], True
        inside: list[Field | Tmp]
        match item:
            case Field() if has_bare_structs(item):
                inside, empty = [item], self.is_empty(item.type)
            case Field() | Unused() | Custom():
                # Behind the elements of a list or a map there is the byte that ends it; a hook writes something.
                inside, empty = [], False
            case Tmp():
                inside, empty = [item], self.open(item.items, known)[1] and not _sends_one(item)
            case Group() | Repeat():
                inside, empty = self.open(item.items, known)
        return inside, empty or _is_missing(item.presence, known) or self.is_none(count_of(item), known)

    def is_empty(self, type_: Type) -> bool:
        """Can something of this type that is there have no bytes?"""
        match type_:
            case Array(element) | Optional(element):
                return self.is_empty(element)
            case Struct():
                return self.struct(type_).empty
        return False

    def is_none(self, count: Expression | None, known: Facts) -> bool:
        """Can the number be 0, by the ranges of its fields and by what is known?"""
        if count is None:
            return False
        narrow = replaced(count, lambda node: self.in_range(node, known))
        return narrow.interval.low < 1 and not implied(Binary(">=", count, Constant(1)), known)

    def in_range(self, node: Expression, known: Facts) -> Expression | None:
        """A field, with the values that its `in` and what is known leave."""
        if not isinstance(node, FieldValue):
            return None
        member = _member(node.path, self.description)
        if member.low is None or member.high is None:
            return None
        return FieldValue(node.path, values(node, known).clamp(Interval(member.low, member.high)))


def items_of(owner: Description | Subsection | Tmp) -> tuple[WireItem, ...]:
    return owner.items if isinstance(owner, Tmp) else owner.wire


def has_bare_structs(item: Field) -> bool:
    """Before each element of a list or a map there is a byte that says so, and one behind the last."""
    return bool(structs_in(item.type)) and not isinstance(innermost(item.type), List | Map)


def _sends_one(owner: Description | Tmp) -> bool:
    """Is one of its subsections always sent?"""
    return any(subsection.needed is None for subsection in owner.subsections)


def _each_once(ends: Iterable[End]) -> tuple[End, ...]:
    found: dict[int, End] = {}
    for end in ends:
        found.setdefault(id(end.owner), end)
    return tuple(found.values())


def _is_missing(presence: Presence, known: Facts) -> bool:
    """Can the item be missing where `known` holds?"""
    if presence.since or presence.before is not None:
        return True
    return presence.condition is not None and not implied(presence.condition, known)


def _member(path: Path, description: Description) -> Member:
    names = [step.name for step in path.steps if isinstance(step, MemberStep)]
    for name in names[:-1]:
        struct = innermost(description.member(name).type)
        assert isinstance(struct, Struct), "only structs have members"
        description = struct.description
    return description.member(names[-1])
