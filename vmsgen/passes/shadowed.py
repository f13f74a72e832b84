"""Subsections that a loader takes for those of something else, by the beginning of their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import (
    Check,
    Custom,
    Description,
    Field,
    Group,
    Member,
    Presence,
    Repeat,
    Run,
    Subsection,
    Tmp,
    Unused,
    WireItem,
    tmps_in,
)
from vmsgen.model.expressions import Binary, Constant, Expression, FieldValue, MemberStep, Path, replaced
from vmsgen.model.implied import Facts, facts, implied, impossible, values
from vmsgen.model.interval import Interval
from vmsgen.model.subsections import is_looked_at
from vmsgen.model.types import Array, List, Map, Optional, Struct, Type, innermost, structs_in
from vmsgen.passes import project
from vmsgen.passes.presence import at_version, count_of

EXPLANATIONS = {
    "shadowed-subsection": (
        "After a struct that may be the last thing sent of a description a loader looks for subsections of the struct, "
        "by the beginning of their names. A subsection of the description whose name begins with the name of the "
        "struct is taken for one of the struct's. If it is not known there, the load fails; if the struct has one of "
        "the same name, that is loaded in its place. Rename the struct on the wire, or put a field behind it that is "
        "always sent. The same goes for the struct at the end of that struct, or of an earlier subsection, and for a "
        "`tmp`; and a subsection does it to a later one whose name begins with its own."
    )
}

NOTHING: Facts = frozenset()


def lint(description: Description, diagnostics: Diagnostics) -> None:
    """Adds warnings about one description."""
    ends = _Ends(description)
    owners: list[Description | Subsection | Tmp] = [description, *description.all_subsections]
    owners += [tmp for owner in tuple(owners) if not isinstance(owner, Tmp) for tmp in tmps_in(owner.wire)]
    for owner in owners:
        for number, later in enumerate(owner.subsections):
            taker = next((end for end in ends.before(owner, number) if end.takes(later)), None)
            if taker is None:
                continue
            what = f"a loader takes `{later.wire_name}` for a subsection of `{taker.owner.wire_name}`, and "
            what += "loads the one that has this name there" if taker.has(later) else "refuses it"
            diagnostics.warning("shadowed-subsection", what, later.span, hint=taker.hint)


@dataclass(frozen=True)
class _End:
    """An owner behind whose bytes a subsection of another one can follow."""

    owner: Description | Subsection | Tmp
    hint: str

    def takes(self, subsection: Subsection) -> bool:
        return is_looked_at(subsection.wire_name, self.owner.wire_name)

    def has(self, subsection: Subsection) -> bool:
        return any(own.wire_name == subsection.wire_name for own in self.owner.subsections)


@dataclass(frozen=True)
class _Struct:
    """What is known of a struct: what may look at the bytes behind it, and whether it can have none itself."""

    ends: tuple[_End, ...]
    empty: bool


@dataclass(frozen=True)
class _Ends:
    """Of one description. Each struct in it is looked at once, however often it is used: `structs` has it then."""

    description: Description
    structs: dict[tuple[int, int], _Struct] = field(default_factory=dict)

    def before(self, owner: Description | Subsection | Tmp, number: int) -> Iterator[_End]:
        """What may look at the subsection of this number before its owner does, where it is sent."""
        later = owner.subsections[number]
        known = facts(at_version(later.needed, later.version))
        for earlier in reversed(owner.subsections[:number]):
            if impossible(known | facts(at_version(earlier.needed, earlier.version))):
                continue
            yield from self.of_subsections(earlier)
            yield from self.of(earlier, known)
            yield _End(earlier, "put it before that one, or give it another name")
        yield from self.of(owner, known)

    def of(self, owner: Description | Subsection | Tmp, known: Facts) -> Iterator[_End]:
        """What may look at the bytes behind the owner's fields: what its last struct ends with, and that itself."""
        ends, _ = self.open(owner.items if isinstance(owner, Tmp) else owner.wire, known)
        for last in ends:
            if isinstance(last, Tmp):
                yield from self.of_subsections(last)
                yield from self.of(last, known)
                yield _End(last, f"`{last.name}` comes last, and its name, `{last.wire_name}`, begins the subsection's")
                continue
            for struct in structs_in(last.type):
                for end in self.struct(struct).ends:
                    hint = f"`{end.owner.wire_name}` ends `{last.name}`, and its name begins the subsection's"
                    yield replace(end, hint=hint)
                hint = f"`{last.name}` may come last, and its struct's name begins the subsection's"
                yield _End(struct.description, hint)

    def of_subsections(self, owner: Description | Subsection | Tmp) -> Iterator[_End]:
        for subsection in owner.subsections:
            yield from self.of_subsections(subsection)
            yield from self.of(subsection, NOTHING)
            yield _End(subsection, f"`{subsection.wire_name}` comes first, and its name begins the subsection's")

    def struct(self, struct: Struct) -> _Struct:
        key = (id(struct.description), struct.version)
        if key not in self.structs:
            wire = project.at_version(struct.description.wire, struct.version)
            written = _Ends(replace(struct.description, wire=wire), self.structs)
            ends = (*written.of_subsections(written.description), *written.of(written.description, NOTHING))
            self.structs[key] = _Struct(_each_once(ends), written.open(wire, NOTHING)[1])
        return self.structs[key]

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
            case Field() if structs_in(item.type) and not isinstance(innermost(item.type), List | Map):
                inside, empty = [item], self.is_empty(item.type)
            case Field() | Unused() | Custom():
                # Behind the elements of a list or a map there is the byte that ends it; a hook writes something.
                inside, empty = [], False
            case Tmp():
                inside, empty = [item], self.open(item.items, known)[1]
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


def _each_once(ends: Iterable[_End]) -> tuple[_End, ...]:
    found: dict[int, _End] = {}
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
