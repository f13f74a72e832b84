"""What a field is called: by its path, on the wire, and formerly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vmsgen.model.description import Description, Field
from vmsgen.model.expressions import MemberStep, Path
from vmsgen.model.types import Struct, innermost


def aliases(item: Field, description: Description, fronts: frozenset[str]) -> frozenset[str]:
    """Every name of the field, in front of it each of `fronts`, the names of the struct that it is in."""
    own = {plain(str(item.target)), plain(item.wire_name)}
    own |= {"".join(f".{name}" for name in names)[1:] for names in _former(item.target, description)}
    if item.was is not None:
        own.add(plain(item.was))
    return behind(fronts, own)


def former_names(item: Field, description: Description, fronts: frozenset[str]) -> frozenset[str]:
    """Those of the names that `was` tells."""
    own = {".".join(names) for names in _former(item.target, description)} - {plain(str(item.target))}
    return behind(fronts, own if item.was is None else own | {plain(item.was)})


def behind(fronts: frozenset[str], names: Iterable[str]) -> frozenset[str]:
    """Each of `names` behind each of `fronts`."""
    return frozenset(f"{front}.{name}" if front else name for front in fronts for name in names)


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
