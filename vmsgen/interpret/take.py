"""Loading: the values of fields from bytes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame, look_up, store
from vmsgen.interpret.flat import is_flat, unpack
from vmsgen.interpret.items import counted, element_types, expect, expect_fit, fetch, fixed_size, words_of
from vmsgen.interpret.put import BYTE, MISSING, WORD
from vmsgen.interpret.state import State, Value, double_of, reset_state, reset_value
from vmsgen.interpret.wire import Input
from vmsgen.model.description import Description
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Optional,
    Scalar,
    Struct,
    Type,
    is_allocated,
)
from vmsgen.model.wire import Field


class Take:
    """Takes from `source`; `description` takes all of an embedded struct's state.

    What a load makes anew (elements of lists, maps and allocated arrays) begins at its values at reset, and held
    nothing before: in it `equal` and held() are not asked.
    """

    def __init__(self, source: Input, description: Callable[[Description, Frame], None]) -> None:
        self.source = source
        self.description = description

    def field(self, field: Field, frame: Frame, name: str) -> None:
        number = counted(field, frame, name, self.source.at)
        wire, storage = element_types(field)
        if isinstance(field.type, Bitmap):
            number = words_of(number)
        size = fixed_size(wire)
        if size is not None:
            self.source.expect(size * number, name)
        current = fetch(field.target, frame, name, self.source.at)
        if isinstance(field.type, List):
            current[:] = self.elements(field.type, name)
            return
        if isinstance(field.type, Map):
            current[:] = self.entries(field.type, name)
            return
        if not isinstance(field.type, Array | Buffer | Bitmap):
            store(field.target, frame, self.value(field, wire, storage, current, frame, ()))
            return
        values = current
        if is_allocated(field.storage):
            values = [reset_value(storage, None) for _ in range(number)]
        self.row(field, wire, storage, values, range(field.start, field.start + number), frame, ())
        if is_allocated(field.storage):
            current[:] = values

    def row(
        self,
        field: Field,
        wire: Type,
        storage: Type,
        values: Value,
        places: range,
        frame: Frame,
        indices: tuple[int, ...],
    ) -> None:
        """The elements of `values` at these places."""
        # Where there are not bytes enough, the way one by one tells which element they end in.
        if isinstance(wire, Scalar) and is_flat(field, wire, storage) and self.source.left >= wire.size * len(places):
            self.flat(field, wire, values, places, frame, indices)
            return
        for index in places:
            values[index] = self.value(field, wire, storage, values[index], frame, (*indices, index))

    def flat(
        self, field: Field, wire: Scalar, values: Value, places: range, frame: Frame, indices: tuple[int, ...]
    ) -> None:
        """A row in one piece."""
        data = self.source.take(wire.size * len(places), "")
        values[places.start : places.stop] = unpack(wire, data)

    def value(
        self, field: Field, wire: Type, storage: Type, current: Value, frame: Frame, indices: tuple[int, ...]
    ) -> Value:
        """Reads one value; arrays and structs are filled in place and returned."""
        match wire, storage:
            case Scalar(), Scalar():
                return self.scalar(field, wire, storage, frame, indices)
            case (Buffer(), Buffer()) | (Bitmap(), Bitmap()):
                element = BYTE if isinstance(wire, Buffer) else WORD
                self.row(field, element, element, current, range(len(current)), frame, indices)
            case Array(), Array():
                self.row(field, wire.element, storage.element, current, range(wire.capacity), frame, indices)
            case Optional(), Optional():
                if current is not None:
                    return self.value(field, wire.element, storage.element, current, frame, indices)
                self.marker(frame.name_of(field.target, *indices))
            case Struct(description), Struct():
                held = self.held(field, frame, indices)
                prefix = frame.name_of(field.target, *indices)
                self.description(description, Frame(current, held, wire.version, prefix))
            case _:
                raise TypeError(f"{storage} cannot be sent as {wire}")
        return current

    def marker(self, name: str) -> None:
        """What stands for an element that the receiver misses; a byte of an element that was sent may look the same."""
        offset = self.source.at
        found = self.source.take(1, name)
        if found != MISSING:
            raise Refusal("marker", name, offset, found=found[0], low=MISSING[0], high=MISSING[0])

    def scalar(self, field: Field, wire: Scalar, storage: Scalar, frame: Frame, indices: tuple[int, ...]) -> Value:
        name, offset = frame.name_of(field.target, *indices), self.source.at
        value = self.source.number(wire.size, name, wire.signed)
        if wire.floating or storage.floating:
            if not (wire.floating and storage.floating):
                raise TypeError(f"{storage} cannot be sent as {wire}")
            return double_of(value)
        if wire.kind == "bool":
            value = int(value != 0)
        expect_fit(storage, value, name, offset)
        expect(field.constraints, value, self.held(field, frame, indices), frame, name, offset)
        return value

    def held(self, field: Field, frame: Frame, indices: tuple[int, ...]) -> Value:
        """What the receiver had at this place before the load; None where it had nothing, or there is none."""
        if frame.held is None or is_allocated(field.storage):
            return None
        value = look_up(field.target, frame.held, frame)
        for index in indices:
            value = value[index]
        return value

    # Lists and maps -------------------------------------------------------------------------------------------------

    def fresh(self, struct: Struct, name: str) -> State:
        state = reset_state(struct.description)
        self.description(struct.description, Frame(state, None, struct.version, name))
        return state

    def more(self, name: str) -> bool:
        """The byte before each element, 01 as saved, and the 00 behind the last."""
        return self.source.take(1, name) != b"\0"

    def elements(self, type_: List, name: str) -> list[State]:
        made: list[State] = []
        offset = self.source.at
        while self.more(name):
            if len(made) == type_.maximum:
                raise Refusal("count", name, offset, found=type_.maximum + 1, high=type_.maximum)
            made.append(self.fresh(type_.element, f"{name}[{len(made)}]"))
            offset = self.source.at
        return made

    def entries(self, type_: Map, name: str) -> list[tuple[Value, State]]:
        offset = self.source.at
        announced = self.source.number(4, name)
        if announced > type_.maximum:
            raise Refusal("count", name, offset, found=announced, high=type_.maximum)
        made: list[tuple[Value, State]] = []
        offset = self.source.at
        while self.more(name):
            if len(made) == announced:
                raise Refusal("count", name, offset, found=announced + 1, low=announced, high=announced)
            made.append(self.entry(type_, f"{name}[{len(made)}]"))
            offset = self.source.at
        if len(made) < announced:
            raise Refusal("count", name, offset, found=len(made), low=announced, high=announced)
        if isinstance(type_.key, Scalar):
            made.sort(key=lambda entry: int(entry[0]))
            for index, ((before, _), (key, _)) in enumerate(pairwise(made), 1):
                if key == before:
                    # Found out at the byte behind the last entry.
                    raise Refusal("key", f"{name}[{index}].key", offset, found=key, low=key, high=key)
        return made

    def entry(self, type_: Map, name: str) -> tuple[Value, State]:
        key: Value
        if isinstance(type_.key, Struct):
            key = self.fresh(type_.key, f"{name}.key")
        else:
            key = self.source.number(type_.key.size, f"{name}.key")
        return key, self.fresh(type_.value, f"{name}.value")
