"""Subsections that a loader takes for those of something else, by the beginning of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description, Subsection
from vmsgen.model.implied import Facts, facts, impossible
from vmsgen.model.types import Array, Map, Struct, Type, structs_in
from vmsgen.model.wire import Check, Field, Group, Repeat, Run, Tmp, WireItem, tmps_in
from vmsgen.passes.edges import NOTHING, Edges, End, Structs, has_bare_structs
from vmsgen.passes.presence import at_version

EXPLANATIONS = {
    "shadowed-subsection": (
        "After a struct that may be the last thing sent of a description a loader looks for subsections of the struct, "
        "by the beginning of their names. A subsection of the description whose name begins with the name of the "
        "struct is taken for one of the struct's. If it is not known there, the load fails; if the struct has one of "
        "the same name, that is loaded in its place. Rename the struct on the wire, or put a field behind it that is "
        "always sent. The same goes for the struct at the end of that struct, or of an earlier subsection, and for a "
        "`tmp`; and a subsection does it to a later one whose name begins with its own. So does a struct, or a `tmp`, "
        "to the next one, if that may send nothing but subsections: two elements of an array whose fields are all "
        "missing can have but one set of subsections, which the first one takes. Put a field that is always sent at "
        "the beginning of such a struct."
    )
}

Before = Callable[[Facts], list[Field | Tmp]]
"""What may come straight before a place where that is known, the last first."""


def lint(description: Description, structs: Structs, diagnostics: Diagnostics) -> None:
    """Adds warnings about one description. `structs` are those of its schema that were looked at before."""
    edges = Edges(description, structs)
    owners: list[Description | Subsection | Tmp] = [description, *description.all_subsections]
    owners += [tmp for owner in tuple(owners) if not isinstance(owner, Tmp) for tmp in tmps_in(owner.wire)]
    for owner in owners:
        for number, later in enumerate(owner.subsections):
            taker = next((end for end in edges.before(owner, number) if end.takes(later)), None)
            if taker is not None:
                diagnostics.warning("shadowed-subsection", _what(taker, later), later.span, hint=taker.hint)
        if not isinstance(owner, Tmp):
            known = NOTHING if isinstance(owner, Description) else facts(at_version(owner.needed, owner.version))
            for met in _Walk(edges).of(owner.wire, known, lambda _: []):
                what = f"`{met.item.name}` may begin with a subsection, and {_what(met.taker, met.later)}"
                diagnostics.warning("shadowed-subsection", what, met.item.span, hint=met.hint)


def _what(taker: End, later: Subsection) -> str:
    what = f"a loader takes `{later.wire_name}` for a subsection of `{taker.owner.wire_name}`, and "
    return what + ("loads the one that has this name there" if taker.has(later) else "refuses it")


@dataclass(frozen=True)
class _Met:
    """`later`, which `item` may begin with, may come straight behind `last`, of which `taker` is an end."""

    item: Field | Tmp
    later: Subsection
    last: Field | Tmp
    taker: End

    @property
    def hint(self) -> str:
        where = f"at the beginning of each `{self.item.name}`"
        if self.last is not self.item:
            where = f"between `{self.last.name}` and `{self.item.name}`"
        return f"a field {where} that is always sent would keep them apart"


@dataclass(frozen=True)
class _Walk:
    """Through the items of a description, or of a subsection: what follows straight on what, once for an item."""

    edges: Edges

    def of(self, items: tuple[WireItem, ...], known: Facts, before: Before) -> Iterator[_Met]:
        for number, item in enumerate(items):
            here = self.behind(items[:number], before)
            if isinstance(item, Run):
                yield from self.of(item.items, known, here)
            if isinstance(item, Check | Run) or impossible(known | facts(item.presence.condition)):
                continue
            inside = known | facts(item.presence.condition)
            match item:
                case Field() if has_bare_structs(item):
                    yield from islice(self.of_field(item, inside, here), 1)
                case Field(type=Map(Struct() as key, value)):
                    yield from islice(self.of_entries(item, key, value), 1)
                case Group():
                    yield from self.of(item.items, inside, here)
                case Repeat():
                    again = (*items[:number], item) if item.capacity > 1 else items[:number]
                    yield from self.of(item.items, inside, self.behind(again, before))
                case Tmp():
                    yield from self.of(item.items, inside, here)
                    yield from islice(self.of_tmp(item, inside, here), 1)

    def of_field(self, item: Field, known: Facts, before: Before) -> Iterator[_Met]:
        for struct in structs_in(item.type):
            for first in self.edges.struct(struct).firsts:
                lasts = [*([item] if _has_two(item.type) else []), *before(known)]
                yield from self.taken(item, first, lasts, known)

    def of_entries(self, item: Field, key: Struct, value: Struct) -> Iterator[_Met]:
        """In a map the value comes straight behind its key."""
        for first in self.edges.struct(value).firsts:
            for end in self.edges.of_struct(key, item.name):
                if end.takes(first):
                    yield _Met(item, first, item, end)

    def of_tmp(self, tmp: Tmp, known: Facts, before: Before) -> Iterator[_Met]:
        for first in self.edges.first_subsections(tmp, known):
            inside = known | facts(at_version(first.needed, first.version))
            yield from self.taken(tmp, first, before(inside), inside)

    def taken(self, item: Field | Tmp, first: Subsection, lasts: list[Field | Tmp], known: Facts) -> Iterator[_Met]:
        for last in lasts:
            for end in self.edges.of_last(last, known):
                if end.takes(first):
                    yield _Met(item, first, last, end)

    def behind(self, items: tuple[WireItem, ...], before: Before) -> Before:
        def lasts(known: Facts) -> list[Field | Tmp]:
            found, empty = self.edges.open(items, known)
            return [*found, *before(known)] if empty else found

        return lasts


def _has_two(type_: Type) -> bool:
    """Can there be two elements?"""
    match type_:
        case Array(element, capacity):
            return capacity > 1 or (capacity > 0 and _has_two(element))
    return False
