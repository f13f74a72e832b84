"""`list` and `map`: what they may be made of, and at which version their elements are coded."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.types import List, Map, Scalar, Struct
from vmsgen.model.wire import Presence
from vmsgen.passes.expressions import constant
from vmsgen.passes.lengths import LARGEST, Extent
from vmsgen.passes.place import Place
from vmsgen.passes.types import Types
from vmsgen.syntax import tree


class Containers:
    def __init__(self, types: Types, diagnostics: Diagnostics) -> None:
        self.types = types
        self.diagnostics = diagnostics

    def container(self, type_: tree.ContainerType, place: Place) -> List | Map | None:
        """None if refused."""
        maximum = constant(type_.maximum, place.scope, self.diagnostics)
        if maximum is not None and not 1 <= maximum <= LARGEST:
            message = f"a {type_.kind} of at most {maximum}: it must be 1..{LARGEST}"
            self.diagnostics.error("array-length", message, type_.maximum.span)
            maximum = None
        arguments = [self._argument(argument) for argument in type_.arguments]
        if maximum is None or None in arguments:
            return None
        last = arguments[-1]
        if not isinstance(last, Struct):
            message = f"a {type_.kind} is made of structs with a name"
            self.diagnostics.error("element", message, type_.arguments[-1].span)
            return None
        if type_.kind == "list":
            return List(last, maximum)
        key = arguments[0]
        if isinstance(key, Struct) or (isinstance(key, Scalar) and key.kind == "u64"):
            return Map(key, last, maximum)
        hint = "QEMU sends a number that is a key as 64 bits"
        self.diagnostics.error("element", "a key is a u64 or a struct", type_.arguments[0].span, hint=hint)
        return None

    def _argument(self, type_: tree.Type) -> Scalar | Struct | None:
        written = self.types.alias(type_)
        if not isinstance(written, tree.NamedType):
            self.diagnostics.error("element", "only a type with a name can stand here", type_.span)
            return None
        found = self.types.named(written)
        if isinstance(found, Struct) and found.at is not None:
            self.diagnostics.error("pinned", "the version of an element is that of the field", type_.span)
            return None
        return found if isinstance(found, Scalar | Struct) else None

    def refuse_version(
        self, item: tree.FieldItem, type_: List | Map, lengths: list[Extent], presence: Presence, place: Place
    ) -> None:
        """In VMState elements are loaded at the field's version and saved at their own; so the two must be equal."""
        if lengths or not place.stands_alone:
            message = "a list or a map stands by itself in a device, a struct with a name, a subsection, or a `tmp`"
            self.diagnostics.error("misplaced-item", message, item.span)
        elements = (
            [type_.element]
            if isinstance(type_, List)
            else [t for t in (type_.key, type_.value) if isinstance(t, Struct)]
        )
        for element in elements:
            version, name = element.description.version, element.description.name
            since = presence.since or None
            if since is not None and since != version:
                message = f"elements would be loaded at the field's version {since}, but `{name}` is saved at {version}"
                self.diagnostics.error("element-version", message, item.span, hint=f"make `{name}` version {since}")
            elif since is None and presence.condition is None and version > place.versions[0]:
                message = f"`{name}` has version {version}: in streams before that the field would be missing"
                hint: str | None = f"say so: `since {version}`"
                if place.prefix.steps:
                    message, hint = f"`{name}` has version {version}, but a `tmp` is always of version 0", None
                self.diagnostics.error("element-version", message, item.span, hint=hint)
