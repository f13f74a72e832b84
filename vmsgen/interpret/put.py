"""Saving: the values of fields as bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame
from vmsgen.interpret.flat import is_flat, pack
from vmsgen.interpret.items import counted, element_types, expect, expect_fit, fetch, words_of
from vmsgen.interpret.state import State, Value, bits_of
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

MISSING = b"\x30"
MORE, END = b"\1", b"\0"
BYTE, WORD = Scalar("u8"), Scalar("u64")


class Put:
    """Adds to `out`; `description` adds all of an embedded struct's state."""

    def __init__(self, out: bytearray, description: Callable[[Description, Frame], None]) -> None:
        self.out = out
        self.description = description

    def field(self, field: Field, frame: Frame, name: str) -> None:
        number = counted(field, frame, name, len(self.out))
        value = fetch(field.target, frame, name, len(self.out))
        wire, storage = element_types(field)
        if isinstance(field.type, List | Map):
            self.container(field.type, value, name)
            return
        if not isinstance(field.type, Array | Buffer | Bitmap):
            self.value(field, wire, storage, value, frame, ())
            return
        if is_allocated(field.storage):
            room = 64 * len(value) if isinstance(field.type, Bitmap) else len(value)
            if number > room:
                raise Refusal("count", name, len(self.out), found=number, high=room)
        if isinstance(field.type, Bitmap):
            number = words_of(number)
        self.row(field, wire, storage, value[field.start : field.start + number], frame, (), field.start)

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
        """The elements of an array, the first of them number `first`."""
        if isinstance(wire, Scalar) and is_flat(field, wire, storage):
            data = pack(wire, values)
            if data is not None:
                self.flat(field, wire, data, values, frame, indices, first)
                return
        self.each(field, wire, storage, values, frame, indices, first)

    def each(
        self,
        field: Field,
        wire: Type,
        storage: Type,
        values: Sequence[Value],
        frame: Frame,
        indices: tuple[int, ...],
        first: int,
    ) -> None:
        """A row one by one."""
        for index, value in enumerate(values, first):
            self.value(field, wire, storage, value, frame, (*indices, index))

    def flat(
        self,
        field: Field,
        wire: Scalar,
        data: bytes,
        values: Sequence[int],
        frame: Frame,
        indices: tuple[int, ...],
        first: int,
    ) -> None:
        """A row in one piece: `data` is what the `values` are on the wire."""
        self.out += data

    def value(
        self, field: Field, wire: Type, storage: Type, value: Value, frame: Frame, indices: tuple[int, ...]
    ) -> None:
        match wire, storage:
            case Scalar(), Scalar():
                self.scalar(field, wire, storage, value, frame, frame.name_of(field.target, *indices))
            case (Buffer(), Buffer()) | (Bitmap(), Bitmap()):
                element = BYTE if isinstance(wire, Buffer) else WORD
                self.row(field, element, element, value, frame, indices)
            case Array(), Array():
                self.row(field, wire.element, storage.element, value, frame, indices)
            case Optional(), Optional():
                if value is None:
                    self.out += MISSING
                else:
                    self.value(field, wire.element, storage.element, value, frame, indices)
            case Struct(), Struct():
                self.struct(wire, value, frame.name_of(field.target, *indices))
            case _:
                raise TypeError(f"{storage} cannot be sent as {wire}")

    def struct(self, struct: Struct, state: State, name: str) -> None:
        self.description(struct.description, Frame(state, state, struct.version, name))

    def scalar(self, field: Field, wire: Scalar, storage: Scalar, value: Value, frame: Frame, name: str) -> None:
        if wire.floating or storage.floating:
            if not (wire.floating and storage.floating):
                raise TypeError(f"{storage} cannot be sent as {wire}")
            self.out += bits_of(value).to_bytes(8, "big")
            return
        offset = len(self.out)
        if storage.kind == "bool":
            value = int(value != 0)
        expect(field.constraints, value, None, frame, name, offset)
        expect_fit(wire, value, name, offset)
        self.out += value.to_bytes(wire.size, "big", signed=wire.signed)

    # Lists and maps -------------------------------------------------------------------------------------------------

    def container(self, type_: List | Map, value: Value, name: str) -> None:
        if len(value) > type_.maximum:
            raise Refusal("count", name, len(self.out), found=len(value), high=type_.maximum)
        if isinstance(type_, List):
            for index, element in enumerate(value):
                self.out += MORE
                self.struct(type_.element, element, f"{name}[{index}]")
        else:
            self.out += len(value).to_bytes(4, "big")
            for index, (key, held) in enumerate(value):
                before = value[index - 1][0] if index else None
                self.entry(type_, key, held, before, f"{name}[{index}]")
        self.out += END

    def entry(self, type_: Map, key: Value, value: State, before: Value, name: str) -> None:
        """`before` is the key of the entry before, None if there is none."""
        if isinstance(type_.key, Scalar) and before is not None and key <= before:
            raise Refusal("key", f"{name}.key", len(self.out), found=key)
        self.out += MORE
        if isinstance(type_.key, Struct):
            self.struct(type_.key, key, f"{name}.key")
        else:
            self.out += key.to_bytes(type_.key.size, "big")
        self.struct(type_.value, value, f"{name}.value")
