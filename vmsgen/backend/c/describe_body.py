"""The body of a function that describes: its text, its sizes, what stands in every field's object."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vmsgen.backend.c.arrays import allocated_room
from vmsgen.backend.c.described import Owner
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.listing import Listing, quoted
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.refusals import SAVE, Trail
from vmsgen.backend.c.text import Text
from vmsgen.backend.names import c_struct
from vmsgen.model.hooks import has_hooks
from vmsgen.model.types import Array, Bitmap, Buffer, Struct, is_allocated
from vmsgen.model.wire import Field

Size = int | str
"""Bytes: a number, or C for an int64_t."""


@dataclass(frozen=True)
class Shown:
    """How a field is shown: its name, its type, and whether an array of it is shown by its first element."""

    name: str
    type: str
    compressed: bool


class Body(ABC):
    """`at` is the version if that is certain; else C's variable `version` has it. `present` is the member that tells
    which subsections came, if there is one."""

    def __init__(self, stem: str, at: int | None, present: str, hooks: bool) -> None:
        self.stem, self.at, self.present_bits = stem, at, present
        self.pass_hooks = ", hooks" if hooks else ""
        self.lines = Lines()
        self.text = Text(self.lines)
        self.ask = Questions(self.lines, SAVE, "version" if at is None else str(at))
        self.ask.taken.add("size")
        self.sum = "size"
        self.fixed = 0
        self.fields = Listing(self.text, self.ask, "listed", "")

    @property
    def certain(self) -> bool:
        """Is all of it one constant text so far?"""
        return not self.lines.lines

    @abstractmethod
    def owner(self, owner: Owner) -> None:
        """The members of the object of a description, subsection, `tmp`, or element of an array without a name."""

    @abstractmethod
    def constant(self, owner: Owner, version: int) -> tuple[str, int] | None:
        """Text and size of what nothing of depends on the state; else None."""

    # Sizes ----------------------------------------------------------------------------------------------------------

    def account(self, size: Size) -> None:
        if isinstance(size, int):
            self.fixed += size
        else:
            self.lines.add(f"{self.sum} += {size};")

    def finish(self, size: Size) -> None:
        """The end of a field's object."""
        self.text.add('"size": ')
        if isinstance(size, int):
            self.text.add(str(size))
        else:
            self.text.number(size)
        self.text.add("}")
        self.account(size)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.text.flush()
        with self.lines.block(head), self.apart():
            yield

    @contextmanager
    def branch(self, head: str) -> Iterator[None]:
        """A block of an `if` without an `else`."""
        with self.text.branch(head):
            fixed, self.fixed = self.fixed, 0
            yield
            if self.fixed:
                self.lines.add(f"{self.sum} += {self.fixed};")
            self.fixed = fixed

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is certain of the sizes in here is added in here."""
        fixed, self.fixed = self.fixed, 0
        yield
        self.text.flush()
        if self.fixed:
            self.lines.add(f"{self.sum} += {self.fixed};")
        self.fixed = fixed

    # Fields ---------------------------------------------------------------------------------------------------------

    def head(self, shown: Shown, array: str = "") -> None:
        self.fields.separate()
        self.text.add(f'{{"name": {quoted(shown.name)}, {array}"type": {quoted(shown.type)}, ')

    def open(self, shown: Shown, key: str, value: str, total: str) -> None:
        """The head of an array's object: no word of it being one where it has one element."""
        self.fields.separate()
        self.text.add(f'{{"name": {quoted(shown.name)}, ')
        if not total.isdigit():
            with self.branch(f"if ({total} > 1)"):
                self.text.add(f'"{key}": ')
                self.text.number(f"(int64_t)({value})")
                self.text.add(", ")
        elif int(total) > 1:
            self.text.add(f'"{key}": ')
            self.text.add(value) if value.isdigit() else self.text.number(f"(int64_t)({value})")
            self.text.add(", ")
        self.text.add(f'"type": {quoted(shown.type)}, ')

    # Structs --------------------------------------------------------------------------------------------------------

    def struct(self, struct: Struct, text: str, at: Trail) -> Size:
        """What stands in a field for a struct with a name; the end of the object is left to come."""
        wrapped = struct.at is None
        self.text.add('"struct": {' if wrapped else "")
        size = self.description(struct, text, at)
        self.text.add("}, " if wrapped else ", ")
        return size

    def description(self, struct: Struct, text: str, at: Trail) -> Size:
        made = self.constant(struct.description, struct.version)
        if made is not None:
            self.text.add(made[0])
            return made[1]
        return self.called(describe_call(struct, text), "inner", at)

    def called(self, call: str, name: str, at: Trail | None) -> str:
        self.text.flush()
        size = self.ask.fresh(f"{name}_size")
        self.lines.add(f"int64_t {size} = {call};")
        self.lines.fail(f"{size} < 0", *(["return -1;"] if at is None else SAVE.inside(at)))
        return size


def counted(lines: Lines, ask: Questions, field: Field, at: Trail) -> str:
    """As a save has it: C for the number of elements of the outermost dimension."""
    assert isinstance(field.type, Array | Buffer | Bitmap)
    capacity = field.type.capacity
    count = str(capacity)
    if field.type.count is not None:
        count = ask.count(field.type.count, capacity, "count", at)
    if is_allocated(field.type):
        room = allocated_room(field)
        found, most = f"vms_unsigned({count})", f"vms_unsigned({room})"
        lines.fail(f"{count} > {room}", *SAVE.refuse(at, "VMS_COUNT", found, "vms_unsigned(0)", most))
    return count


def counted_bytes(lines: Lines, ask: Questions, name: str, function: str, handed: str = "") -> str:
    """C for the number of bytes that a hook writes, found by letting it. `handed` as for `by_hook`."""
    count, size = ask.fresh(f"{name}_bytes"), ask.fresh(f"{name}_size")
    lines.add(f"vms_counting {count};")
    lines.add(f"vms_count_begin(&{count}, w);")
    lines.add(f"int64_t {size} = vms_count_end(&{count}, w, {function}(s, &{count}.w, {handed}hooks));")
    lines.fail(f"{size} < 0", "return -1;")
    return size


def describe_call(struct: Struct, text: str) -> str:
    description = struct.description
    name = c_struct(description.name)
    hooks = f", hooks ? &hooks->{name} : NULL" if has_hooks(description) else ""
    if struct.version != description.version:
        return f"{name}_describe_version(&{text}, w, {struct.version}{hooks})"
    return f"{name}_describe(&{text}, w{hooks})"
