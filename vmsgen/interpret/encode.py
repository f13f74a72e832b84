"""Saving: the body's bytes, as QEMU would write them."""

from __future__ import annotations

import contextlib
from typing import Any

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.items import (
    ask,
    count_of,
    counted,
    element_types,
    expect,
    expect_check,
    expect_fit,
    fetch,
    is_present,
    name_of_item,
)
from vmsgen.interpret.state import State, Value
from vmsgen.model.description import (
    Check,
    Description,
    Field,
    Group,
    HookPredicate,
    Repeat,
    Run,
    Subsection,
    Unused,
    WireItem,
)
from vmsgen.model.types import Array, Buffer, Scalar, Struct, Type

SUBSECTION = 0x05


def encode(description: Description, state: State, hooks: Any = None) -> bytes:
    """The body at the description's own version. Raises Refusal; what a hook raises passes through."""
    return encode_at(description, state, description.version, hooks)


def encode_at(description: Description, state: State, version: int, hooks: Any = None) -> bytes:
    """The body as a device of another version would have written it, as far as the description still knows.

    Embedded structs and subsections keep their own version. Real saves have one version only: this makes old streams.
    """
    encoder = _Encoder(Hooks(hooks))
    try:
        encoder.owner(description, Frame(state, state, version))
    except Refusal as refusal:
        refusal.hooks_ran = tuple(encoder.hooks.ran)
        raise
    return bytes(encoder.out)


class _Encoder:
    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks
        self.out = bytearray()

    def owner(self, owner: Description | Subsection, frame: Frame) -> None:
        """One description or subsection: pre_save, fields, subsections, post_save."""
        self.hooks.call(owner.hook("pre_save"), frame, len(self.out))
        try:
            self.items(owner.wire, frame)
            for subsection in owner.subsections:
                self.subsection(subsection, frame)
        except BaseException:
            # It runs all the same, but the earlier error is the one that counts.
            with contextlib.suppress(Exception):
                self.hooks.call(owner.hook("post_save"), frame, len(self.out))
            raise
        self.hooks.call(owner.hook("post_save"), frame, len(self.out))

    def subsection(self, subsection: Subsection, frame: Frame) -> None:
        inner = frame.at_version(subsection.version)
        if not self.is_needed(subsection, inner):
            return
        name = subsection.wire_name.encode("ascii")
        self.out += bytes([SUBSECTION, len(name)]) + name + subsection.version.to_bytes(4, "big")
        self.owner(subsection, inner)

    def is_needed(self, subsection: Subsection, frame: Frame) -> bool:
        match subsection.needed:
            case None:
                return True
            case HookPredicate(method):
                return self.hooks.predicate(method, frame, otherwise=subsection.name in frame.state.present)
            case expression:
                return ask(expression, frame, frame.name_of(subsection.name), len(self.out)) != 0

    def items(self, items: tuple[WireItem, ...], frame: Frame) -> None:
        for item in items:
            match item:
                case Run(_, inner):
                    self.items(inner, frame)
                case Check():
                    expect_check(item, frame, len(self.out))
                case Field() | Unused() | Group() | Repeat():
                    name = name_of_item(item, frame)
                    if is_present(item.presence, frame, self.hooks, name, len(self.out)):
                        self.item(item, frame, name)

    def item(self, item: Field | Unused | Group | Repeat, frame: Frame, name: str) -> None:
        match item:
            case Field():
                self.field(item, frame, name)
            case Unused(size, count, _, _):
                self.out += bytes(count_of(count, size, frame, name, len(self.out)))
            case Group(_, inner, _):
                self.items(inner, frame)
            case Repeat():
                for number in range(count_of(item.count, item.capacity, frame, name, len(self.out))):
                    self.items(item.items, frame.within_loop(item.target, number))

    def field(self, field: Field, frame: Frame, name: str) -> None:
        number = counted(field, frame, name, len(self.out))
        value = fetch(field.target, frame, name, len(self.out))
        wire, storage = element_types(field)
        if not isinstance(field.type, (Array, Buffer)):
            self.value(field, wire, storage, value, frame, ())
            return
        for index in range(field.start, field.start + number):
            self.value(field, wire, storage, value[index], frame, (index,))

    def value(
        self, field: Field, wire: Type, storage: Type, value: Value, frame: Frame, indices: tuple[int, ...]
    ) -> None:
        match wire, storage:
            case Scalar(), Scalar():
                self.scalar(field, wire, storage, value, frame, frame.name_of(field.target, *indices))
            case Buffer(), Buffer():
                for index, byte in enumerate(value[: wire.capacity]):
                    self.value(field, Scalar("u8"), Scalar("u8"), byte, frame, (*indices, index))
            case Array(), Array():
                for index, element in enumerate(value[: wire.capacity]):
                    self.value(field, wire.element, storage.element, element, frame, (*indices, index))
            case Struct(description), Struct():
                prefix = frame.name_of(field.target, *indices)
                self.owner(description, Frame(value, value, wire.version, prefix))
            case _:
                raise TypeError(f"{storage} cannot be sent as {wire}")

    def scalar(self, field: Field, wire: Scalar, storage: Scalar, value: int, frame: Frame, name: str) -> None:
        offset = len(self.out)
        if storage.kind == "bool":
            value = int(value != 0)
        expect(field.constraints, value, None, frame, name, offset)
        expect_fit(wire, value, name, offset)
        self.out += value.to_bytes(wire.size, "big", signed=wire.signed)
