"""The C that writes a description: what a save would send now, in JSON, with the size of everything in it.

What is certain is one constant text. Only where something depends on the state the C walks the same conditions as a
save does, and adds up the sizes as it goes.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from vmsgen.backend.c.arrays import flat_count, flat_number, item_size
from vmsgen.backend.c.describe_arrays import Arrays
from vmsgen.backend.c.describe_body import Shown, Size, counted
from vmsgen.backend.c.described import Owner, codec, is_optional, numbered, program, uniform
from vmsgen.backend.c.listing import Listing, quoted
from vmsgen.backend.c.refusals import Trail, spelled, trail
from vmsgen.model.description import Description, Subsection
from vmsgen.model.sizes import header_size
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Scalar,
    Struct,
    innermost,
    is_allocated,
)
from vmsgen.model.wire import Check, Custom, Field, Group, HookPredicate, Presence, Repeat, Run, Tmp, Unused, WireItem


class Describer(Arrays):
    """Writes the body of one function, up to its `return size`. `at` is the version if that is certain; else C's
    variable `version` has it."""

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
        if not isinstance(owner, Repeat):
            self.subsections(owner.subsections)

    def subsections(self, subsections: tuple[Subsection, ...]) -> None:
        if len(subsections) == 1 and subsections[0].needed is not None:
            with self.branch(f"if ({self.needed(subsections[0])})"):
                self.text.add(', "subsections": [')
                self.subsection(subsections[0])
                self.text.add("]")
            return
        sent = Listing(self.text, self.ask, "sent", ', "subsections": [')
        for subsection in subsections:
            if subsection.needed is None:
                sent.separate()
                self.subsection(subsection)
                continue
            with sent.perhaps(), self.branch(f"if ({self.needed(subsection)})"):
                sent.separate()
                self.subsection(subsection)
        sent.close("]")

    def needed(self, subsection: Subsection) -> str:
        """C for "it is sent". `needed` stands in the subsection, so `version` is the subsection's."""
        assert subsection.needed is not None
        ask = self.ask.of_version(str(subsection.version))
        if isinstance(subsection.needed, HookPredicate):
            came = f"(int)(s->{self.present_bits} >> {subsection.number} & 1)" if self.present_bits else "0"
            return ask.predicate(subsection.needed.method, came)
        return ask.condition(subsection.needed, Trail((), subsection.name))

    def subsection(self, subsection: Subsection) -> None:
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

    def item(self, item: Field | Unused | Group | Repeat | Custom | Tmp, names: dict[int, str], optional: bool) -> None:
        presence = self.left_to_ask(item.presence)
        if presence is None or (isinstance(item, Group) and all(isinstance(inner, Check) for inner in item.items)):
            return
        if presence.always:
            self.present(item, names, optional)
            return
        with self.fields.perhaps():
            test = self.ask.presence(
                presence, trail(item.target) if isinstance(item, Field | Repeat) else Trail((), "")
            )
            with self.branch(f"if ({test})"):
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

    def unused(self, item: Unused, shown: Shown) -> None:
        if item.count is None:
            self.head(shown)
            self.finish(item.size)
            return
        count = self.ask.count(item.count, item.size, "count", Trail((), "unused"))
        self.alike(shown, count if item.unit == 1 else f"{count} / {item.unit}", "", item.unit)

    def field(self, field: Field, shown: Shown) -> None:
        at = trail(field.target)
        element = innermost(field.type)
        if isinstance(element, List | Map):
            self.container(field, element, shown, at)
        elif field.things:
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
        assert isinstance(field.type, Array | Buffer | Bitmap)
        if field.type.count is None and not is_allocated(field.type):
            if isinstance(field.type, Bitmap):
                return 8 * field.type.words
            return int(flat_count(field.type, None)) * item_size(element)
        count = counted(self.lines, self.ask, field, at)
        number = flat_number(field.type, count)
        each_size = item_size(element)
        return f"(int64_t)({number})" + (f" * {each_size}" if each_size > 1 else "")

    def constant(self, owner: Owner, version: int) -> tuple[str, int] | None:
        return constant_text(self.stem, owner, version)


_TEXTS: WeakKeyDictionary[Description, dict[int, tuple[str, int] | None]] = WeakKeyDictionary()
"""Of each version. Found once: each struct is asked by all that embed it, and asks all that it embeds."""


def constant_text(stem: str, owner: Owner, version: int) -> tuple[str, int] | None:
    """The text and the bytes of an owner whose shape depends on nothing; else None."""
    if not isinstance(owner, Description):
        return _text(stem, owner, version)
    known = _TEXTS.setdefault(owner, {})
    if version not in known:
        # No constant of a description has a stem in it.
        known[version] = None if owner.opaque else _text("", owner, version)
    return known[version]


def _text(stem: str, owner: Owner, version: int) -> tuple[str, int] | None:
    describer = Describer(stem, version, "", False)
    describer.owner(owner)
    return (describer.text.pending, describer.fixed) if describer.certain else None
