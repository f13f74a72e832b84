"""The C that loads the items of one description."""

from __future__ import annotations

from vmsgen.backend.c import coded, owned
from vmsgen.backend.c.arrays import Element, Flat, copy, each, flat_count, flat_number, item_size
from vmsgen.backend.c.calls import read_call
from vmsgen.backend.c.ctypes import SCALARS
from vmsgen.backend.c.held import tmp_uses_held
from vmsgen.backend.c.items import always, asks, read_again, start_of
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.load_questions import Locals, RunQuestions
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.refusals import LOAD, Trail, numbers, spelled, trail
from vmsgen.backend.c.scalars import get
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


class Loader:
    """Writes one function body. `version` is C for the stream's version."""

    def __init__(self, lines: Lines, description: Description, version: str) -> None:
        self.lines = lines
        self.description = description
        self.stem = c_struct(description.name)
        self.version = version
        self.ask = Questions(lines, LOAD, version)
        self.questions = RunQuestions(lines, self.ask)
        self.declared_p = False
        self.before_stores: list[str] = []
        """Statements between the checks and the stores of the next run."""

    def items(self, items: tuple[WireItem, ...]) -> None:
        for item in items:
            self.item(item)

    def item(self, item: WireItem) -> None:
        if isinstance(item, Field | Unused | Group | Repeat | Custom | Tmp) and not item.presence.always:
            at = trail(item.target) if isinstance(item, Field | Repeat) else Trail((), "")
            self.lines.blank()
            test = self.ask.presence(item.presence, at)
            outer = self.declared_p
            with self.lines.block(f"if ({test})"):
                self.present(item)
            self.declared_p = outer
            return
        self.present(item)

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

    def tmp(self, item: Tmp) -> None:
        """A description inside, by a function of its own, always as version 0."""
        self.lines.blank()
        held = ", held" if tmp_uses_held(item) else ""
        came = ", came" if item.subsections and not self.description.own else ""
        hooks = ", hooks" if wire_has_hooks((item,)) else ""
        self.lines.fail(f"{self.stem}_{item.name}_read(s{held}{came}, r{hooks})", "return -1;", beside=item.span)

    def take(self, size: str, fields: list[str], at: Trail) -> None:
        declare = "" if self.declared_p else "const uint8_t *"
        self.declared_p = True
        self.lines.add_long(f"{declare}p = vms_take(r, {size}, ", fields, ");")
        inside = LOAD.inside(Trail(at.around, "")) if at.around else ["return -1;"]
        self.lines.fail("!p", *inside)

    # Runs -------------------------------------------------------------------------------------------------------

    def run(self, size: int, items: tuple[WireItem, ...]) -> None:
        self.lines.blank()
        around = next((trail(i.target) for i in items if isinstance(i, Field | Repeat)), Trail((), ""))
        self.take(str(size), legend(items), around)
        local: Locals = {}
        self.questions.items(items, "p", 0, local, read_again(items))
        for statement in self.before_stores:
            self.lines.add(statement)
        self.before_stores = []
        self.stores(items, "p", 0, local)

    def stores(self, items: tuple[WireItem, ...], p: str, offset: int, local: Locals) -> None:
        for item in items:
            size = fixed_size(item) or 0
            at = f"{p} + {offset}" if offset else p
            match item:
                case Field():
                    self.store(item, p, offset, at, local)
                case Repeat():
                    index, q = f"i{item.depth}", f"q{item.depth}"
                    head = f"for (size_t {index} = 0; {index} < {item.capacity}; {index}++)"
                    with self.lines.block(head, item.span):
                        self.lines.add(f"const uint8_t *{q} = {at} + {size // item.capacity} * {index};")
                        self.stores(item.items, q, 0, {})
            offset += size

    def store(self, field: Field, p: str, offset: int, at: str, local: Locals) -> None:
        target = spelled(field.target)
        match field.type:
            case Scalar() as scalar:
                value = local[field.target][0] if field.target in local else get(scalar, p, offset)
                stored = field.storage
                if isinstance(stored, Scalar) and SCALARS[stored.kind] != SCALARS[scalar.kind]:
                    value = f"({SCALARS[stored.kind]}){value}"
                self.lines.add(f"{target} = {value};", field.span)
            case Buffer(capacity):
                self.lines.add(f"memcpy({start_of(target, field.start)}, {at}, {capacity});", field.span)
            case Array() | Bitmap():
                element = innermost(field.type)
                assert isinstance(element, Flat)
                count = flat_count(field.type, None)
                self.lines.add(copy(start_of(target, field.start), at, element, count), field.span)

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
        if isinstance(element, List):
            owned.load_list(self, field, element, at)
        elif isinstance(element, Map):
            owned.load_map(self, field, element, at)
        elif isinstance(element, Struct) or is_optional(field.type):
            self.structs(field, element, at)
        else:
            assert isinstance(element, Flat)
            self.flat(field, element, at)

    def counted(self, field: Field, at: Trail) -> str:
        """C for the number of elements of the outermost dimension that come."""
        assert isinstance(field.type, Array | Buffer | Bitmap)
        if field.type.count is None:
            return str(field.type.capacity)
        return self.ask.count(field.type.count, field.type.capacity, "count", at)

    def flat(self, field: Field, element: Flat, at: Trail) -> None:
        """Numbers, bytes or bits, in one piece, as many as are counted."""
        count = self.counted(field, at)
        number = flat_number(field.type, count)
        size = item_size(element)
        bytes_ = f"({number}) * {size}" if " " in number and size > 1 else number if size == 1 else f"{number} * {size}"
        self.take(bytes_, [at.last], at)
        if asks(field) and isinstance(field.type, Array):
            self.questions.elements(field, "p", count, {})
        target = start_of(spelled(field.target), field.start)
        if is_allocated(field.type):
            held = count
            if isinstance(field.type, Bitmap):
                held = number = self.named("words", number)
            owned.allocate(self, target, element, "", held, at)
            with self.lines.block(f"if ({count})"):
                self.lines.add(copy(target, "p", element, number), field.span)
            return
        self.lines.add(copy(target, "p", element, number), field.span)

    def named(self, name: str, number: str) -> str:
        """C for a number that is used more than once: a variable, unless it is a constant."""
        if number.isdigit():
            return number
        name = self.ask.fresh(name)
        self.lines.add(f"size_t {name} = {number};")
        return name

    def structs(self, field: Field, element: Type, at: Trail) -> None:
        """Structs with a name, and elements that may be missing: one after the other."""
        text = spelled(field.target)
        if not isinstance(field.type, Array):
            assert isinstance(element, Struct)
            call = read_call(element, f"&{text}", "&" + text.replace("s->", "held->", 1))
            self.lines.fail(call, *LOAD.inside(at), beside=field.span)
            return
        outer = self.counted(field, at)
        if is_allocated(field.type):
            owned.allocate(self, text, field.type.element, "", outer, at)
        lengths = [outer, *map(str, dimensions(field.type)[1:])]
        with each(self.lines, text, lengths, at, field.start, len(at.around)) as one:
            if not is_optional(field.type):
                assert isinstance(element, Struct)
                if is_allocated(field.type):
                    owned.read_fresh(self.lines, element, f"&{one.text}", one.at, field.span)
                    return
                held = "&" + one.text.replace("s->", "held->", 1)
                self.lines.fail(read_call(element, f"&{one.text}", held), *LOAD.inside(one.at), beside=field.span)
                return
            self.optional(field, element, one, text)

    def optional(self, field: Field, element: Type, one: Element, text: str) -> None:
        """What the receiver misses must have been missing there: one byte says so."""
        there = one.text.replace(text, f"{text}_there", 1)
        lines, outer = self.lines, self.declared_p
        with lines.block(f"if (!{there})"):
            self.take("1", [""], one.at)
            found = numbers("*p", "0x30", "0x30")
            lines.fail("*p != 0x30", *LOAD.refuse(one.at, "VMS_MARKER", *found, "p"))
        self.declared_p = outer
        with lines.block("else"):
            if isinstance(element, Struct):
                call = read_call(element, f"&{one.text}", "&" + one.text.replace("s->", "held->", 1))
                lines.fail(call, *LOAD.inside(one.at), beside=field.span)
            elif isinstance(element, Scalar):
                self.take(str(element.size), [""], one.at)
                lines.add(f"{SCALARS[element.kind]} value = {get(element, 'p', 0)};")
                lines.add(f"{one.text} = value;", field.span)
        self.declared_p = outer

    def unused(self, item: Unused) -> None:
        self.lines.blank()
        size = str(item.size)
        if item.count is not None:
            size = self.ask.count(item.count, item.size, "count", Trail((), "unused"))
        self.lines.fail(f"!vms_take(r, {size}, {string('unused')})", "return -1;", beside=item.span)

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


def legend(items: tuple[WireItem, ...]) -> list[str]:
    """What stands in a run, for the error if it is cut short: `divider:2 ier:1 ranges:9*16`."""
    parts = []
    for item in items:
        size = fixed_size(item) or 0
        match item:
            case Field():
                parts.append(f"{trail(item.target).last}:{size}")
            case Unused():
                parts.append(f"unused:{size}")
            case Repeat():
                parts.append(f"{trail(item.target).last}:{size // item.capacity}*{item.capacity}")
    return parts
