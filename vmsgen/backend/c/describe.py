"""The C that writes a description: what a save would send now, in JSON, with the size of everything in it.

What is certain is one constant text. Only where something depends on the state the C walks the same conditions as a
save does, and adds up the sizes as it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vmsgen.backend.c.arrays import each, flat_count, item_size
from vmsgen.backend.c.described import Owner, codec, is_optional, numbered, program, uniform
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.listing import Listing, Text, quoted
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.refusals import SAVE, Trail, spelled, trail
from vmsgen.backend.names import c_struct
from vmsgen.model.description import (
    Check,
    Custom,
    Description,
    Field,
    Group,
    HookPredicate,
    Presence,
    Repeat,
    Run,
    Subsection,
    Tmp,
    Unused,
    WireItem,
)
from vmsgen.model.hooks import has_hooks
from vmsgen.model.sizes import header_size
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Scalar,
    Struct,
    dimensions,
    innermost,
    is_allocated,
)
from vmsgen.model.types import is_optional as has_optional

Size = int | str
"""Bytes: a number, or C for an int64_t."""


class Describer:
    """Writes the body of one function, up to its `return size`. `at` is the version if that is certain; else C's
    variable `version` has it."""

    def __init__(self, stem: str, at: int | None, present: str, hooks: bool) -> None:
        self.stem, self.at, self.present_bits = stem, at, present
        self.pass_hooks = ", hooks" if hooks else ""
        self.lines = Lines()
        self.text = Text(self.lines)
        self.ask = Questions(self.lines, SAVE, "version" if at is None else str(at))
        self.ask.taken |= {"size", "quiet"}
        self.sum = "size"
        self.fixed = 0
        self.fields = Listing(self.text, self.ask, "listed", "")

    @property
    def certain(self) -> bool:
        """Is all of it one constant text so far?"""
        return not self.lines.lines

    # Owners ---------------------------------------------------------------------------------------------------------

    def owner(self, owner: Owner) -> None:
        """The members of the object of a description, subsection, `tmp`, or element of an array without a name."""
        self.text.add(f'"vmsd_name": {quoted(owner.wire_name)}, "version": ')
        if self.at is None:
            self.text.number("version")
        else:
            self.text.add(str(self.at))
        self.text.add(', "fields": [')
        around, self.fields = self.fields, Listing(self.text, self.ask, "listed", "")
        self.items(program(owner), numbered(owner), False)
        self.fields = around
        self.text.add("]")
        if isinstance(owner, Description | Subsection):
            self.subsections(owner.subsections)

    def subsections(self, subsections: tuple[Subsection, ...]) -> None:
        sent = Listing(self.text, self.ask, "sent", ', "subsections": [')
        for subsection in subsections:
            if subsection.needed is None:
                self.subsection(subsection, sent)
                continue
            with sent.perhaps():
                self.text.flush()
                # `needed` stands in the subsection, so `version` is the subsection's.
                ask = self.ask.of_version(str(subsection.version))
                if isinstance(subsection.needed, HookPredicate):
                    came = f"(int)(s->{self.present_bits} >> {subsection.number} & 1)"
                    test = ask.predicate(subsection.needed.method, came)
                else:
                    test = ask.condition(subsection.needed, Trail((), subsection.name))
                with self.block(f"if ({test})"):
                    self.subsection(subsection, sent)
        sent.close("]")

    def subsection(self, subsection: Subsection, sent: Listing) -> None:
        sent.separate()
        self.text.add("{")
        size = self.inner(subsection, subsection.version, subsection.name)
        self.text.add("}")
        self.fixed += header_size(subsection)
        self.account(size)

    def inner(self, owner: Subsection | Tmp, version: int, name: str) -> Size:
        """A part of this description's state, constant or by its own function."""
        made = self.constant(owner, version)
        if made is not None:
            self.text.add(made[0])
            return made[1]
        return self.called(f"{self.stem}_{name}_describe(s, w{self.pass_hooks})", name, None)

    def constant(self, owner: Owner, version: int) -> tuple[str, int] | None:
        """Text and size of what nothing of depends on the state."""
        return constant_text(self.stem, owner, version)

    def called(self, call: str, name: str, at: Trail | None) -> str:
        self.text.flush()
        size = self.ask.fresh(f"{name}_size")
        self.lines.add(f"int64_t {size} = {call};")
        self.lines.fail(f"{size} < 0", *(["return -1;"] if at is None else SAVE.inside(at)))
        return size

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
    def apart(self) -> Iterator[None]:
        """What is certain of the sizes in here is added in here."""
        fixed, self.fixed = self.fixed, 0
        yield
        self.text.flush()
        if self.fixed:
            self.lines.add(f"{self.sum} += {self.fixed};")
        self.fixed = fixed

    # Items ----------------------------------------------------------------------------------------------------------

    def items(self, items: tuple[WireItem, ...], names: dict[int, str], optional: bool) -> None:
        for item in items:
            match item:
                case Run():
                    self.items(item.items, names, optional)
                case Check():
                    pass
                case _:
                    self.item(item, names, optional)

    def item(
        self, item: Field | Unused | Group | Repeat | Custom | Tmp, names: dict[int, str], optional: bool
    ) -> None:
        presence = self.left_to_ask(item.presence)
        if presence is None:
            return
        if presence.always:
            self.present(item, names, optional)
            return
        with self.fields.perhaps():
            self.text.flush()
            test = self.ask.presence(presence, trail(item.target) if isinstance(item, Field | Repeat) else Trail((), ""))
            with self.block(f"if ({test})"):
                self.present(item, names, optional)

    def left_to_ask(self, presence: Presence) -> Presence | None:
        """Without what the version decides; None if that is no."""
        if self.at is None:
            return presence
        if self.at < presence.since or (presence.before is not None and self.at >= presence.before):
            return None
        return Presence(condition=presence.condition)

    def present(
        self, item: Field | Unused | Group | Repeat | Custom | Tmp, names: dict[int, str], optional: bool
    ) -> None:
        if isinstance(item, Group):
            self.items(item.items, names, optional or is_optional(item.presence))
            return
        shown = Shown(names[id(item)], codec(item), uniform(item) and not optional)
        match item:
            case Field():
                self.field(item, shown)
            case Unused():
                self.unused(item, shown)
            case Repeat():
                self.repeat(item, shown)
            case Custom():
                self.custom(item, shown)
            case Tmp():
                self.head(shown)
                size = self.inner(item, 0, item.name)
                self.text.add(", ")
                self.finish(size)

    def head(self, shown: Shown, array: str = "") -> None:
        self.fields.separate()
        self.text.add(f'{{"name": {quoted(shown.name)}, {array}"type": {quoted(shown.type)}, ')

    def unused(self, item: Unused, shown: Shown) -> None:
        if item.count is None:
            self.head(shown)
            self.finish(item.size)
            return
        self.text.flush()
        count = self.ask.count(item.count, item.size, "count", Trail((), "unused"))
        self.alike(shown, count, "", 1)

    def custom(self, item: Custom, shown: Shown) -> None:
        self.text.flush()
        size = counted_bytes(self.lines, self.ask, item.name, f"{self.stem}_{item.name}_bytes")
        self.head(shown)
        self.finish(size)

    def field(self, field: Field, shown: Shown) -> None:
        at = trail(field.target)
        element = innermost(field.type)
        if isinstance(element, List | Map):
            self.container(field, element, shown, at)
        elif isinstance(field.type, Array) and not (field.codec and field.codec.whole):
            self.array(field, shown, at)
        elif isinstance(element, Struct):
            self.head(shown)
            self.finish(self.struct(element, spelled(field.target), at))
        else:
            size = self.whole(field, at)
            self.head(shown)
            self.finish(size)

    def whole(self, field: Field, at: Trail) -> Size:
        """The size of what is one thing: a number, a buffer, a bitmap, an array with a name for its type."""
        element = innermost(field.type)
        assert isinstance(element, Scalar | Buffer | Bitmap)
        if isinstance(field.type, Scalar):
            return field.type.size
        if field.type.count is None and not is_allocated(field.type):
            if isinstance(field.type, Bitmap):
                return 8 * field.type.words
            return int(flat_count(field.type, None)) * item_size(element)
        count = self.counted(field, at)
        number = f"({count} + 63) / 64" if isinstance(field.type, Bitmap) else flat_count(field.type, count)
        each_size = item_size(element)
        return f"(int64_t)({number})" + (f" * {each_size}" if each_size > 1 else "")

    def counted(self, field: Field, at: Trail) -> str:
        """As a save has it: C for the number of elements of the outermost dimension."""
        assert isinstance(field.type, Array | Buffer | Bitmap)
        self.text.flush()
        capacity = field.type.capacity
        count = str(capacity)
        if field.type.count is not None:
            count = self.ask.count(field.type.count, capacity, "count", at)
        if is_allocated(field.type):
            room = spelled(field.target) + "_count"
            found, most = f"vms_unsigned({count})", f"vms_unsigned({room})"
            self.lines.fail(f"{count} > {room}", *SAVE.refuse(at, "VMS_COUNT", found, "vms_unsigned(0)", most))
        return count

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

    # Arrays ---------------------------------------------------------------------------------------------------------

    def array(self, field: Field, shown: Shown, at: Trail) -> None:
        assert isinstance(field.type, Array)
        varies = field.type.count is not None or is_allocated(field.type)
        outer = self.counted(field, at) if varies else None
        lengths = [outer or str(field.type.capacity), *map(str, dimensions(field.type)[1:])]
        total = flat_count_of(lengths, varies)
        element = innermost(field.type)
        if not has_optional(field.type):
            if isinstance(element, Struct):
                made = self.constant(element.description, element.version)
                if made is not None:
                    body = f'"struct": {{{made[0]}}}, ' if element.at is None else f"{made[0]}, "
                    self.alike(shown, total, body, made[1])
                    return
            else:
                assert isinstance(element, Scalar | Buffer | Bitmap)
                self.alike(shown, total, "", flat_size(element))
                return
        self.one_by_one(field, shown, at, lengths, total)

    def alike(self, shown: Shown, total: str, body: str, size: int) -> None:
        """An array of `total` elements, each of `size` bytes and with the same text in it."""
        number = int(total) if total.isdigit() else None
        if shown.compressed:
            if number is not None:
                self.head(shown, f'"array_len": {number}, ' if number > 1 else "")
                self.text.add(f'{body}"size": {size}}}')
                self.fixed += number * size
                return
            with self.fields.perhaps(), self.block(f"if ({total} > 0)"):
                self.open(shown, "array_len", total, total)
                self.text.add(f'{body}"size": {size}}}')
                self.text.flush()
                self.lines.add(f"{self.sum} += (int64_t)({total}) * {size};")
            return
        index = self.ask.fresh("index")
        with self.fields.perhaps(), self.block(f"for (size_t {index} = 0; {index} < {total}; {index}++)"):
            self.open(shown, "index", index, total)
            self.text.add(f"{body}")
            self.finish(size)

    def open(self, shown: Shown, key: str, value: str, total: str) -> None:
        """The head of an array's object: no word of it being one where it has one element."""
        self.fields.separate()
        self.text.add(f'{{"name": {quoted(shown.name)}, ')
        if not total.isdigit():
            with self.block(f"if ({total} > 1)"):
                self.text.add(f'"{key}": ')
                self.text.number(f"(int64_t)({value})")
                self.text.add(", ")
        elif int(total) > 1:
            self.text.add(f'"{key}": ')
            self.text.add(value) if value.isdigit() else self.text.number(f"(int64_t)({value})")
            self.text.add(", ")
        self.text.add(f'"type": {quoted(shown.type)}, ')

    def one_by_one(self, field: Field, shown: Shown, at: Trail, lengths: list[str], total: str) -> None:
        """Elements whose size has to be asked of each; of a compressed array only the first one is shown."""
        text = spelled(field.target)
        element = innermost(field.type)
        with self.fields.perhaps():
            self.text.flush()
            with each(self.lines, text, lengths, at, field.start, len(at.around)) as one, self.apart():
                with self.quietly(one.flat, shown.compressed):
                    key, value = ("array_len", total) if shown.compressed else ("index", one.flat)
                    self.open(shown, key, value, total)
                    if not has_optional(field.type):
                        self.element(element, one.text, one.at)
                    else:
                        there = one.text.replace(text, f"{text}_there", 1)
                        with self.block(f"if (!{there})"):
                            missing = '"struct": {}, ' if shown.type == "struct" else ""
                            self.text.add(missing)
                            self.finish(1)
                        with self.block("else"):
                            self.element(element, one.text, one.at)
        if total.isdigit():
            self.fields.certain = True

    @contextmanager
    def quietly(self, index: str, compressed: bool) -> Iterator[None]:
        """Nothing is written but for index 0, if the array is compressed."""
        if not compressed:
            yield
            return
        self.lines.add("vms_muted quiet;")
        operand = index if index.isidentifier() else f"({index})"
        self.lines.add(f"if ({operand})")
        self.lines.add("    vms_mute(w, &quiet);")
        yield
        self.text.flush()
        self.lines.add(f"if ({operand})")
        self.lines.add("    vms_unmute(w, &quiet);")

    def element(self, element: object, text: str, at: Trail) -> None:
        if isinstance(element, Struct):
            self.finish(self.struct(element, text, at))
        else:
            assert isinstance(element, Scalar)
            self.finish(element.size)

    def repeat(self, item: Repeat, shown: Shown) -> None:
        """An array of structs without a name: they are called like the field, and have the version of what it is in."""
        count = str(item.capacity)
        if item.count is not None:
            self.text.flush()
            count = self.ask.count(item.count, item.capacity, "count", trail(item.target))
        made = None if self.at is None else self.constant(item, self.at)
        if made is not None:
            self.alike(shown, count, f'"struct": {{{made[0]}}}, ', made[1])
            return
        index = f"i{item.depth}"
        with self.fields.perhaps(), self.block(f"for (size_t {index} = 0; {index} < {count}; {index}++)"):
            size = self.ask.fresh("element")
            self.lines.add(f"int64_t {size} = 0;")
            with self.quietly(index, shown.compressed):
                key, value = ("array_len", count) if shown.compressed else ("index", index)
                self.open(shown, key, value, count)
                self.text.add('"struct": {')
                around, self.sum = self.sum, size
                with self.apart():
                    self.owner(item)
                self.sum = around
                self.text.add("}, ")
                self.finish(size)

    # Lists and maps -------------------------------------------------------------------------------------------------

    def container(self, field: Field, type_: List | Map, shown: Shown, at: Trail) -> None:
        """The keys of every element stand in the field's own object, again and again."""
        self.head(shown)
        self.text.flush()
        text = spelled(field.target)
        size = self.ask.fresh("list_size")
        start = 1 if isinstance(type_, List) else 5
        self.lines.add(f"int64_t {size} = {start};")
        around, self.sum = self.sum, size
        with self.block(f"for (uint32_t i0 = 0; i0 < {text}_count; i0++)"):
            self.fixed += 1
            one = at.element("i0")
            if isinstance(type_, List):
                self.listed(type_.element, f"{text}[i0]", one)
            else:
                if isinstance(type_.key, Struct):
                    self.listed(type_.key, f"{text}[i0].key", Trail(one.around, "key"))
                else:
                    self.fixed += type_.key.size
                self.listed(type_.value, f"{text}[i0].value", Trail(one.around, "value"))
        self.sum = around
        self.finish(size)

    def listed(self, struct: Struct, text: str, at: Trail) -> None:
        size = self.description(struct, text, at)
        self.text.add(", ")
        self.account(size)


class Shown:
    """How a field is shown: its name, its type, and whether an array of it is shown by its first element."""

    def __init__(self, name: str, type_: str, compressed: bool) -> None:
        self.name, self.type, self.compressed = name, type_, compressed


def constant_text(stem: str, owner: Owner, version: int) -> tuple[str, int] | None:
    """The text and the bytes of an owner whose shape depends on nothing; else None."""
    if isinstance(owner, Description) and owner.opaque:
        return None
    describer = Describer(stem, version, "", False)
    describer.owner(owner)
    return (describer.text.pending, describer.fixed) if describer.certain else None


def describe_call(struct: Struct, text: str) -> str:
    description = struct.description
    name = c_struct(description.name)
    hooks = f", hooks ? &hooks->{name} : NULL" if has_hooks(description) else ""
    if struct.version != description.version:
        return f"{name}_describe_version(&{text}, w, {struct.version}{hooks})"
    return f"{name}_describe(&{text}, w{hooks})"


def counted_bytes(lines: Lines, ask: Questions, name: str, function: str) -> str:
    """C for the number of bytes that a hook writes, found by letting it."""
    count, size = ask.fresh(f"{name}_bytes"), ask.fresh(f"{name}_size")
    lines.add(f"vms_counting {count};")
    lines.add(f"vms_count_begin(&{count}, w);")
    lines.add(f"int64_t {size} = vms_count_end(&{count}, w, {function}(s, &{count}.w, hooks));")
    lines.fail(f"{size} < 0", "return -1;")
    return size


def flat_size(element: Scalar | Buffer | Bitmap) -> int:
    """Bytes of one element of an array: of one of buffers a whole buffer."""
    match element:
        case Scalar():
            return element.size
        case Buffer(capacity):
            return capacity
    return 8 * element.words


def flat_count_of(lengths: list[str], varies: bool) -> str:
    """C for the number of elements in all dimensions, digits only if it is certain."""
    inner = 1
    for length in lengths[1:]:
        inner *= int(length)
    if not varies:
        return str(int(lengths[0]) * inner)
    return lengths[0] if inner == 1 else f"{lengths[0]} * {inner}"
