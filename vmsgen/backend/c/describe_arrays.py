"""Descriptions of arrays, lists and maps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

from vmsgen.backend.c.arrays import Element, each
from vmsgen.backend.c.coded import indices, lengths
from vmsgen.backend.c.describe_body import Body, Shown, counted, counted_bytes
from vmsgen.backend.c.refusals import Trail, spelled, trail
from vmsgen.backend.c.text import CHUNK
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Scalar, Struct, dimensions, innermost, is_allocated
from vmsgen.model.types import is_optional as has_optional
from vmsgen.model.wire import Custom, Field, Repeat


class Arrays(Body):
    """What a field of several elements comes to."""

    def array(self, field: Field, shown: Shown, at: Trail) -> None:
        assert isinstance(field.type, Array)
        varies = field.type.count is not None or is_allocated(field.type)
        outer = counted(self.lines, self.ask, field, at) if varies else None
        lengths = [outer or str(field.type.capacity), *map(str, field.things[1:])]
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
                whole = prod(dimensions(field.type)[len(field.things) :])
                self.alike(shown, total, "", whole * flat_size(element))
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
            with self.fields.perhaps(), self.branch(f"if ({total} > 0)"):
                self.open(shown, "array_len", total, total)
                self.text.add(f'{body}"size": {size}}}')
                self.lines.add(f"{self.sum} += (int64_t)({total}) * {size};")
            return
        index = self.ask.fresh("index")
        with self.fields.perhaps(), self.block(f"for (size_t {index} = 0; {index} < {total}; {index}++)"):
            self.open(shown, "index", index, total)
            self.text.add(f"{body}")
            self.finish(size)

    def one_by_one(self, field: Field, shown: Shown, at: Trail, lengths: list[str], total: str) -> None:
        """Elements whose size has to be asked of each; of a compressed array only the first one is shown."""
        text = spelled(field.target)
        element = innermost(field.type)
        with self.each_shown(text, lengths, at, field.start, shown, total) as one:
            self.open_element(shown, one, total)
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

    @contextmanager
    def each_shown(
        self, text: str, lengths: list[str], at: Trail, start: int, shown: Shown, total: str
    ) -> Iterator[Element]:
        """Around what is written of one element, in loops over all of them."""
        with self.fields.perhaps():
            self.text.flush()
            with (
                each(self.lines, text, lengths, at, start, len(at.around)) as one,
                self.apart(),
                self.quietly(one.flat, shown.compressed),
            ):
                yield one
        if total.isdigit():
            self.fields.certain = True

    def open_element(self, shown: Shown, one: Element, total: str) -> None:
        key, value = ("array_len", total) if shown.compressed else ("index", one.flat)
        self.open(shown, key, value, total)

    @contextmanager
    def quietly(self, index: str, compressed: bool) -> Iterator[None]:
        """Nothing is written but for index 0, if the array is compressed."""
        if not compressed:
            yield
            return
        quiet = self.ask.fresh("quiet")
        self.lines.add(f"vms_muted {quiet};")
        operand = index if index.isidentifier() else f"({index})"
        self.lines.add(f"if ({operand})")
        self.lines.add(f"    vms_mute(w, &{quiet});")
        yield
        self.text.flush()
        self.lines.add(f"if ({operand})")
        self.lines.add(f"    vms_unmute(w, &{quiet});")

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

    # What hooks write -----------------------------------------------------------------------------------------------

    def custom(self, item: Custom, shown: Shown) -> None:
        at, number = Trail((), item.name), len(item.things)
        dimensions = lengths(self.ask, item) if item.lengths else []
        if not number:
            size = self.written(item, dimensions, at)
            self.head(shown)
            self.finish(size)
            return
        total = flat_count_of(dimensions[:number], item.count is not None)
        with self.each_shown("", dimensions[:number], at, 0, shown, total) as one:
            size = self.written(item, dimensions[number:], one.at)
            self.open_element(shown, one, total)
            self.finish(size)

    def written(self, item: Custom, dimensions: list[str], at: Trail) -> str:
        """C for the bytes of all elements of these dimensions."""
        function = f"{self.stem}_{item.name}_bytes"
        if not dimensions:
            return counted_bytes(self.lines, self.ask, item.name, function, indices(at))
        total = self.ask.fresh(f"{item.name}_total")
        self.lines.add(f"int64_t {total} = 0;")
        with each(self.lines, "", dimensions, at, 0, len(at.around)) as one:
            size = counted_bytes(self.lines, self.ask, item.name, function, indices(one.at))
            self.lines.add(f"{total} += {size};")
        return total

    # Lists and maps -------------------------------------------------------------------------------------------------

    def container(self, field: Field, type_: List | Map, shown: Shown, at: Trail) -> None:
        """The keys of every element stand in the field's own object, again and again."""
        self.head(shown)
        self.text.flush()
        text = spelled(field.target)
        size = self.ask.fresh("list_size")
        start = 1 if isinstance(type_, List) else 5
        self.lines.add(f"int64_t {size} = {start};")
        if self.all_alike(type_, f"{text}_count", size):
            self.finish(size)
            return
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

    def all_alike(self, type_: List | Map, count: str, size: str) -> bool:
        """Writes all elements in one go, if they are the same constant text."""
        parts = [type_.element] if isinstance(type_, List) else [type_.key, type_.value]
        text, fixed = "", 1
        for part in parts:
            if isinstance(part, Struct):
                made = self.constant(part.description, part.version)
                if made is None:
                    return False
                text, fixed = f"{text}{made[0]}, ", fixed + made[1]
            else:
                fixed += part.size
        if len(text) > CHUNK:
            return False
        self.text.times(text, count)
        self.lines.add(f"{size} += (int64_t){count} * {fixed};")
        return True

    def listed(self, struct: Struct, text: str, at: Trail) -> None:
        size = self.description(struct, text, at)
        self.text.add(", ")
        self.account(size)


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
