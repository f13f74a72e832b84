"""Where in a description the walk is, and what it has gathered there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vmsgen.diagnostics import Span
from vmsgen.model.description import Hook, Member, Reset
from vmsgen.model.expressions import LoopStep, MemberStep, Path
from vmsgen.model.interval import Interval
from vmsgen.model.wire import Constraint
from vmsgen.passes.names import Symbols
from vmsgen.passes.scope import Key, Loaded, Scope, Visible
from vmsgen.syntax import tree


@dataclass
class Gathered:
    """What the whole description shares, subsections and structs without a name included."""

    names: dict[str, Span] = field(default_factory=dict)
    resets: list[Reset] = field(default_factory=list)
    predicates: dict[str, Span] = field(default_factory=dict)
    ranges: dict[Key, Interval] = field(default_factory=dict)
    constraints: dict[Key, tuple[Constraint, ...]] = field(default_factory=dict)
    codec_hooks: dict[str, tree.Hook] = field(default_factory=dict)
    """`get_name` and `put_name` as declared, until the field called `name` claims them."""
    inner_hooks: list[Hook] = field(default_factory=list)
    """Those of `custom` and `tmp` fields."""
    inner_hook_spans: list[tuple[str, Span]] = field(default_factory=list)
    """Their methods, and where they are declared."""


@dataclass
class Place:
    """One pair of braces. `owner` is what diagnostics and made-up names call the state; `prefix` leads to it.

    `conditional`: a stream may lack what stands here. `since` is what stands around it, also where that is certain.
    `depth` is the number of Repeats around it.
    """

    owner: str
    symbols: Symbols
    gathered: Gathered
    versions: tuple[int, int]
    own: bool
    """As for descriptions."""
    prefix: Path = field(default_factory=lambda: Path(()))
    visible: dict[str, Visible] = field(default_factory=dict)
    loaded: Loaded = field(default_factory=Loaded)
    members: list[Member] = field(default_factory=list)
    conditional: bool = False
    since: int = 0
    depth: int = 0
    subsection: str | None = None
    coming: frozenset[str] = frozenset()
    """The names of all fields that are written here, before or after this point."""
    named_from: int = 0
    """Steps of paths that names on the wire leave out: elements of arrays and what is in a `tmp` have descriptions."""

    @property
    def scope(self) -> Scope:
        """What an expression that a load evaluates may name here."""
        return replace(self.scope_on_save, loaded=self.loaded)

    @property
    def scope_on_save(self) -> Scope:
        versions = Interval(*self.versions)
        return Scope(self.symbols, self.visible, None, versions, coming=self.coming, subsection=self.subsection)

    @property
    def stands_alone(self) -> bool:
        """Are these the braces of a description: a device, a struct with a name, a subsection, or a `tmp`?"""
        return not self.depth and len(self.prefix.steps) == self.named_from

    def path(self, name: str) -> Path:
        return self.prefix / MemberStep(name, self.own)

    def wire_name(self, path: Path) -> str:
        """What a field is called on the wire if nothing else is said."""
        return str(Path(path.steps[self.named_from :]))

    def inside(self, name: str, owner: str, loops: int) -> Place:
        """The braces of a struct without a name: own members, behind `loops` array dimensions."""
        prefix = self.path(name)
        for number in range(loops):
            prefix = prefix / LoopStep(self.depth + number)
        inner = Place(owner, self.symbols, self.gathered, self.versions, self.own, prefix)
        inner.visible, inner.loaded = dict(self.visible), self.loaded
        inner.conditional = self.conditional
        inner.depth = self.depth + loops
        inner.subsection = self.subsection
        inner.coming = self.coming
        inner.named_from = len(prefix.steps) if loops else self.named_from
        return inner
