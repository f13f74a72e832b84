"""Types as written become model types."""

from __future__ import annotations

from collections.abc import Callable

from vmsgen.diagnostics import Diagnostics, Span
from vmsgen.model.description import Description
from vmsgen.model.types import SCALAR_BITS, Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type
from vmsgen.model.wire import Codec
from vmsgen.passes.aliases import circular_aliases, names_in
from vmsgen.passes.expressions import constant
from vmsgen.passes.names import BUILTIN_TYPES, Symbols, did_you_mean
from vmsgen.passes.scope import Scope
from vmsgen.syntax import tree


class Types:
    """Looks names up. `describe` makes the description of a struct declaration on demand: they stand in any order."""

    def __init__(self, symbols: Symbols, diagnostics: Diagnostics) -> None:
        self.symbols = symbols
        self.diagnostics = diagnostics
        self.open: list[str] = []
        """The descriptions that are being made, outermost first."""
        self.circular = circular_aliases(symbols)
        """Aliases that lead back to themselves. They stand for nothing."""
        self.describe: Callable[[tree.DescriptionDeclaration], None] = lambda declaration: None

    def known(self) -> list[str]:
        structs = [d.name.text for d in self.symbols.declared.values() if isinstance(d, tree.DescriptionDeclaration)]
        aliases = [d.name.text for d in self.symbols.declared.values() if isinstance(d, tree.TypeDeclaration)]
        return [*SCALAR_BITS, "buffer", *self.symbols.enumerations, *self.symbols.descriptions, *structs, *aliases]

    def alias(self, type_: tree.Type) -> tree.Type:
        """What an alias stands for in the end, as written; any other type is itself."""
        while isinstance(type_, tree.NamedType):
            declaration = self.symbols.declared.get(type_.name)
            if not isinstance(declaration, tree.TypeDeclaration) or type_.name in self.circular:
                return type_
            type_ = declaration.type
        return type_

    def codec(self, type_: tree.Type) -> Codec | None:
        """What descriptions call a field of this type, where an alias on the way to it says so."""
        element = type_.element if isinstance(type_, tree.ArrayType) else type_
        element = element.element if isinstance(element, tree.OptionalType) else element
        while isinstance(element, tree.NamedType) and element.name not in self.circular:
            declaration = self.symbols.declared.get(element.name)
            if not isinstance(declaration, tree.TypeDeclaration):
                break
            if declaration.name.wire is not None:
                return Codec(declaration.name.wire, self._rank(element))
            element = declaration.type
        return None

    def _rank(self, type_: tree.Type) -> int:
        """The number of dimensions of what an alias stands for."""
        there = self.alias(type_)
        if not isinstance(there, tree.ArrayType):
            return 0
        return len(there.lengths) + self._rank(there.element)

    def named(self, type_: tree.NamedType) -> Type | None:
        """A scalar, an enumeration or a named struct; None if refused."""
        found = self._named(type_)
        if type_.at is None or found is None:
            return found
        if not isinstance(found, Struct):
            self.diagnostics.error("pinned", f"`{type_.name}` has no versions, `at` means nothing on it", type_.span)
            return None
        at = constant(type_.at, Scope(self.symbols), self.diagnostics)
        low, high = found.description.minimum_version, found.description.version
        if at is not None and not low <= at <= high:
            message = f"`{type_.name}` is read at versions {low}..{high}, so a load at {at} could only fail"
            self.diagnostics.error("pinned", message, type_.at.span)
            return None
        return Struct(found.description, at)

    def _named(self, type_: tree.NamedType) -> Type | None:
        name = type_.name
        declared = self.symbols.declared.get(name)
        if isinstance(declared, tree.DescriptionDeclaration) and name not in self.open:
            self.describe(declared)
        if name in SCALAR_BITS:
            return Scalar(name)
        if name in self.symbols.enumerations:
            enumeration = self.symbols.enumerations[name]
            return Scalar(enumeration.base.kind, enumeration)
        if name in self.symbols.descriptions:
            return self._struct(self.symbols.descriptions[name], type_.span)
        if isinstance(declared, tree.DescriptionDeclaration):
            self.refuse_cycle(name, type_.span)
        elif isinstance(declared, tree.TypeDeclaration):
            assert name in self.circular  # and so it has been refused
        elif isinstance(declared, tree.ConstDeclaration):
            self.diagnostics.error("not-a-type", f"`{name}` is a constant", type_.span)
        elif declared is None:
            self._unknown(type_)
        return None

    def _unknown(self, type_: tree.NamedType) -> None:
        hint, replacement = did_you_mean(type_.name, self.known())
        message = f"no type is called `{type_.name}`"
        self.diagnostics.error("unknown-type", message, type_.span, hint=hint, replacement=replacement)

    def check_alias(self, declaration: tree.TypeDeclaration) -> None:
        """An alias is right or refused, whether it is used or not."""
        if declaration.name.text in self.circular:
            message = f"type `{declaration.name.text}` stands for itself"
            self.diagnostics.error("type-cycle", message, declaration.name.span)
        for named in names_in(declaration.type):
            if named.name not in self.symbols.declared and named.name not in BUILTIN_TYPES:
                self._unknown(named)
        if declaration.name.wire is not None and not self._plain(declaration.type):
            message = "only numbers, buffers, bitmaps, `custom` and arrays of them have a type name in descriptions"
            hint = 'a struct has its own: `struct Name "on the wire"`'
            self.diagnostics.error("type-name", message, declaration.name.span, hint=hint)

    def _plain(self, type_: tree.Type) -> bool:
        """Is it made of what has no description of its own?"""
        type_ = self.alias(type_)
        if isinstance(type_, tree.ArrayType):
            return self._plain(type_.element)
        if isinstance(type_, tree.NamedType):
            return type_.name in SCALAR_BITS or type_.name in self.symbols.enumerations
        return isinstance(type_, tree.SizedType | tree.CustomType)

    def refuse_cycle(self, name: str, span: Span) -> None:
        """Of a description that is declared but not there: silent where it was itself refused."""
        if name in self.open:
            cycle = " -> ".join([*self.open[self.open.index(name) :], name])
            self.diagnostics.error("struct-cycle", f"`{name}` would contain itself: {cycle}", span)

    def _struct(self, description: Description, span: Span) -> Type | None:
        if description.kind == "device":
            message = f"`{description.name}` is a device; only a struct can be embedded"
            self.diagnostics.error("not-a-struct", message, span, hint=f"declare it as `struct {description.name}`")
            return None
        return Struct(description)


def array_of(element: Type, capacities: list[int]) -> Type:
    """`element[a][b]` for capacities a, b, outermost first."""
    for capacity in reversed(capacities):
        element = Array(element, capacity)
    return element


def size_of(type_: Type) -> int:
    """Bytes of storage, about: without padding."""
    match type_:
        case List() | Map() | Buffer(allocated=True) | Array(allocated=True) | Bitmap(allocated=True):
            return 16
        case Scalar():
            return type_.size
        case Buffer(capacity, _):
            return capacity
        case Bitmap():
            return 8 * type_.words
        case Optional(element):
            return 1 + size_of(element)
        case Array(element, capacity, _):
            return capacity * size_of(element)
        case Struct(description):
            return sum(size_of(member.type) for member in description.members)


def allocation_of(type_: Type) -> int:
    """The most bytes that a load allocates for one member of this type, what its elements allocate included."""
    match type_:
        case List(element, maximum):
            return maximum * (size_of(element) + allocation_of(element))
        case Map(key, value, maximum):
            return maximum * (size_of(key) + size_of(value) + allocation_of(key) + allocation_of(value))
        case Buffer(capacity, allocated=True):
            return capacity
        case Bitmap(allocated=True):
            return 8 * type_.words
        case Array(element, capacity):
            return capacity * (allocation_of(element) + (size_of(element) if type_.allocated else 0))
        case Optional(element):
            return allocation_of(element)
        case Struct(description):
            return sum(allocation_of(member.type) for member in description.members)
    return 0
