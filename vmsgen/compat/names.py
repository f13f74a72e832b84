"""What a thing is called, on the wire and formerly, and which of the other side's is the same by its names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vmsgen.model.description import Description, Member
from vmsgen.model.expressions import MemberStep, Path
from vmsgen.model.types import Struct, innermost
from vmsgen.model.wire import Field


class Called(Protocol):
    """`aliases` are all names that it goes or went by, `former` those that `was` tells."""

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> frozenset[str]: ...
    @property
    def former(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Names:
    """Of a field, or of a struct that fields are in."""

    name: str = ""
    aliases: frozenset[str] = frozenset({""})
    former: frozenset[str] = frozenset()

    def of(self, name: str, others: Iterable[str] = (), former: Iterable[str] = ()) -> Names:
        """Of something within: it is called `name`, `others` in descriptions, and was one of `former`."""
        old = frozenset(former) - {name}
        known = frozenset({name, *others, *old})
        told = behind({self.name}, old) | behind(self.former, {name, *old})
        return Names(_behind(self.name, name), behind(self.aliases, known) | told, told)


def field_names(item: Field, description: Description, scope: Names) -> Names:
    """Those of a field of `description`, which is called as `scope` says."""
    former = {".".join(names) for names in _former(item.target, description)}
    if item.was is not None:
        former.add(plain(item.was))
    return scope.of(plain(str(item.target)), {plain(item.wire_name)}, former)


def member_names(member: Member) -> Names:
    return Names("", frozenset({""})).of(member.name, (), () if member.was is None else {member.was})


def behind(fronts: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Each of `names` behind each of `fronts`."""
    return frozenset(_behind(front, name) for front in fronts for name in names)


def _behind(front: str, name: str) -> str:
    return f"{front}.{name}" if front else name


def _former(target: Path, description: Description) -> Iterator[tuple[str, ...]]:
    """The names of the members on the way, each as it is and as it was."""
    ways: list[tuple[str, ...]] = [()]
    inside: Description | None = description
    for step in target.steps:
        if isinstance(step, MemberStep) and inside is not None:
            member = inside.member(step.name)
            names = [step.name] if member.was is None else [step.name, member.was]
            ways = [(*way, name) for way in ways for name in names]
            element = innermost(member.type)
            inside = element.description if isinstance(element, Struct) else None
    yield from ways


def plain(name: str) -> str:
    """A name without its indices."""
    return re.sub(r"\[[^\]]*\]", "", name)


def pair_names(sender: Sequence[Called], receiver: Sequence[Called]) -> dict[int, int]:
    """Numbers of the sender's to those of the receiver's that are called the same, or were once.

    `was` is said on purpose: it goes before a name that something else may have taken over. Where both sides say it
    there was no change between them.
    """
    named, told, once, known = (defaultdict[object, list[int]](list) for _ in range(4))
    for j, theirs in enumerate(receiver):
        named[theirs.name].append(j)
        if theirs.former:
            told[theirs.name, theirs.former].append(j)
        for name in theirs.former:
            once[name].append(j)
        for name in theirs.aliases:
            known[name].append(j)
    pairs: dict[int, int] = {}
    taken: set[int] = set()

    def told_alike(ours: Called) -> list[int]:
        return told[ours.name, ours.former]

    def renamed(ours: Called) -> list[int]:
        return sorted([*once[ours.name], *(j for name in ours.former for j in named[name])])

    def same(ours: Called) -> list[int]:
        return named[ours.name]

    def by_any(ours: Called) -> list[int]:
        return sorted(j for name in ours.aliases for j in known[name])

    for equal in (told_alike, renamed, same, by_any):
        for i, ours in enumerate(sender):
            if i not in pairs and (free := next((j for j in equal(ours) if j not in taken), None)) is not None:
                pairs[i] = free
                taken.add(free)
    return pairs


def paired_members(sender: Description, receiver: Description) -> list[tuple[Member, Member]]:
    """The members that are the same by their names, the sender's first."""
    pairs = pair_names(*([member_names(member) for member in side.members] for side in (sender, receiver)))
    return [(sender.members[i], receiver.members[j]) for i, j in pairs.items()]
