"""Fields and locals: their storage, and what goes over the wire for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from vmsgen.diagnostics import Diagnostics, Span
from vmsgen.model.description import (
    ALWAYS,
    Custom,
    Description,
    Field,
    Group,
    Hook,
    Member,
    Presence,
    Repeat,
    Reset,
    Tmp,
    WireItem,
)
from vmsgen.model.expressions import LoopStep, Path
from vmsgen.model.interval import Interval
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Optional,
    Scalar,
    Struct,
    Type,
    innermost,
    is_allocated,
    is_optional,
)
from vmsgen.passes import clauses as clause
from vmsgen.passes.clauses import Clauses, collect
from vmsgen.passes.containers import Containers
from vmsgen.passes.lengths import LARGEST, Extent, extent
from vmsgen.passes.names import duplicate, refuse_underscores
from vmsgen.passes.place import Place
from vmsgen.passes.scope import Visible, key_of
from vmsgen.passes.types import Types, array_of, size_of
from vmsgen.syntax import tree

EXACT_IN_A_DOUBLE = Interval(-(2**53), 2**53)

Walk = Callable[[tuple[tree.Item, ...], Place], list[WireItem]]
"""What stands in braces, and the place of the braces, to wire items."""


class Fields:
    """`walk` gathers what stands in the braces of a struct without a name; the builder supplies it."""

    def __init__(self, types: Types, schema: str, diagnostics: Diagnostics) -> None:
        self.types = types
        self.schema = schema
        self.diagnostics = diagnostics
        self.containers = Containers(types, diagnostics)
        self.anonymous: list[Description] = []

    def field(self, item: tree.FieldItem, place: Place, walk: Walk) -> list[WireItem]:
        """Adds the storage to `place`, and returns the wire items: none for a `local`."""
        name = item.name
        refuse_underscores(name.text, name.span, self.diagnostics)
        if name.text in place.gathered.names and not place.prefix.steps:
            duplicate(name.text, name.span, place.gathered.names[name.text], self.diagnostics)
            return []
        # Of a description's own members `names` tells at once, however many they are.
        for member in place.members if place.prefix.steps else ():
            if member.name == name.text:
                duplicate(name.text, name.span, member.span, self.diagnostics)
                return []
        allowed = clause.LOCAL if item.local else clause.FIELD
        found = collect(item.clauses, allowed, "a `local`" if item.local else "a field", self.diagnostics)
        presence = clause.presence(found, place.scope, place.versions, place.gathered.predicates, self.diagnostics)
        self._refuse_stray_else(found, presence, place)
        if not place.prefix.steps:
            place.gathered.names[name.text] = name.span
        type_ = self.types.alias(item.type)
        lengths: list[Extent] = []
        if isinstance(type_, tree.ArrayType):
            resolved = self._lengths(type_, place)
            type_ = self.types.alias(type_.element)
            if resolved is None:
                return []
            lengths = resolved
        if isinstance(type_, tree.CustomType):
            return self._custom(item, lengths, found, presence, place)
        if isinstance(type_, tree.TmpType):
            return self._tmp(item, type_, lengths, found, presence, place, walk)
        if isinstance(type_, tree.StructType):
            return self._anonymous(item, type_, lengths, found, presence, place, walk)
        element = self._element(type_, place)
        if element is None:
            return []
        if isinstance(element, Optional) and not lengths:
            message = "only an element of an array can be missing: without `?` the field is always there"
            self.diagnostics.error("optional", message, item.type.span)
            return []
        return self._plain(item, element, lengths, found, presence, place)

    def _refuse_stray_else(self, found: Clauses, presence: Presence, place: Place) -> None:
        stray = found.get(tree.ElseClause)
        if stray and presence.always and not place.conditional:
            message = "`else` is what a field is when the stream lacks it, and this one is always there"
            self.diagnostics.error("misplaced-clause", message, stray.span)
        if not presence.always and place.depth:
            span = next(c.span for word, c in found.by_word.items() if word in clause.PRESENCE)
            self.diagnostics.error(
                "condition-in-array",
                "the elements of this array cannot differ in what they send",
                span,
                hint="declare the element as a `struct` with a name",
            )

    # Types --------------------------------------------------------------------------------------------------------

    def _lengths(self, type_: tree.ArrayType, place: Place) -> list[Extent] | None:
        element = self.types.alias(type_.element)
        if isinstance(element, tree.ArrayType):
            message = "an array of an alias that is an array: write all lengths in one place"
            self.diagnostics.error("array-of-array", message, type_.span)
            return None
        found = [extent(length, place.scope, place.gathered.ranges, self.diagnostics) for length in type_.lengths]
        extents = [e for e in found if e is not None]
        if len(extents) < len(found):
            return None
        for inner, written in zip(extents[1:], type_.lengths[1:], strict=True):
            if inner.count is not None:
                message = "only the first length of an array can vary"
                self.diagnostics.error("inner-length", message, written.span)
                return None
        return extents

    def _element(self, type_: tree.Type, place: Place) -> Type | None:
        match type_:
            case tree.NamedType():
                return self.types.named(type_)
            case tree.SizedType("buffer", length, _):
                size = extent(length, place.scope, place.gathered.ranges, self.diagnostics)
                return Buffer(size.capacity, size.count) if size else None
            case tree.SizedType(_, length, _):
                size = extent(length, place.scope, place.gathered.ranges, self.diagnostics)
                return Bitmap(size.capacity, size.count) if size else None
            case tree.OptionalType(inner, span):
                return self._optional(self._element(self.types.alias(inner), place), span)
            case tree.ContainerType():
                return self.containers.container(type_, place)
        return None

    def _optional(self, element: Type | None, span: Span) -> Optional | None:
        if isinstance(element, Scalar | Struct):
            return Optional(element)
        if element is not None:
            self.diagnostics.error("optional", "only a number or a struct with a name can be missing", span)
        return None

    # Numbers, buffers, and structs with a name -----------------------------------------------------------------------

    def _plain(
        self,
        item: tree.FieldItem,
        element: Type,
        lengths: list[Extent],
        found: Clauses,
        presence: Presence,
        place: Place,
    ) -> list[WireItem]:
        name, path = item.name.text, place.path(item.name.text)
        if lengths and isinstance(element, Buffer | Bitmap) and element.count is not None:
            self.diagnostics.error("inner-length", "only the first length of an array can vary", item.type.span)
            return []
        stored = replace(element, count=None) if isinstance(element, Buffer | Bitmap) else element
        storage = array_of(stored, [length.capacity for length in lengths])
        on_wire = array_of(element, [length.capacity for length in lengths])
        if isinstance(on_wire, Array):
            on_wire = Array(on_wire.element, on_wire.capacity, lengths[0].count)
        if found.get(tree.AllocClause):
            storage, on_wire = self._allocated(storage, on_wire, found, place)
        if isinstance(element, List | Map):
            self.containers.refuse_version(item, element, lengths, presence, place)
        if self._too_large(storage, item.span):
            return []
        scalar = element if isinstance(element, Scalar) and not element.floating else None
        place.visible[name] = Visible(path, storage, item.local, place.subsection)
        asked = clause.constraints(found, name, scalar, bool(lengths), place.scope, self.diagnostics)
        allowed = clause.bounds(scalar, asked) if scalar else None
        self._store(item, storage, found, allowed, place)
        key = key_of(path)
        place.gathered.constraints[key] = asked
        if allowed and not lengths:
            place.gathered.ranges[key] = allowed
        if item.local:
            return []
        self._reset(path, storage, found, allowed, presence, place)
        place.loaded = place.loaded.with_key(key)
        wire_name = item.name.wire or place.wire_name(path)
        former, codec = clause.former_name(found), self.types.codec(item.type)
        return [Field(str(path), wire_name, path, storage, on_wire, 0, presence, asked, item.span, former, codec)]

    def _allocated(self, storage: Type, on_wire: Type, found: Clauses, place: Place) -> tuple[Type, Type]:
        """`alloc`: the outermost array or buffer gets memory of its own."""
        if is_optional(storage):
            # The receiver's own pattern decides what comes, and what a load allocates would have none.
            message = "elements that may be missing are not allocated by a load: it would find all of them missing"
            self.diagnostics.error("optional", message, found.by_word["alloc"].span)
            return storage, on_wire
        if isinstance(storage, Array | Buffer) and isinstance(on_wire, Array | Buffer) and not place.depth:
            return replace(storage, allocated=True), replace(on_wire, allocated=True)
        span = found.by_word["alloc"].span
        self.diagnostics.error(
            "misplaced-clause", "`alloc` is for arrays and buffers of a device or a named struct", span
        )
        return storage, on_wire

    def _store(
        self, item: tree.FieldItem, storage: Type, found: Clauses, allowed: Interval | None, place: Place
    ) -> None:
        scalar = innermost(storage)
        element = scalar if isinstance(scalar, Scalar) else None
        if element and element.floating:
            allowed = EXACT_IN_A_DOUBLE
        if is_allocated(storage) and found.get(tree.DefaultClause):
            message = "at reset nothing is allocated, so there is nothing to have a value"
            self.diagnostics.error("misplaced-clause", message, found.by_word["="].span)
        value = clause.default(found, element, allowed, place.scope, item.name.span, self.diagnostics)
        low, high = (allowed.low, allowed.high) if allowed else (None, None)
        if isinstance(scalar, Buffer):
            value, low, high = 0, 0, 255
        if isinstance(scalar, Bitmap) or (element and element.floating):
            value, low, high = value or 0, None, None
        self._member(item, storage, value, (low, high), found, place)

    def _member(
        self,
        item: tree.FieldItem,
        storage: Type,
        value: int | None,
        bounds: tuple[int | None, int | None],
        found: Clauses,
        place: Place,
    ) -> None:
        was = clause.former_name(found)
        member = Member(
            item.name.text, storage, value, *bounds, item.local, item.doc, item.span, place.subsection, was
        )  # fmt: skip
        place.members.append(member)

    def _reset(
        self, path: Path, storage: Type, found: Clauses, allowed: Interval | None, presence: Presence, place: Place
    ) -> None:
        scalar = innermost(storage)
        element = scalar if isinstance(scalar, Scalar) else None
        if element and element.floating:
            allowed = EXACT_IN_A_DOUBLE
        keep, value = clause.otherwise(found, element, allowed, place.scope, self.diagnostics)
        if (place.conditional or not presence.always) and not keep and not place.depth:
            default = place.members[-1].default
            place.gathered.resets.append(Reset(path, storage, default if value is None else value))

    def _too_large(self, storage: Type, span: Span) -> bool:
        size = size_of(storage)
        if size > LARGEST:
            self.diagnostics.error("too-large", f"this takes {size} bytes; {LARGEST} is the most", span)
        return size > LARGEST

    # What hooks code ----------------------------------------------------------------------------------------------

    def _bare(self, item: tree.FieldItem, lengths: list[Extent], found: Clauses, place: Place, word: str) -> bool:
        """Has a `custom` or `tmp` nothing about it that it cannot have?"""
        for clause_word, written in found.by_word.items():
            if clause_word not in clause.PRESENCE:
                message = f"`{clause_word}` means nothing on `{word}`"
                self.diagnostics.error("misplaced-clause", message, written.span)
        if lengths or item.local or place.prefix.steps:
            message = f"`{word}` stands by itself in a device, a struct with a name, or a subsection"
            self.diagnostics.error("misplaced-item", message, item.span)
            return False
        return True

    def _custom(
        self, item: tree.FieldItem, lengths: list[Extent], found: Clauses, presence: Presence, place: Place
    ) -> list[WireItem]:
        name = item.name.text
        if not self._bare(item, lengths, found, place, "custom"):
            return []
        methods = []
        for kind in ("get", "put"):
            written = place.gathered.codec_hooks.pop(f"{kind}_{name}", None)
            if written is None:
                message = f"nobody reads and writes `{name}`"
                hint = f"declare its hooks: `hook get_{name}, put_{name}`"
                self.diagnostics.error("custom-hooks", message, item.span, hint=hint)
                return []
            methods.append(written.method or written.kind)
            place.gathered.inner_hooks.append(Hook(kind, methods[-1]))
            place.gathered.inner_hook_spans.append((methods[-1], written.span))
        wire_name, codec = item.name.wire or name, self.types.codec(item.type)
        return [Custom(name, wire_name, methods[0], methods[1], presence, item.span, codec)]

    def _tmp(
        self,
        item: tree.FieldItem,
        type_: tree.TmpType,
        lengths: list[Extent],
        found: Clauses,
        presence: Presence,
        place: Place,
        walk: Walk,
    ) -> list[WireItem]:
        name = item.name.text
        if not self._bare(item, lengths, found, place, "tmp"):
            return []
        inner = place.inside(name, f"{place.owner}_{name}", 0)
        inner.versions = (0, 0)
        inner.named_from = len(inner.prefix.steps)
        hooks: dict[str, Hook] = {}
        for written in (hook for part in type_.items if isinstance(part, tree.HookItem) for hook in part.hooks):
            if written.kind not in ("pre_load", "post_load", "pre_save", "post_save") or written.kind in hooks:
                message = (
                    f"`tmp` has the hooks pre_load, post_load, pre_save and post_save, each once, not `{written.kind}`"
                )
                self.diagnostics.error("unknown-hook", message, written.span)
            hooks[written.kind] = Hook(written.kind, written.method or f"{name}_{written.kind}")
            place.gathered.inner_hook_spans.append((hooks[written.kind].method, written.span))
        items = walk(tuple(part for part in type_.items if not isinstance(part, tree.HookItem)), inner)
        if not inner.members:
            self.diagnostics.error("empty-struct", "a `tmp` without fields", type_.span)
            return []
        description = _description(item, inner, self.schema)
        self.anonymous.append(description)
        place.visible[name] = Visible(place.path(name), Struct(description), True)
        place.members.append(
            Member(name, Struct(description), None, None, None, True, item.doc, item.span, place.subsection)
        )
        place.gathered.inner_hooks += hooks.values()
        return [Tmp(name, item.name.wire or inner.owner, tuple(hooks.values()), tuple(items), presence, item.span)]

    # Structs without a name -------------------------------------------------------------------------------------------

    def _anonymous(
        self,
        item: tree.FieldItem,
        type_: tree.StructType,
        lengths: list[Extent],
        found: Clauses,
        presence: Presence,
        place: Place,
        walk: Walk,
    ) -> list[WireItem]:
        for word in (*clause.VALUE, "equal", "else"):
            if word in found.by_word:
                message = f"`{word}` means nothing on a struct"
                self.diagnostics.error("misplaced-clause", message, found.by_word[word].span)
        name = item.name.text
        inner = place.inside(name, f"{place.owner}_{name}", len(lengths))
        inner.conditional = not item.local and (place.conditional or not presence.always)
        inner.coming = place.coming | frozenset(field_names(type_.items))
        items = walk(type_.items, inner)
        if not inner.members:
            if not has_fields(type_.items):
                self.diagnostics.error("empty-struct", "a struct without fields", type_.span)
            return []
        description = _description(item, inner, self.schema)
        self.anonymous.append(description)
        storage = array_of(Struct(description), [length.capacity for length in lengths])
        if self._too_large(storage, item.span):
            return []
        path = place.path(name)
        place.visible[name] = Visible(path, storage, item.local, place.subsection)
        self._member(item, storage, None, (None, None), found, place)
        if item.local:
            return []
        if lengths and inner.conditional and not place.depth:
            place.gathered.resets.append(Reset(path, storage, None))
        place.loaded = place.loaded.with_key(key_of(path))
        for number, length in reversed(list(enumerate(lengths))):
            target = path
            for outer in range(number):
                target = target / LoopStep(place.depth + outer)
            wire_name = item.name.wire or place.wire_name(path)
            there = presence if number == 0 else ALWAYS
            depth = place.depth + number
            items = [
                Repeat(
                    str(path), wire_name, target, depth, length.capacity, length.count, tuple(items), there, item.span
                )
            ]
        if not lengths and not presence.always:
            items = [Group(presence, tuple(items), item.span)]
        return items


def _description(item: tree.FieldItem, inner: Place, schema: str) -> Description:
    return Description(
        kind="struct", name=inner.owner, wire_name=item.name.wire or item.name.text, anonymous=True,
        version=0, minimum_version=0, members=tuple(inner.members), wire=(), subsections=(), hooks=(), predicates=(),
        resets=(), doc=item.doc, schema=schema, span=item.span,
    )  # fmt: skip


def field_names(items: tuple[tree.Item, ...]) -> Iterator[str]:
    """The names of the fields that are written there, those of groups and subsections included."""
    for item in items:
        match item:
            case tree.FieldItem():
                yield item.name.text
            case tree.GroupItem() | tree.SubsectionItem():
                yield from field_names(item.items)


def has_fields(items: tuple[tree.Item, ...]) -> bool:
    """Are any fields written there? If none was made of them, that has been reported already."""
    return any(True for _ in field_names(items))
