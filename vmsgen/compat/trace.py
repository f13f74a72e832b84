"""Saving and loading with a note of every number: what it is called, where its bytes are, what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vmsgen.interpret import Refusal, State
from vmsgen.interpret.decode import Decoder
from vmsgen.interpret.encode import Encoder
from vmsgen.interpret.expression import Frame
from vmsgen.interpret.hooks import Hooks
from vmsgen.interpret.put import Put
from vmsgen.interpret.state import Value, copy_value
from vmsgen.interpret.take import Take
from vmsgen.interpret.wire import Input, Reader, Writer
from vmsgen.model.description import Description, Subsection
from vmsgen.model.types import Map, Optional, Scalar, Struct, Type
from vmsgen.model.wire import Custom, Field, Group, Repeat, Tmp, Unused

HEADER = "subsection"
UNUSED = "unused"
CUSTOM = "custom"
ABSENT = "missing"
NOTHING = (HEADER, UNUSED, CUSTOM, ABSENT)
"""Kinds of pieces that have no value."""

OTHERWISE = (b"\0", b"\xff" * 5)
"""What the hooks of `custom` fields could write as well as nothing. Of the real ones no schema tells."""


@dataclass(frozen=True)
class Piece:
    """Bytes `start` (included) to `end` (excluded) of a stream. `kind` is a scalar's, or one of NOTHING.

    `name` is a field's, with indices, or a subsection's own on the wire. `value` is a number.

    Of a row of `numbers`, all of one size, `name` is the array's and `first` the index of the first of them.
    """

    name: str
    kind: str
    start: int
    end: int
    value: int | float | None = None
    numbers: Sequence[int] | None = None
    first: int = 0

    @property
    def size(self) -> int:
        """Bytes of the piece, or of each number of a row."""
        return (self.end - self.start) // (1 if self.numbers is None else len(self.numbers))

    def element(self, place: int) -> Piece:
        """A number of a row, `place` counted from its first, as a piece of its own."""
        assert self.numbers is not None
        start = self.start + place * self.size
        return Piece(f"{self.name}[{self.first + place}]", self.kind, start, start + self.size, self.numbers[place])

    def cut(self, place: int) -> tuple[Piece, Piece]:
        """A row in two: so many numbers, and the others."""
        assert self.numbers is not None
        middle = self.start + place * self.size
        return (
            replace(self, end=middle, numbers=self.numbers[:place]),
            replace(self, start=middle, numbers=self.numbers[place:], first=self.first + place),
        )

    @property
    def elements(self) -> Iterator[Piece]:
        """Itself, or each number of a row."""
        if self.numbers is None:
            yield self
        else:
            yield from (self.element(place) for place in range(len(self.numbers)))


class Answers(Mapping[str, Callable[..., Any]]):
    """A device model that answers questions by their names, wherever they are asked, and otherwise does nothing.

    Hooks that write and read bytes themselves write `written`, and read as many.
    """

    def __init__(self, replies: Mapping[str, bool], written: bytes = b"") -> None:
        self.replies = dict(replies)
        self.written = written

    def __getitem__(self, key: str) -> Callable[..., Any]:
        method = key.rpartition("/")[2]
        return lambda _, *arguments: self._called(method, *arguments)

    def _called(self, method: str, *arguments: object) -> bool:
        match arguments:
            case (Writer() as writer, *_):
                writer.put_buffer(self.written)
            case (Reader() as reader, *_):
                reader.get_buffer(len(self.written))
            case _:
                return self.replies.get(method, False)
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(self.replies)

    def __len__(self) -> int:
        return len(self.replies)


class _TracingPut(Put):
    def __init__(self, out: bytearray, description: Callable[[Description, Frame], None], pieces: list[Piece]) -> None:
        super().__init__(out, description)
        self.pieces = pieces

    def scalar(self, field: Field, wire: Scalar, storage: Scalar, value: Value, frame: Frame, name: str) -> None:
        start = len(self.out)
        super().scalar(field, wire, storage, value, frame, name)
        self.pieces.append(Piece(name, wire.kind, start, len(self.out), value))

    def value(
        self, field: Field, wire: Type, storage: Type, value: Value, frame: Frame, indices: tuple[int, ...]
    ) -> None:
        start = len(self.out)
        super().value(field, wire, storage, value, frame, indices)
        if value is None and isinstance(wire, Optional):
            self.pieces.append(Piece(frame.name_of(field.target, *indices), ABSENT, start, len(self.out)))

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
        start = len(self.out)
        super().flat(field, wire, data, values, frame, indices, first)
        if data:
            name = frame.name_of(field.target, *indices)
            self.pieces.append(Piece(name, wire.kind, start, len(self.out), None, values[:], first))

    def entry(self, type_: Map, key: Value, value: State, before: Value, name: str) -> None:
        if isinstance(type_.key, Scalar):
            start = len(self.out) + 1
            self.pieces.append(Piece(f"{name}.key", type_.key.kind, start, start + type_.key.size, key))
        super().entry(type_, key, value, before, name)


class _TracingEncoder(Encoder):
    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks)
        self.pieces: list[Piece] = []
        self.put = _TracingPut(self.out, self.owner, self.pieces)

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp, frame: Frame, name: str) -> None:
        start = len(self.out)
        super().item(item, frame, name)
        if isinstance(item, Unused):
            self.pieces.append(Piece(name, UNUSED, start, len(self.out)))

    def custom(self, item: Custom, frame: Frame, name: str, indices: tuple[int, ...]) -> None:
        start = len(self.out)
        super().custom(item, frame, name, indices)
        self.pieces.append(Piece(name, CUSTOM, start, len(self.out)))

    def subsection(self, subsection: Subsection, frame: Frame) -> None:
        start = len(self.out)
        before = len(self.pieces)
        super().subsection(subsection, frame)
        if len(self.out) > start:
            end = start + 6 + len(subsection.wire_name)
            self.pieces.insert(before, Piece(subsection.wire_name, HEADER, start, end))


class _TracingTake(Take):
    def __init__(self, source: Input, description: Callable[[Description, Frame], None], pieces: list[Piece]) -> None:
        super().__init__(source, description)
        self.pieces = pieces

    def scalar(self, field: Field, wire: Scalar, storage: Scalar, frame: Frame, indices: tuple[int, ...]) -> Value:
        start = self.source.at
        value = super().scalar(field, wire, storage, frame, indices)
        name = frame.name_of(field.target, *indices)
        self.pieces.append(Piece(name, wire.kind, start, self.source.at, value))
        return value

    def marker(self, name: str) -> None:
        start = self.source.at
        super().marker(name)
        self.pieces.append(Piece(name, ABSENT, start, self.source.at))

    def flat(
        self, field: Field, wire: Scalar, values: Value, places: range, frame: Frame, indices: tuple[int, ...]
    ) -> None:
        start = self.source.at
        super().flat(field, wire, values, places, frame, indices)
        if places:
            name, numbers = frame.name_of(field.target, *indices), values[places.start : places.stop]
            self.pieces.append(Piece(name, wire.kind, start, self.source.at, None, numbers, places.start))

    def entry(self, type_: Map, name: str) -> tuple[Value, State]:
        start, before = self.source.at, len(self.pieces)
        key, value = super().entry(type_, name)
        if not isinstance(type_.key, Struct):
            piece = Piece(f"{name}.key", type_.key.kind, start, start + type_.key.size, key)
            self.pieces.insert(before, piece)
        return key, value


class _TracingDecoder(Decoder):
    def __init__(self, data: bytes, hooks: Hooks) -> None:
        super().__init__(Input(data), hooks)
        self.pieces: list[Piece] = []
        self.take = _TracingTake(self.source, self.description, self.pieces)

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp, frame: Frame, name: str) -> None:
        start = self.source.at
        super().item(item, frame, name)
        if isinstance(item, Unused):
            self.pieces.append(Piece(name, UNUSED, start, self.source.at))

    def custom(self, item: Custom, frame: Frame, name: str, indices: tuple[int, ...]) -> None:
        start = self.source.at
        super().custom(item, frame, name, indices)
        self.pieces.append(Piece(name, CUSTOM, start, self.source.at))

    def subsection(self, owner: Description | Subsection | Tmp, name: bytes, frame: Frame) -> None:
        text = name.decode("ascii", "backslashreplace")
        start = self.source.at
        self.pieces.append(Piece(text, HEADER, start, start + 6 + len(name)))
        super().subsection(owner, name, frame)


@dataclass(frozen=True)
class Saved:
    """A body, and what each part of it is."""

    data: bytes
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Loaded:
    """What a load took for what, until it ended or was refused."""

    pieces: tuple[Piece, ...]
    refusal: Refusal | None


def save(description: Description, state: State, version: int, answers: Answers) -> Saved:
    """As `encode`. Raises Refusal."""
    encoder = _TracingEncoder(Hooks(answers))
    encoder.device(description, Frame(state, state, version))
    return Saved(bytes(encoder.out), tuple(encoder.pieces))


def load(description: Description, state: State, data: bytes, version: int, answers: Answers) -> Loaded:
    """As `decode` with a receiver; a refusal is returned, and `state` is of no use then."""
    decoder = _TracingDecoder(data, Hooks(answers))
    try:
        decoder.device(description, Frame(state, copy_value(state), version))
        if decoder.source.left:
            raise Refusal("trailing", "", decoder.source.at, found=decoder.source.left)
    except Refusal as refusal:
        return Loaded(tuple(decoder.pieces), refusal)
    return Loaded(tuple(decoder.pieces), None)
