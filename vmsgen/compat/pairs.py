"""Two devices side by side at one version: their programs aligned, their subsections and structs paired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from vmsgen.compat.align import Added, Dropped, Matched, Reshaped, Step, align, pair_slots
from vmsgen.compat.expressions import absolute
from vmsgen.compat.flatten import device_program, subsection_program
from vmsgen.compat.names import pair_names, paired_members, plain
from vmsgen.compat.places import PARTS
from vmsgen.compat.slots import Asked, Condition, Owner, Program, Slot
from vmsgen.compat.widened import all_survive
from vmsgen.model.description import Description, Member, Subsection
from vmsgen.model.expressions import Constant, Expression, IndexStep, MemberStep, Path
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Struct, Type, innermost
from vmsgen.model.wire import Group, HookPredicate, Tmp, WireItem
from vmsgen.passes.project import at_version


@dataclass(frozen=True)
class PlacedSubsection:
    """A subsection of `owner`, within those called `around`; `guards` are all that must hold for it to be sent.

    `tmp` is what the one that it stands in is called on the wire, "" where it stands in none.
    """

    subsection: Subsection
    owner: Owner
    around: tuple[str, ...]
    guards: tuple[Condition, ...]
    tmp: str = ""

    @property
    def wire_name(self) -> str:
        return self.subsection.wire_name

    @property
    def key(self) -> tuple[str, ...]:
        return (self.owner.name, *self.around, self.tmp, self.wire_name)


@dataclass(frozen=True)
class SubsectionPair:
    """One of the two is None where a side has it not there; `elsewhere` is where the receiver has it instead."""

    sender: PlacedSubsection | None
    receiver: PlacedSubsection | None
    elsewhere: PlacedSubsection | None = None

    @property
    def readable(self) -> bool:
        if self.sender is None or self.receiver is None:
            return False
        there = self.receiver.subsection
        return there.minimum_version <= self.sender.subsection.version <= there.version


@dataclass(frozen=True)
class AlignedProgram:
    """A device's own items (`title` empty), or a subsection's.

    `base` is what must hold for the sender to send it at all, `receiver_base` the same of the receiver. `slots` are
    those of the sender and of the receiver.
    """

    title: str
    base: tuple[Condition, ...]
    receiver_base: tuple[Condition, ...]
    slots: tuple[tuple[Slot, ...], tuple[Slot, ...]]
    steps: tuple[Step, ...]
    sender_checks: tuple[Asked, ...]
    receiver_checks: tuple[Asked, ...]

    @property
    def same_layout(self) -> bool:
        """Has either side just what the other has, in the same order and of the same size?"""
        return all(isinstance(step, Matched) and _layout(step.sender) == _layout(step.receiver) for step in self.steps)


def _layout(slot: Slot) -> tuple[object, ...]:
    row = slot.dimensions if slot.count is None else slot.dimensions[1:]
    return slot.custom, slot.width, row, slot.fixed, [(loop.kind, loop.count is None) for loop in slot.loops]


@dataclass
class Pair:
    """One device of each side, at one version of the sender's. `names` maps names of the receiver to the sender's."""

    sender: Description
    receiver: Description
    version: int
    programs: list[AlignedProgram] = field(default_factory=list)
    subsections: list[SubsectionPair] = field(default_factory=list)
    owners: list[tuple[Owner, Owner]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    sender_slots: dict[str, Slot] = field(default_factory=dict)
    receiver_slots: dict[str, Slot] = field(default_factory=dict)
    _members: dict[tuple[int, int], list[tuple[Member, Member]]] = field(default_factory=dict)
    _sources: dict[str, str | None] = field(default_factory=dict)

    @property
    def matched(self) -> Iterator[Matched]:
        for program in self.programs:
            yield from (step for step in program.steps if isinstance(step, Matched))

    def members(self, ours: Description, theirs: Description) -> list[tuple[Member, Member]]:
        """As `paired_members`; every stream asks for those of the same few descriptions."""
        both = id(ours), id(theirs)
        if both not in self._members:
            self._members[both] = paired_members(ours, theirs)
        return self._members[both]

    def source(self, name: str) -> str | None:
        """The sender's name of what the receiver has as `name` (a plain one), once the stream is loaded.

        None where it comes from nothing of the sender's: what is not read is as at reset, or as `else` says, whatever
        the sender has and sends under that name. Members that neither side has on the wire are set up alike.
        """
        if not self._sources:
            self._sources |= self._read()
        if name in self._sources:
            return self._sources[name]
        there = self.names.get(name, name)
        if there in self.sender_slots or _is_local(self.sender, there) != _is_local(self.receiver, name):
            return None
        return there

    def _read(self) -> dict[str, str | None]:
        """What each number of the receiver's is read from, where that is all that becomes of what it is read from."""
        sources: dict[str, set[str | None]] = {}
        targets: dict[str, set[str | None]] = {}
        for program in self.programs:
            for step in program.steps:
                match step:
                    case Matched(ours, theirs) if _is_one_number(ours, theirs) or (
                        step.widened and all_survive(ours, theirs)
                    ):
                        sources.setdefault(theirs.name, set()).add(ours.name)
                        targets.setdefault(ours.name, set()).add(theirs.name)
                        continue
                    case Matched(ours, theirs):
                        sides: tuple[tuple[Slot, ...], tuple[Slot, ...]] = (ours,), (theirs,)
                    case Reshaped(before, after):
                        sides = before, after
                    case Dropped(ours, _):
                        sides = (ours,), ()
                    case Added(theirs, _):
                        sides = (), (theirs,)
                for found, slots in zip((targets, sources), sides, strict=True):
                    for slot in slots:
                        found.setdefault(slot.name, set()).add(None)
        read: dict[str, str | None] = {}
        for name, some in sources.items():
            one = next(iter(some))
            read[name] = one if len(some) == 1 and one is not None and targets[one] == {name} else None
        return read

    def to_sender(self, path: Path) -> Path | None:
        """The sender's place of what the receiver has at `path`; None where it comes from none."""
        there = self.source(plain(str(path)))
        return None if there is None else self._place(path, there)

    def called(self, path: Path) -> Path | None:
        """The sender's place of what has the same name, whatever a stream makes of it; None where there is none."""
        return self._place(path, self.names.get(plain(str(path)), plain(str(path))))

    def _place(self, path: Path, there: str) -> Path | None:
        indices = [step for step in path.steps if isinstance(step, IndexStep)]
        made: list[MemberStep | IndexStep] = []
        type_: Type = Struct(self.sender)
        for name in there.split("."):
            inner = _part(type_, name)
            if inner is None:
                return None
            made.append(MemberStep(name))
            type_ = inner
            while (length := _room(type_)) is not None:
                if not indices or not isinstance(indices[0].index, Constant):
                    return None
                made.append(replace(indices.pop(0), length=length))
                if not isinstance(type_, Array):
                    break
                type_ = _present(type_.element)
        return Path(tuple(made))


def _is_one_number(ours: Slot, theirs: Slot) -> bool:
    """Is what the receiver reads there what the sender has, with the same indices?"""
    if ours.element is None or theirs.element is None or ours.element.floating != theirs.element.floating:
        return False
    rows = [(*(loop.capacity for loop in slot.loops), *slot.dimensions) for slot in (ours, theirs)]
    return ours.width == theirs.width and ours.starts == theirs.starts and len(rows[0]) == len(rows[1]) and (
        rows[0][1:] == rows[1][1:]
    )  # fmt: skip


def _is_local(description: Description, name: str) -> bool:
    """Is it, or what it is in, in memory alone?"""
    type_: Type | None = Struct(description)
    for part in name.split("."):
        inner = innermost(type_) if type_ is not None else None
        if isinstance(inner, Struct):
            member = next((member for member in inner.description.members if member.name == part), None)
            if member is None or member.local:
                return member is not None
        type_ = None if type_ is None else _part(inner if isinstance(inner, Struct) else type_, part)
    return False


def _part(type_: Type, name: str) -> Type | None:
    """What is called so in a struct, in an element of a list or in an entry of a map."""
    match type_:
        case List(element):
            return _part(element, name)
        case Map(key, value) if name in PARTS:
            return key if name == PARTS[0] else value
        case Struct(description):
            return next((_present(member.type) for member in description.members if member.name == name), None)
    return None


def _present(type_: Type) -> Type:
    return type_.element if isinstance(type_, Optional) else type_


def _room(type_: Type) -> int | None:
    """So many indices it can have; None where it has none."""
    match type_:
        case Array(_, capacity) | Buffer(capacity) | Bitmap(capacity):
            return capacity
        case List(_, maximum) | Map(_, _, maximum):
            return maximum
    return None


def pair(sender: Description, receiver: Description, version: int) -> Pair:
    """Neither of the two is `opaque`."""
    both = Pair(sender, receiver, version)
    _programs(both, "", (), (), device_program(sender, version), device_program(receiver, version))
    return both


def _programs(
    both: Pair,
    title: str,
    base: tuple[Condition, ...],
    receiver_base: tuple[Condition, ...],
    ours: Program,
    theirs: Program,
) -> None:
    pairs = pair_slots(ours.slots, theirs.slots)
    for i, j in pairs.items():
        both.names[theirs.slots[j].name] = ours.slots[i].name
    for slot in ours.slots:
        both.sender_slots.setdefault(slot.name, slot)
    for slot in theirs.slots:
        both.receiver_slots.setdefault(slot.name, slot)
    steps = align(ours.slots, theirs.slots, pairs)
    both.programs.append(
        AlignedProgram(title, base, receiver_base, (ours.slots, theirs.slots), steps, ours.checks, theirs.checks)
    )
    owners = pair_names(ours.owners, theirs.owners)
    for number, owner in enumerate(ours.owners):
        if number in owners:
            other = theirs.owners[owners[number]]
            both.owners.append((owner, other))
            both.names[other.name] = owner.name
            fronts = tuple(f"{one.name}." if one.name else "" for one in (owner, other))
            _members(both, owner.description, other.description, (fronts[0], fronts[1]))
            _subsections(both, placed(owner), placed(other))
        else:
            both.subsections += [SubsectionPair(sub, None) for sub in placed(owner)]
    for other in theirs.owners:
        if not any(other is there for _, there in both.owners):
            both.subsections += [SubsectionPair(None, sub) for sub in placed(other)]


def _members(both: Pair, ours: Description, theirs: Description, fronts: tuple[str, str]) -> None:
    """Those that this version has not on the wire, `local` ones too, and what is in them."""
    for member, other in paired_members(ours, theirs):
        names = f"{fronts[0]}{member.name}", f"{fronts[1]}{other.name}"
        both.names.setdefault(names[1], names[0])
        for part, one, another in _structs(member.type, other.type):
            _members(both, one, another, (f"{names[0]}.{part}", f"{names[1]}.{part}"))


def _structs(ours: Type, theirs: Type) -> Iterator[tuple[str, Description, Description]]:
    """The structs that both have there, and how a map calls them."""
    match innermost(ours), innermost(theirs):
        case ((Struct(one) | List(Struct(one))), (Struct(other) | List(Struct(other)))):
            yield "", one, other
        case Map(key, value), Map(another, other):
            if isinstance(key, Struct) and isinstance(another, Struct):
                yield f"{PARTS[0]}.", key.description, another.description
            yield f"{PARTS[1]}.", value.description, other.description


def placed(
    owner: Owner, around: tuple[str, ...] = (), within: Subsection | None = None, guards: tuple[Condition, ...] = ()
) -> list[PlacedSubsection]:
    """The subsections directly in the owner, or in one of its subsections; those of a `tmp` there, too."""
    found = []
    version, wire = (within.version, within.wire) if within else (owner.version, owner.description.wire)
    behind = [("", guards, within.subsections if within else owner.description.subsections)]
    for tmp, asked in _tmps(at_version(wire, version), version, owner.scope.prefix, guards):
        behind.append((tmp.wire_name, asked, tmp.subsections))
    for name, asked, subsections in behind:
        for subsection in subsections:
            needed = _asked(subsection.needed, subsection.version, owner.scope.prefix)
            found.append(PlacedSubsection(subsection, owner, around, (*asked, *needed), name))
    return found


def _tmps(
    items: tuple[WireItem, ...], version: int, prefix: Path, guards: tuple[Condition, ...]
) -> Iterator[tuple[Tmp, tuple[Condition, ...]]]:
    """What has subsections of its own, and all that must hold for it to be sent."""
    for item in items:
        if isinstance(item, Group | Tmp):
            asked = (*guards, *_asked(item.presence.condition, version, prefix))
            if isinstance(item, Tmp):
                yield item, asked
            else:
                yield from _tmps(item.items, version, prefix, asked)


def _asked(condition: Expression | HookPredicate | None, version: int, prefix: Path) -> tuple[Condition, ...]:
    match condition:
        case None:
            return ()
        case HookPredicate() as hook:
            return (hook,)
        case expression:
            return (absolute(expression, prefix, version),)


def inside(sub: PlacedSubsection) -> list[PlacedSubsection]:
    """Those nested directly in a subsection."""
    return placed(sub.owner, (*sub.around, sub.wire_name), sub.subsection, sub.guards)


def everything_inside(subs: list[PlacedSubsection]) -> Iterator[PlacedSubsection]:
    for sub in subs:
        yield sub
        yield from everything_inside(inside(sub))


def _subsections(both: Pair, ours: list[PlacedSubsection], theirs: list[PlacedSubsection]) -> None:
    by_name = {(sub.tmp, sub.wire_name): sub for sub in theirs}
    for sub in ours:
        other = by_name.pop((sub.tmp, sub.wire_name), None)
        made = SubsectionPair(sub, other)
        both.subsections.append(made)
        if other is not None and made.readable:
            version = sub.subsection.version
            _programs(
                both,
                sub.wire_name,
                (*sub.owner.scope.guards, *sub.guards),
                (*other.owner.scope.guards, *other.guards),
                subsection_program(sub.subsection, sub.owner, version, sub.guards),
                subsection_program(other.subsection, other.owner, version, other.guards),
            )
            _subsections(both, inside(sub), inside(other))
    both.subsections += [SubsectionPair(None, sub) for sub in by_name.values()]
