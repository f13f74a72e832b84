"""What an expression may name at the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from vmsgen.model.expressions import IndexStep, LoopStep, MemberStep, Path
from vmsgen.model.interval import Interval
from vmsgen.model.types import Type
from vmsgen.passes.names import Symbols

Key = tuple[str, ...]
"""A member's place, indices left out and the running element of a Repeat given as `*`: ("ranges", "*", "addr")."""


def key_of(path: Path) -> Key:
    key: list[str] = []
    for step in path.steps:
        match step:
            case MemberStep(name):
                key.append(name)
            case LoopStep():
                key.append("*")
            case IndexStep():
                pass
    return tuple(key)


@dataclass(frozen=True)
class Visible:
    """A member that can be named, and where it is."""

    path: Path
    type: Type
    local: bool
    subsection: str | None = None


@dataclass(frozen=True)
class Loaded:
    """What a load has stored by now. Grows along the wire; subsections branch off."""

    keys: frozenset[Key] = frozenset()

    def with_key(self, key: Key) -> Loaded:
        return Loaded(self.keys | {key})

    def __contains__(self, key: Key) -> bool:
        return any(key[:length] in self.keys for length in range(1, len(key) + 1))


@dataclass(frozen=True)
class Scope:
    """`members` are looked up before constants; `loaded` None means that everything may be read (`needed`).

    `coming` are the names of members that are declared further down, and so are no members yet; `subsection` is the one
    that the expression stands in.

    `own` is the name of the field whose `in` or `where` this is, and the values that it can have.
    """

    symbols: Symbols
    members: Mapping[str, Visible] = field(default_factory=dict)
    loaded: Loaded | None = None
    version: Interval | None = None
    own: tuple[str, Interval] | None = None
    constant_only: bool = False
    coming: frozenset[str] = frozenset()
    subsection: str | None = None

    def constants_only(self) -> Scope:
        return Scope(self.symbols, constant_only=True)

    def with_own(self, name: str, interval: Interval | None) -> Scope:
        return replace(self, own=(name, interval) if interval is not None else None)

    def known_names(self) -> Iterator[str]:
        yield from self.members
        yield from self.symbols.constants
        yield from self.symbols.enumerations
        if self.version is not None:
            yield "version"
