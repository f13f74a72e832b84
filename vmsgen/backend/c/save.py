"""The C that saves the items of one description."""

from __future__ import annotations

from vmsgen.backend.c import coded, owned
from vmsgen.backend.c.arrays import Flat, allocated_room, copy, each, flat_count, flat_number, item_size
from vmsgen.backend.c.calls import save_call
from vmsgen.backend.c.items import always, asks, start_of
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.neighbours import together
from vmsgen.backend.c.questions import Questions, scalar_value
from vmsgen.backend.c.refusals import SAVE, Trail, spelled, trail
from vmsgen.backend.c.scalars import put, put_all
from vmsgen.backend.names import c_struct
from vmsgen.model.description import Description
from vmsgen.model.hooks import wire_has_hooks
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Scalar,
    Struct,
    Type,
    dimensions,
    innermost,
    is_allocated,
    is_optional,
)
from vmsgen.model.wire import Check, Custom, Field, Group, Repeat, Run, Tmp, Unused, WireItem
from vmsgen.passes.layout import fixed_size

UNROLLED = 8
"""Loops of so many turns are written out by compilers: what each turn stores is little beside the loop."""


class Saver:
    """Writes one function body. `version` is C for the one that is written: a number, and the items are those of it
    (`at_version`), or a variable."""

    def __init__(self, lines: Lines, description: Description, version: str) -> None:
        self.lines = lines
        self.description = description
        self.stem = c_struct(description.name)
        self.ask = Questions(lines, SAVE, version)
        self.declared_p = False

    def items(self, items: tuple[WireItem, ...]) -> None:
        for item in items:
            self.item(item)

    def item(self, item: WireItem) -> None:
        if isinstance(item, Field | Unused | Group | Repeat | Custom | Tmp) and not item.presence.always:
            test = self.ask.presence(item.presence, self.trail_of(item))
            outer = self.declared_p
            with self.lines.block(f"if ({test})"):
                self.present(item)
            self.declared_p = outer
            return
        self.present(item)

    @staticmethod
    def trail_of(item: WireItem) -> Trail:
        return trail(item.target) if isinstance(item, Field | Repeat) else Trail((), "")

    def present(self, item: WireItem) -> None:
        match item:
            case Run(size, items):
                self.run(size, items)
            case Check():
                self.ask.check(item, self.ask.context())
            case Group():
                self.items(item.items)
            case Unused():
                self.unused(item)
            case Repeat():
                self.repeat(item)
            case Field():
                self.field(item)
            case Custom():
                coded.custom(self.ask, item)
            case Tmp():
                self.tmp(item)

    def room(self, size: str) -> None:
        declare = "" if self.declared_p else "uint8_t *"
        self.declared_p = True
        self.lines.add(f"{declare}p = vms_room(w, {size});")
        self.lines.fail("!p", "return -1;")

    # Runs -------------------------------------------------------------------------------------------------------

    def run(self, size: int, items: tuple[WireItem, ...]) -> None:
        self.lines.blank()
        self.questions(items)
        self.room(str(size))
        self.stores(items, "p", 0, 0)

    def questions(self, items: tuple[WireItem, ...]) -> None:
        for item in items:
            match item:
                case Check():
                    self.ask.check(item, self.ask.context())
                case Field():
                    self.question(item, str(dimensions(item.type)[0]) if isinstance(item.type, Array) else "")
                case Repeat() if any(asks(inner) for inner in item.items):
                    index = f"i{item.depth}"
                    with self.lines.block(f"for (size_t {index} = 0; {index} < {item.capacity}; {index}++)"):
                        self.questions(item.items)

    def question(self, field: Field, outer: str) -> None:
        """The constraints of a field, asked of each element of an array; `outer` is its outermost length."""
        scalar = innermost(field.type)
        stored = innermost(field.storage)
        if not isinstance(scalar, Scalar) or not isinstance(stored, Scalar) or not asks(field):
            return
        text, at = spelled(field.target), trail(field.target)
        if isinstance(field.type, Array):
            lengths = [outer, *map(str, dimensions(field.type)[1:])]
            with each(self.lines, text, lengths, at, field.start, len(at.around)) as element:
                value = scalar_value(element.text, stored, member=True)
                self.ask.constraints(field.constraints, value, element.text, self.ask.context(), element.at)
            return
        value = scalar_value(text, stored, member=True)
        if scalar.kind != stored.kind:
            self.ask.fits(value, scalar, at)
        self.ask.constraints(field.constraints, value, text, self.ask.context(), at)

    def stores(self, items: tuple[WireItem, ...], p: str, offset: int, depth: int) -> None:
        for item, *beside in together(items, self.description):
            size = fixed_size(item) or 0
            at = f"{p} + {offset}" if offset else p
            match item:
                case Field() if beside:
                    self.store_together(item, beside, at)
                case Field():
                    self.store(item, p, offset, at)
                case Unused():
                    self.lines.add(f"memset({at}, 0, {size});", item.span)
                case Repeat():
                    self.store_repeat(item, at, size)
            offset += size * (1 + len(beside))

    def store_together(self, first: Field, others: list[WireItem], at: str) -> None:
        assert isinstance(first.type, Scalar)
        self.lines.add(put_all(first.type, at, spelled(first.target), 1 + len(others)), first.span)
        for other in others:
            assert isinstance(other, Field)
            self.lines.add("", other.span)

    def store_repeat(self, item: Repeat, at: str, size: int) -> None:
        index, q = f"i{item.depth}", f"q{item.depth}"
        head = f"for (size_t {index} = 0; {index} < {item.capacity}; {index}++)"
        if item.capacity <= UNROLLED and not any(isinstance(inner, Repeat) for inner in item.items):
            self.lines.add(f"#pragma GCC unroll {item.capacity}")
        with self.lines.block(head, item.span):
            self.lines.add(f"uint8_t *{q} = {at} + {size // item.capacity} * {index};")
            self.stores(item.items, q, 0, item.depth + 1)

    def store(self, field: Field, p: str, offset: int, at: str) -> None:
        source = spelled(field.target)
        match field.type:
            case Scalar():
                self.lines.add(put(field.type, field.storage, p, offset, source), field.span)
            case Buffer(capacity):
                self.lines.add(f"memcpy({at}, {start_of(source, field.start)}, {capacity});", field.span)
            case Array() | Bitmap():
                element = innermost(field.type)
                assert isinstance(element, Flat)
                count = flat_count(field.type, None)
                self.lines.add(copy(at, start_of(source, field.start), element, count), field.span)

    # What is not in runs ----------------------------------------------------------------------------------------

    def field(self, field: Field) -> None:
        alone = always(field)
        size = fixed_size(alone)
        if size is not None:
            self.run(size, (alone,))
            return
        self.lines.blank()
        at = trail(field.target)
        element = innermost(field.type)
        if isinstance(element, List | Map):
            owned.save(self, field, element, at)
            return
        if isinstance(element, Struct) or is_optional(field.type):
            self.structs(field, element, at)
            return
        count = self.counted(field, at)
        self.question(field, count)
        assert isinstance(element, Flat)
        number = flat_number(field.type, count)
        size = item_size(element)
        self.room(
            f"({number}) * {size}" if " " in number and size > 1 else number if size == 1 else f"{number} * {size}"
        )
        statement = copy("p", start_of(spelled(field.target), field.start), element, number)
        if not is_allocated(field.type):
            self.lines.add(statement, field.span)
            return
        with self.lines.block(f"if ({count})"):  # of nothing there is no address
            self.lines.add(statement, field.span)

    def counted(self, field: Field, at: Trail) -> str:
        """C for the elements of the outermost dimension that are sent; never more than are allocated."""
        assert isinstance(field.type, Array | Buffer | Bitmap)
        capacity = field.type.capacity
        if field.type.count is None:
            count = str(capacity)
        else:
            count = self.ask.count(field.type.count, capacity, "count", at)
        if is_allocated(field.type):
            room = allocated_room(field)
            found, most = f"vms_unsigned({count})", f"vms_unsigned({room})"
            self.lines.fail(f"{count} > {room}", *SAVE.refuse(at, "VMS_COUNT", found, "vms_unsigned(0)", most))
        return count

    def structs(self, field: Field, element: Type, at: Trail) -> None:
        """Structs with a name, and elements that may be missing: one after the other."""
        text = spelled(field.target)
        if not isinstance(field.type, Array):
            assert isinstance(element, Struct)
            self.struct(element, text, at, field)
            return
        lengths = [self.counted(field, at), *map(str, dimensions(field.type)[1:])]
        with each(self.lines, text, lengths, at, field.start, len(at.around)) as one:
            if not is_optional(field.type):
                assert isinstance(element, Struct)
                self.struct(element, one.text, one.at, field)
                return
            there = one.text.replace(text, f"{text}_there", 1)
            outer = self.declared_p
            with self.lines.block(f"if (!{there})"):
                self.room("1")
                self.lines.add("p[0] = 0x30;")
            self.declared_p = outer
            with self.lines.block("else"):
                if isinstance(element, Struct):
                    self.struct(element, one.text, one.at, field)
                elif isinstance(element, Scalar):
                    self.room(str(element.size))
                    self.lines.add(put(element, element, "p", 0, one.text), field.span)
            self.declared_p = outer

    def struct(self, element: Struct, text: str, at: Trail, field: Field) -> None:
        """A struct with a name, by its own function."""
        call = save_call(element, text)
        self.lines.fail(call, *SAVE.inside(at), beside=field.span)

    def tmp(self, item: Tmp) -> None:
        """A description inside, by a function of its own."""
        self.lines.blank()
        hooks = ", hooks" if wire_has_hooks((item,)) else ""
        self.lines.fail(f"{self.stem}_{item.name}_save(s, w{hooks})", "return -1;", beside=item.span)

    def unused(self, item: Unused) -> None:
        self.lines.blank()
        size = str(item.size)
        if item.count is not None:
            size = self.ask.count(item.count, item.size, "count", Trail((), "unused"))
        self.room(size)
        self.lines.add(f"memset(p, 0, {size});", item.span)

    def repeat(self, item: Repeat) -> None:
        self.lines.blank()
        index = f"i{item.depth}"
        count = str(item.capacity)
        if item.count is not None:
            count = self.ask.count(item.count, item.capacity, "count", trail(item.target))
        outer = self.declared_p
        with self.lines.block(f"for (size_t {index} = 0; {index} < {count}; {index}++)", item.span):
            self.items(item.items)
        self.declared_p = outer
