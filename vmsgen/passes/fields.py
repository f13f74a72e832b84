"""Fields and locals: their storage, and what goes over the wire for them."""

from __future__ import annotations

from dataclasses import replace

from vmsgen.diagnostics import Diagnostics, Span
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
    is_optional,
)
from vmsgen.model.wire import Field, Presence, WireItem
from vmsgen.passes import clauses as clause
from vmsgen.passes.braces import Braces
from vmsgen.passes.clauses import Clauses, collect
from vmsgen.passes.containers import Containers
from vmsgen.passes.customs import claim_hooks, custom
from vmsgen.passes.declared import Declared, StartSubsections, Walk
from vmsgen.passes.lengths import Extent, extent
from vmsgen.passes.names import duplicate, refuse_underscores
from vmsgen.passes.place import Place
from vmsgen.passes.scope import Visible, key_of
from vmsgen.passes.stored import is_type_too_large, reset, store
from vmsgen.passes.types import Types, array_of
from vmsgen.syntax import tree


class Fields:
    """`walk` gathers what stands in the braces of a struct without a name, `subsections` those of a `tmp`; the builder
    supplies both."""

    def __init__(
        self, types: Types, walk: Walk, subsections: StartSubsections, schema: str, diagnostics: Diagnostics
    ) -> None:
        self.types = types
        self.diagnostics = diagnostics
        self.containers = Containers(types, diagnostics)
        self.braces = Braces(walk, subsections, schema, diagnostics)

    def field(self, item: tree.FieldItem, place: Place) -> list[WireItem]:
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
        presence = clause.presence(found, place, self.diagnostics)
        self._refuse_stray_else(found, presence, place)
        if not place.prefix.steps:
            place.gathered.names[name.text] = name.span
        type_ = self.types.alias(item.type)
        lengths: list[Extent] = []
        if isinstance(type_, tree.ArrayType):
            flat = self._flat(type_, item)
            resolved = self._lengths(flat, place) if flat is not None else None
            if flat is None or resolved is None:
                claim_hooks(name.text, place)
                return []
            type_, lengths = self.types.alias(flat.element), resolved
        declared = Declared(item, lengths, found, presence, place)
        if isinstance(type_, tree.CustomType):
            return custom(declared, self.types, self.diagnostics)
        if isinstance(type_, tree.TmpType):
            return self.braces.tmp(declared, type_)
        if isinstance(type_, tree.StructType):
            return self.braces.struct(declared, type_)
        element = self._element(type_, place)
        if element is None:
            return []
        if isinstance(element, Optional) and not lengths:
            message = "only an element of an array can be missing: without `?` the field is always there"
            self.diagnostics.error("optional", message, item.type.span)
            return []
        return self._plain(declared, element)

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

    def _flat(self, type_: tree.ArrayType, item: tree.FieldItem) -> tree.ArrayType | None:
        """With all lengths in one place. Only what descriptions take for one thing may be an array by itself."""
        element = self.types.alias(type_.element)
        if not isinstance(element, tree.ArrayType):
            return type_
        inner = self.types.alias(element.element)
        if self.types.codec(item.type) is None or isinstance(inner, tree.ArrayType):
            message = "an array of an alias that is an array: write all lengths in one place"
            hint = 'or give the alias the name that descriptions have for it: `type Pair "pair" = u64[2]`'
            self.diagnostics.error("array-of-array", message, type_.span, hint=hint)
            return None
        return replace(type_, element=element.element, lengths=(*type_.lengths, *element.lengths))

    def _lengths(self, type_: tree.ArrayType, place: Place) -> list[Extent] | None:
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

    def _plain(self, declared: Declared, element: Type) -> list[WireItem]:
        item, lengths, found, place = declared.item, declared.lengths, declared.found, declared.place
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
            self.containers.refuse_version(item, element, lengths, declared.presence, place)
        if is_type_too_large(storage, item.span, self.diagnostics):
            return []
        scalar = element if isinstance(element, Scalar) and not element.floating else None
        place.visible[name] = Visible(path, storage, item.local, place.subsection)
        asked = clause.constraints(found, name, scalar, bool(lengths), place.scope, self.diagnostics)
        allowed = clause.bounds(scalar, asked) if scalar else None
        store(declared, storage, allowed, self.diagnostics)
        key = key_of(path)
        place.gathered.constraints[key] = asked
        if allowed and not lengths:
            place.gathered.ranges[key] = allowed
        if item.local:
            return []
        reset(declared, path, storage, allowed, self.diagnostics)
        place.loaded = place.loaded.with_key(key)
        wire_name = item.name.wire or place.wire_name(path)
        return [
            Field(
                str(path), wire_name, path, storage, on_wire, 0, declared.presence, asked, item.span,
                was=clause.former_name(found), codec=self.types.codec(item.type),
            )
        ]  # fmt: skip

    def _allocated(self, storage: Type, on_wire: Type, found: Clauses, place: Place) -> tuple[Type, Type]:
        """`alloc`: the outermost array, buffer or bitmap gets memory of its own."""
        if is_optional(storage):
            # The receiver's own pattern decides what comes, and what a load allocates would have none.
            message = "elements that may be missing are not allocated by a load: it would find all of them missing"
            self.diagnostics.error("optional", message, found.by_word["alloc"].span)
            return storage, on_wire
        owning = Array | Buffer | Bitmap
        if isinstance(storage, owning) and isinstance(on_wire, owning) and not place.depth:
            return replace(storage, allocated=True), replace(on_wire, allocated=True)
        span = found.by_word["alloc"].span
        message = "`alloc` is for arrays, buffers and bitmaps of a device or a named struct"
        self.diagnostics.error("misplaced-clause", message, span)
        return storage, on_wire
