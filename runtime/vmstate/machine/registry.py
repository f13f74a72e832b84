"""What a machine consists of, by the names that stand in its streams, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vmstate._types import State
from vmstate.machine.live import LiveHandler
from vmstate.machine.wire import ANY_INSTANCE, MAX_NAME, PRIORITIES

MAX_U32 = 0xFFFF_FFFF


@dataclass(frozen=True)
class Legacy:
    """State that a pair of functions writes and reads: `save(file, opaque)` and `load(file, opaque, version)`."""

    save: Callable[[Any, Any], object]
    load: Callable[[Any, Any, int], object]
    opaque: Any


@dataclass(frozen=True, eq=False)
class Entry:
    """One section. `compat` is the name and instance under which older senders know it, `alias_id` another instance.

    `section_id` is the number of its sections in a stream. `early`: it is sent before live state.
    """

    idstr: str
    instance_id: int
    version: int
    minimum_version: int
    subject: State | Legacy | LiveHandler
    priority: int = 0
    section_id: int = 0
    alias_id: int | None = None
    compat: tuple[str, int] | None = None
    early: bool = False

    @property
    def is_live(self) -> bool:
        return not isinstance(self.subject, (State, Legacy))

    def answers(self, idstr: str, instance_id: int) -> bool:
        """Is a section of that name and instance its own?"""
        if idstr == self.idstr and instance_id in (self.instance_id, self.alias_id):
            return True
        if self.compat is None or idstr not in self.idstr:
            return False
        return idstr == self.compat[0] and instance_id in (self.compat[1], self.alias_id)


@dataclass
class Registry:
    """Entries by descending priority, those of one priority as they were registered."""

    entries: list[Entry] = field(default_factory=list)
    _next_section: int = 0
    _by_name: dict[tuple[str, int], Entry] = field(default_factory=dict)
    _ids: set[int] = field(default_factory=set)
    _kinds: tuple[list[Entry], list[Entry]] | None = None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def free_instance(self, idstr: str) -> int:
        """The smallest number above all instances of the name, 0 for the first."""
        return 1 + max((entry.instance_id for entry in self.entries if entry.idstr == idstr), default=-1)

    def free_compat(self, name: str) -> int:
        """Likewise, of those that older senders know by it."""
        used = (entry.compat[1] for entry in self.entries if entry.compat and entry.compat[0] == name)
        return 1 + max(used, default=-1)

    def number(self, section_id: int | None) -> int:
        """A number for sections that no other entry has: the one asked for, or the next. Raises ValueError."""
        if section_id is None:
            while self._next_section in self._ids:
                self._next_section += 1
            section_id = self._next_section
            self._next_section += 1
        elif not 0 <= section_id <= MAX_U32 or section_id in self._ids:
            raise ValueError(f"section_id {section_id} is not free, or no number of 32 bits")
        return section_id

    def add(self, entry: Entry) -> Entry:
        """Raises ValueError for a name that is empty or too long, or that is taken with that instance."""
        if not 0 < len(entry.idstr.encode()) <= MAX_NAME:
            raise ValueError(
                f"a section's name has 1 to {MAX_NAME} bytes, not {len(entry.idstr.encode())}: {entry.idstr!r}"
            )
        for name, number in (("instance_id", entry.instance_id), ("version", entry.version)):
            if not 0 <= number <= MAX_U32:
                raise ValueError(f"{entry.idstr}: {name} {number} is not in 0..{MAX_U32}")
        instances = {entry.instance_id, entry.alias_id} - {None}
        for other in self.entries:
            if other.idstr == entry.idstr and instances & {other.instance_id, other.alias_id}:
                raise ValueError(f"{entry.idstr!r}, instance {entry.instance_id}, is registered already")
        at = sum(1 for other in self.entries if other.priority >= entry.priority)
        self.entries.insert(at, entry)
        self._ids.add(entry.section_id)
        self._forget()
        return entry

    def _sort(self) -> tuple[list[Entry], list[Entry]]:
        if self._kinds is None:
            live = [entry for entry in self.entries if entry.is_live]
            self._kinds = live, [entry for entry in self.entries if getattr(entry.subject, "unmigratable", False)]
        return self._kinds

    @property
    def live(self) -> list[Entry]:
        """Those that are live, in order."""
        return self._sort()[0]

    @property
    def unmigratable(self) -> list[Entry]:
        """Those that forbid saves and loads."""
        return self._sort()[1]

    def _forget(self) -> None:
        self._by_name.clear()
        self._kinds = None

    def remove(self, subject: object) -> Entry:
        """Raises LookupError if the machine does not have it."""
        for at, entry in enumerate(self.entries):
            opaque = entry.subject.opaque if isinstance(entry.subject, Legacy) else None
            if subject is entry or subject is entry.subject or (opaque is not None and subject is opaque):
                del self.entries[at]
                self._ids.discard(entry.section_id)
                self._forget()
                return entry
        raise LookupError(f"{subject!r} is not registered")

    def find(self, idstr: str, instance_id: int) -> Entry | None:
        """The entry that a section with this header is for."""
        if not self._by_name:
            self._by_name = {(entry.idstr, entry.instance_id): entry for entry in self.entries}
        exact = self._by_name.get((idstr, instance_id))
        if exact is not None:
            return exact
        return next((entry for entry in self.entries if entry.answers(idstr, instance_id)), None)


def place(registry: Registry, name: str, path: str | None, instance_id: int) -> tuple[str, int, tuple[str, int] | None]:
    """Name on the wire, instance, and compat pair of a device on a bus (`path`), or on none.

    With a path the name says which one it is, and the instance is 0; older senders have the bare name.
    """
    if not path:
        number = registry.free_instance(name) if instance_id == ANY_INSTANCE else instance_id
        return name, number, None
    number = registry.free_compat(name) if instance_id == ANY_INSTANCE else instance_id
    return f"{path}/{name}", 0, (name, number)


def priority_of(priority: int | str | None, subject: object) -> int:
    """The number; by default the one that the device's schema names. Raises ValueError for an unknown name."""
    value = getattr(subject, "priority", "default") if priority is None else priority
    if isinstance(value, int):
        return value
    if value not in PRIORITIES:
        raise ValueError(f"no priority is called {value!r}; there are {', '.join(PRIORITIES)}")
    return PRIORITIES[value]
