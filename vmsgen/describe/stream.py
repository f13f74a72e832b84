"""The description at the end of a stream, straight from the model and a state: what a save writes, as it is written.

The bytes are really encoded, and every size is a difference of two places in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vmsgen.describe.json import Object, text
from vmsgen.describe.names import Known, compresses, known, type_name
from vmsgen.interpret.encode import Encoder
from vmsgen.interpret.expression import Frame
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.items import count_of, indices_of, name_of_element
from vmsgen.interpret.put import Put
from vmsgen.interpret.state import State, Value
from vmsgen.model.description import Description, Subsection
from vmsgen.model.types import Type, dimensions
from vmsgen.model.wire import Custom, Field, Group, Repeat, Tmp, Unused


def describe(
    description: Description,
    state: State,
    hooks: Any = None,
    *,
    name: str | None = None,
    instance_id: int = 0,
    version: int | None = None,
) -> bytes:
    """The device's entry as QEMU 7.2 would write it: JSON in ASCII.

    `name` is the section's, that of the device if nothing else is said. Raises Refusal where a save would.
    """
    describer = _Describer(Hooks(hooks))
    entry = Object([("name", description.wire_name if name is None else name), ("instance_id", instance_id)])
    describer.open = entry
    at = description.version if version is None else version
    describer.device(description, Frame(state, state, at))
    if description.opaque:
        size = len(describer.out)
        entry.append(("size", size))
        entry.append(("fields", [Object([("name", "data"), ("size", size), ("type", "buffer")])]))
    return text(entry).encode("ascii")


class _Describer(Encoder):
    """`open` is the object that the next description puts its keys into."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks)
        self.put = _Elements(self.out, self.owner)
        self.open = Object()
        self.entries: dict[int, Known] = {}
        self.fields: list[Object] = []
        self.subsections: list[Object] = []

    def owner(self, owner: Description | Subsection | Tmp, frame: Frame) -> None:
        around = self.entries, self.fields, self.subsections
        if isinstance(owner, Subsection):
            self.open = Object()
            self.subsections.append(self.open)
        mine = self.open
        self.entries = {id(entry.item): entry for entry in known(owner)}
        self.fields, self.subsections = [], []
        super().owner(owner, frame)
        mine += [("vmsd_name", owner.wire_name), ("version", frame.version), ("fields", self.fields)]
        if self.subsections:
            mine.append(("subsections", self.subsections))
        self.entries, self.fields, self.subsections = around
        self.open = mine  # of a list the next element goes there as well

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp, frame: Frame, name: str) -> None:
        if isinstance(item, Group):
            super().item(item, frame, name)
            return
        entry = self.entries[id(item)]
        elements = self.elements(item, frame, name)
        count = len(elements)
        shown = elements[:1] if compresses(entry) else elements
        for number, (size, inner) in enumerate(shown):
            field = Object([("name", entry.shown)])
            if count > 1:
                field.append(("array_len", count) if compresses(entry) else ("index", number))
            field.append(("type", type_name(item)))
            if type_name(item) == "struct":
                field.append(("struct", inner))
            else:
                field += inner
            self.fields.append(Object([*field, ("size", size)]))

    def elements(
        self, item: Field | Unused | Repeat | Custom | Tmp, frame: Frame, name: str
    ) -> list[tuple[int, Object]]:
        """Writes an item, and tells for each of its elements how many bytes and what is in them."""
        start = len(self.out)
        match item:
            case Unused(count=count) if count is not None:
                super().item(item, frame, name)
                return [(item.unit, Object())] * ((len(self.out) - start) // item.unit)
            case Repeat():
                return self.repeated(item, frame, name)
            case Field() if item.things:
                return self.array(item, frame, name)
            case Custom() if item.things:
                return self.customs(item, frame, name)
        self.open = inner = Object()
        super().item(item, frame, name)
        return [(len(self.out) - start, inner)]

    def array(self, field: Field, frame: Frame, name: str) -> list[tuple[int, Object]]:
        found: list[tuple[int, Object]] = []
        outer = self.put
        self.put = _Elements(self.out, self.owner, self, found)
        super().item(field, frame, name)
        self.put = outer
        return found

    def customs(self, item: Custom, frame: Frame, name: str) -> list[tuple[int, Object]]:
        """Of what descriptions take for one thing the hooks may write in several calls."""
        sizes: dict[tuple[int, ...], int] = {}
        for indices in indices_of(item, frame, name, len(self.out)):
            start, thing = len(self.out), indices[: len(item.things)]
            self.custom(item, frame, name_of_element(name, indices), indices)
            sizes[thing] = sizes.get(thing, 0) + len(self.out) - start
        return [(size, Object()) for size in sizes.values()]

    def repeated(self, repeat: Repeat, frame: Frame, name: str) -> list[tuple[int, Object]]:
        """As an array of structs that are called like the field."""
        found = []
        around = self.entries, self.fields
        for number in range(count_of(repeat.count, repeat.capacity, frame, name, len(self.out))):
            start = len(self.out)
            self.entries = {id(entry.item): entry for entry in known(repeat)}
            self.fields = []
            self.items(repeat.items, frame.within_loop(repeat.target, number))
            inner = [("vmsd_name", repeat.wire_name), ("version", frame.version), ("fields", self.fields)]
            found.append((len(self.out) - start, Object(inner)))
        self.entries, self.fields = around
        return found


class _Elements(Put):
    """Notes each element of an array: not those of buffers, which are one thing, nor what stands inside of them."""

    def __init__(
        self,
        out: bytearray,
        description: Any,
        describer: _Describer | None = None,
        found: list[tuple[int, Object]] | None = None,
    ) -> None:
        super().__init__(out, description)
        self.describer = describer
        self.found = found

    def row(
        self,
        field: Field,
        wire: Type,
        storage: Type,
        values: Sequence[Value],
        frame: Frame,
        indices: tuple[int, ...],
        first: int = 0,
    ) -> None:
        row = super().row if self.found is None else self.each
        row(field, wire, storage, values, frame, indices, first)

    def value(
        self, field: Field, wire: Type, storage: Type, value: Value, frame: Frame, indices: tuple[int, ...]
    ) -> None:
        rank = field.codec.rank if field.codec else 0
        if self.found is None or self.describer is None or len(dimensions(wire)) > rank:
            super().value(field, wire, storage, value, frame, indices)
            return
        start, found = len(self.out), self.found
        self.describer.open = inner = Object()
        self.found = None
        super().value(field, wire, storage, value, frame, indices)
        self.found = found
        found.append((len(self.out) - start, inner))
