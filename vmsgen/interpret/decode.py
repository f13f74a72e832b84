"""Loading: bytes into a state in place, or a refusal that leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmsgen.interpret.errors import Refusal
from vmsgen.interpret.expression import Frame, look_up, store
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.items import (
    count_of,
    counted,
    element_types,
    expect,
    expect_check,
    expect_fit,
    fetch,
    is_present,
    name_of_item,
    size_of,
)
from vmsgen.interpret.state import State, Value, copy_value, put_back, reset_value
from vmsgen.model.description import Check, Description, Field, Group, Repeat, Run, Subsection, Unused, WireItem
from vmsgen.model.expressions import Constant, IndexStep, LoopStep, Path, Step
from vmsgen.model.types import Array, Buffer, Scalar, Struct, Type, innermost

SUBSECTION = 0x05


def decode(
    description: Description, state: State, data: bytes, version: int, hooks: Any = None, receiver: bool = True
) -> None:
    """Loads a body of `version` into `state`.

    Raises Refusal, or whatever a hook raised; then the state is exactly as before. Without a `receiver` nothing is
    compared with what the state held.
    """
    before = copy_value(state)
    decoder = _Decoder(data, Hooks(hooks))
    try:
        _expect_version(description, version, "", 0)
        decoder.description(description, Frame(state, before if receiver else None, version))
        left = len(data) - decoder.at
        if left:
            raise Refusal("trailing", "", decoder.at, found=left)
    except BaseException as error:
        put_back(state, before)
        if isinstance(error, Refusal):
            error.hooks_ran = tuple(decoder.hooks.ran)
        raise


def _expect_version(owner: Description | Subsection, version: int, name: str, offset: int) -> None:
    if not owner.minimum_version <= version <= owner.version:
        raise Refusal("version", name, offset, found=version, low=owner.minimum_version, high=owner.version)


class _Decoder:
    def __init__(self, data: bytes, hooks: Hooks) -> None:
        self.data = data
        self.hooks = hooks
        self.at = 0

    def description(self, description: Description, frame: Frame) -> None:
        frame.state.present.clear()
        for reset in description.resets:
            for place in _everywhere(reset.target.steps, frame.state, frame):
                store(place, frame, reset_value(reset.storage, reset.value))
        self.owner(description, frame)

    def owner(self, owner: Description | Subsection, frame: Frame) -> None:
        """One description or subsection: pre_load, fields, subsections, post_load."""
        self.hooks.call(owner.hook("pre_load"), frame, self.at)
        self.items(owner.wire, frame)
        while (name := self.peek_subsection(owner)) is not None:
            self.subsection(owner, name, frame)
        self.hooks.call(owner.hook("post_load"), frame, self.at)

    def peek_subsection(self, owner: Description | Subsection) -> bytes | None:
        """The name of the subsection that comes next, if it can be one of this owner's; nothing is consumed."""
        head = self.data[self.at : self.at + 2]
        if len(head) < 2 or head[0] != SUBSECTION:
            return None
        own, length = owner.wire_name.encode("ascii"), head[1]
        name = self.data[self.at + 2 : self.at + 2 + length]
        return name if len(own) < length == len(name) and name.startswith(own) else None

    def subsection(self, owner: Description | Subsection, name: bytes, frame: Frame) -> None:
        subsection = next((s for s in owner.subsections if s.wire_name.encode("ascii") == name), None)
        if subsection is None:
            text = name.decode("ascii", "backslashreplace")
            raise Refusal("unknown-subsection", frame.prefix, self.at, text=text)
        self.at += 2 + len(name)
        path = frame.name_of(subsection.name)
        offset = self.at
        version = int.from_bytes(self.take(4, path), "big")
        _expect_version(subsection, version, path, offset)
        frame.state.present.add(subsection.name)
        self.owner(subsection, frame.at_version(version))

    def take(self, size: int, name: str) -> bytes:
        piece = self.data[self.at : self.at + size]
        if len(piece) < size:
            raise Refusal("truncated", name, self.at, found=len(piece), low=size, high=size)
        self.at += size
        return piece

    def items(self, items: tuple[WireItem, ...], frame: Frame) -> None:
        for item in items:
            match item:
                case Run(size, inner):
                    self.expect_whole(size, inner, frame)
                    # Storing at once is storing at the end: no hook sees what is between, and a refusal undoes it all.
                    self.items(inner, frame)
                case Check():
                    expect_check(item, frame, self.at)
                case Field() | Unused() | Group() | Repeat():
                    name = name_of_item(item, frame)
                    if is_present(item.presence, frame, self.hooks, name, self.at):
                        self.item(item, frame, name)

    def expect_whole(self, size: int, items: tuple[WireItem, ...], frame: Frame) -> None:
        """A run is there in full before anything of it is looked at; else names the first field that is not."""
        left = len(self.data) - self.at
        if left >= size:
            return
        offset = self.at
        for name, length in _pieces(items, frame):
            if length > left:
                raise Refusal("truncated", name, offset, found=left, low=length, high=length)
            offset, left = offset + length, left - length
        raise AssertionError("a run is larger than the fields in it")

    def item(self, item: Field | Unused | Group | Repeat, frame: Frame, name: str) -> None:
        match item:
            case Field():
                self.field(item, frame, name)
            case Unused(size, count, _, _):
                self.take(count_of(count, size, frame, name, self.at), name)
            case Group(_, inner, _):
                self.items(inner, frame)
            case Repeat():
                for number in range(count_of(item.count, item.capacity, frame, name, self.at)):
                    self.items(item.items, frame.within_loop(item.target, number))

    def field(self, field: Field, frame: Frame, name: str) -> None:
        number = counted(field, frame, name, self.at)
        wire, storage = element_types(field)
        if not isinstance(innermost(wire), Struct):
            size = size_of(wire) * number
            self.take(size, name)
            self.at -= size
        if not isinstance(field.type, (Array, Buffer)):
            current = fetch(field.target, frame, name, self.at)
            store(field.target, frame, self.value(field, wire, storage, current, frame, ()))
            return
        values = fetch(field.target, frame, name, self.at)
        for index in range(field.start, field.start + number):
            values[index] = self.value(field, wire, storage, values[index], frame, (index,))

    def value(
        self, field: Field, wire: Type, storage: Type, current: Value, frame: Frame, indices: tuple[int, ...]
    ) -> Value:
        """Reads one value; arrays and structs are filled in place and returned."""
        match wire, storage:
            case Scalar(), Scalar():
                return self.scalar(field, wire, storage, frame, indices)
            case Buffer(), Buffer():
                for index in range(wire.capacity):
                    current[index] = self.scalar(field, Scalar("u8"), Scalar("u8"), frame, (*indices, index))
            case Array(), Array():
                for index in range(wire.capacity):
                    inner = (*indices, index)
                    current[index] = self.value(field, wire.element, storage.element, current[index], frame, inner)
            case Struct(description), Struct():
                held = self.held(field, frame, indices)
                prefix = frame.name_of(field.target, *indices)
                self.description(description, Frame(current, held, wire.version, prefix))
            case _:
                raise TypeError(f"{storage} cannot be sent as {wire}")
        return current

    def scalar(self, field: Field, wire: Scalar, storage: Scalar, frame: Frame, indices: tuple[int, ...]) -> int:
        name, offset = frame.name_of(field.target, *indices), self.at
        value = int.from_bytes(self.take(wire.size, name), "big", signed=wire.signed)
        if wire.kind == "bool":
            value = int(value != 0)
        expect_fit(storage, value, name, offset)
        expect(field.constraints, value, self.held(field, frame, indices), frame, name, offset)
        return value

    def held(self, field: Field, frame: Frame, indices: tuple[int, ...]) -> Value:
        """What the receiver had at this place before the load; None without a receiver."""
        if frame.held is None:
            return None
        value = look_up(field.target, frame.held, frame)
        for index in indices:
            value = value[index]
        return value


def _everywhere(steps: tuple[Step, ...], root: State, frame: Frame) -> Iterator[Path]:
    """A path outside of any loop, once for each combination of elements that its `LoopStep`s stand for."""
    loop = next((i for i, step in enumerate(steps) if isinstance(step, LoopStep)), None)
    if loop is None:
        yield Path(steps)
        return
    length = len(look_up(Path(steps[:loop]), root, frame))
    for number in range(length):
        yield from _everywhere((*steps[:loop], IndexStep(Constant(number), length), *steps[loop + 1 :]), root, frame)


def _pieces(items: tuple[WireItem, ...], frame: Frame) -> Iterator[tuple[str, int]]:
    """The fields of a run with their sizes, in order."""
    for item in items:
        name = name_of_item(item, frame)
        match item:
            case Field():
                yield name, size_of(item.type)
            case Unused(size, _, _, _):
                yield name, size
            case Repeat():
                for number in range(item.capacity):
                    yield from _pieces(item.items, frame.within_loop(item.target, number))
            case Group(_, inner, _) | Run(_, inner):
                yield from _pieces(inner, frame)
            case Check():
                pass
