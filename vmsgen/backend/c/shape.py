"""The C that writes a state's shape: what decides the text of its description, in a few bytes.

That is whether each thing is there that may be missing, and how many there are of what varies. States of one shape are
described alike, so whoever has the shape of a description can tell whether it still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import struct_type
from vmsgen.backend.c.describe import constant_text
from vmsgen.backend.c.describe_body import counted
from vmsgen.backend.c.described import Owner, program
from vmsgen.backend.c.function import Function, Names, function
from vmsgen.backend.c.kinds import each_kind, kinds
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.refusals import SAVE, Trail, spelled, trail
from vmsgen.backend.names import c_struct
from vmsgen.model.description import Description, Subsection
from vmsgen.model.hooks import hook_points
from vmsgen.model.types import Array, List, Map, Struct, dimensions, innermost, is_allocated
from vmsgen.model.types import is_optional as has_optional
from vmsgen.model.wire import Check, Custom, Field, Group, HookPredicate, Presence, Repeat, Run, Tmp, Unused, WireItem

_NO_SAY = ("pre_load", "post_load", "load_state_old", "dev_unplug_pending")
"""Hooks that no description runs."""


T = TypeVar("T")


class _NoShapeError(Exception):
    """Something in it has none."""


def shape_head(description: Description) -> str:
    return f"int {c_struct(description.name)}_shape(const {struct_type(description)} *s, vms_writer *w)"


def shape_function(description: Description, known: dict[int, bool] | None = None) -> Function | None:
    """None where the text is always the same, or where hooks have a say in it.

    `known`: which structs have one, by identity; filled on the way, as a struct may be used many times.
    """
    if description.anonymous or description.opaque:
        return None
    if any(point.kind not in _NO_SAY for point in hook_points(description)):
        return None
    stem = Names(description).stem
    if constant_text(stem, description, description.version) is not None:
        return None
    shaper = _Shaper(stem, description.version, {} if known is None else known)
    try:
        shaper.owner(description)
    except _NoShapeError:
        return None
    shaper.lines.add("return 0;")
    return function("", shape_head(description), shaper.lines)


class _Shaper:
    """The body of one function. `at` is the version of what is walked."""

    def __init__(self, stem: str, at: int, known: dict[int, bool]) -> None:
        self.stem, self.at, self.known = stem, at, known
        self.lines = Lines()
        self.ask = Questions(self.lines, SAVE, str(at))

    # What is written ------------------------------------------------------------------------------------------------

    def count(self, count: str) -> None:
        self.lines.fail(f"vms_shape_count(w, {count})", "return -1;")

    @contextmanager
    def choice(self, test: str) -> Iterator[None]:
        """Is `test` true; around what is walked only then."""
        lines = self.lines
        start = len(lines.lines)
        lines.depth += 1
        yield
        lines.depth -= 1
        within = lines.lines[start:]
        del lines.lines[start:]
        if not within:
            lines.fail(f"vms_shape_choice(w, {test})", "return -1;")
            return
        chosen = self.ask.fresh("chosen")
        lines.add(f"bool {chosen} = {test};")
        lines.fail(f"vms_shape_choice(w, {chosen})", "return -1;")
        with lines.block(f"if ({chosen})"):
            lines.lines += within

    @contextmanager
    def around(self, loop: AbstractContextManager[T]) -> Iterator[T]:
        """No loop, if there is nothing to do in it."""
        start = len(self.lines.lines)
        with loop as one:
            within = len(self.lines.lines)
            yield one
            idle = len(self.lines.lines) == within
        if idle:
            del self.lines.lines[start:]

    # Owners ---------------------------------------------------------------------------------------------------------

    def owner(self, owner: Owner) -> None:
        self.items(program(owner))
        if not isinstance(owner, Repeat):
            self.subsections(owner.subsections)

    def subsections(self, subsections: tuple[Subsection, ...]) -> None:
        for subsection in subsections:
            with self.of_version(subsection.version):
                self.subsection(subsection)

    def subsection(self, subsection: Subsection) -> None:
        if subsection.needed is None:
            self.owner(subsection)
            return
        assert not isinstance(subsection.needed, HookPredicate)
        with self.choice(self.ask.condition(subsection.needed, Trail((), subsection.name))):
            self.owner(subsection)

    @contextmanager
    def of_version(self, version: int) -> Iterator[None]:
        before = self.at, self.ask
        self.at, self.ask = version, self.ask.of_version(str(version))
        yield
        self.at, self.ask = before

    # Items ----------------------------------------------------------------------------------------------------------

    def items(self, items: tuple[WireItem, ...]) -> None:
        for item in items:
            match item:
                case Run():
                    self.items(item.items)
                case Check():
                    pass
                case _:
                    self.item(item)

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp) -> None:
        presence = item.presence
        if self.at < presence.since or (presence.before is not None and self.at >= presence.before):
            return
        if presence.condition is None:
            self.present(item)
            return
        at = trail(item.target) if isinstance(item, Field | Repeat) else Trail((), "")
        with self.choice(self.ask.presence(Presence(condition=presence.condition), at)):
            self.present(item)

    def present(self, item: Field | Unused | Group | Repeat | Custom | Tmp) -> None:
        match item:
            case Field():
                self.field(item)
            case Group():
                self.items(item.items)
            case Unused():
                if item.count is not None:
                    self.count(self.ask.count(item.count, item.size, "count", Trail((), "unused")))
            case Repeat():
                self.repeat(item)
            case Tmp():
                with self.of_version(0):
                    self.owner(item)
            case Custom():
                raise AssertionError("a hook has a say in its size")

    def field(self, field: Field) -> None:
        at = trail(field.target)
        element = innermost(field.type)
        text = spelled(field.target)
        if isinstance(element, List | Map):
            self.container(element, text, at)
            return
        lengths = []
        if not isinstance(field.type, Struct) and (getattr(field.type, "count", None) or is_allocated(field.type)):
            lengths = [counted(self.lines, self.ask, field, at)]
            self.count(lengths[0])
        if not isinstance(field.type, Array):
            if isinstance(element, Struct):
                self.struct(element, text)
            return
        lengths = [*(lengths or [str(field.type.capacity)]), *map(str, dimensions(field.type)[1:])]
        with self.around(each(self.lines, text, lengths, at, field.start, len(at.around))) as one:
            if has_optional(field.type):
                with self.choice(one.text.replace(text, f"{text}_there", 1)):
                    self.element(element, one.text)
            else:
                self.element(element, one.text)

    def element(self, element: object, text: str) -> None:
        if isinstance(element, Struct):
            self.struct(element, text)

    def repeat(self, item: Repeat) -> None:
        count = str(item.capacity)
        if item.count is not None:
            count = self.ask.count(item.count, item.capacity, "count", trail(item.target))
            self.count(count)
        index = f"i{item.depth}"
        with self.around(self.lines.block(f"for (size_t {index} = 0; {index} < {count}; {index}++)")):
            self.items(item.items)

    def container(self, type_: List | Map, text: str, at: Trail) -> None:
        self.count(f"{text}_count")
        if isinstance(type_, List) and kinds(type_.element) is not None:
            self.kinds(type_.element, text)
            return
        with self.around(self.lines.block(f"for (uint32_t i0 = 0; i0 < {text}_count; i0++)")):
            if isinstance(type_, List):
                self.struct(type_.element, f"{text}[i0]")
            else:
                self.element(type_.key, f"{text}[i0].key")
                self.struct(type_.value, f"{text}[i0].value")

    def kinds(self, struct: Struct, text: str) -> None:
        """A byte for each element of a list."""
        bytes_ = self.ask.fresh("kinds")
        self.lines.add(f"uint8_t *{bytes_} = vms_room(w, {text}_count);")
        self.lines.fail(f"!{bytes_}", "return -1;")
        each_one = each_kind(self.lines, self.ask, struct, text)
        self.lines.add(each_one.loop)
        self.lines.add(f"    {bytes_}[i0] = (uint8_t){each_one.kind};")

    def has_shape(self, description: Description) -> bool:
        key = id(description)
        if key not in self.known:
            self.known[key] = shape_function(description, self.known) is not None
        return self.known[key]

    def struct(self, struct: Struct, text: str) -> None:
        description = struct.description
        if constant_text(self.stem, description, struct.version) is not None:
            return
        if struct.version != description.version or not self.has_shape(description):
            raise _NoShapeError
        self.lines.fail(f"{c_struct(description.name)}_shape(&{text}, w)", "return -1;")
