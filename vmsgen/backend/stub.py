"""`uart.pyi`: the same classes for type checkers, with the types of what is read and of what may be assigned."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.backend.entries import described, struct_in
from vmsgen.backend.names import class_name, member_name
from vmsgen.backend.python import Name, constants, elements, enumerations, hidden_names, visible
from vmsgen.backend.python_classes import (
    HookMethod,
    element_classes,
    hook_methods,
    is_scalar,
    module_name,
    needed_classes,
    rank,
)
from vmsgen.backend.templates import render
from vmsgen.model.description import Description, Member
from vmsgen.model.schema import Schema
from vmsgen.model.types import Bitmap, Map, Scalar, Type, dimensions, innermost, is_allocated, is_optional


@dataclass(frozen=True)
class _Attribute:
    """`given` is what reading it gives, `taken` what assigning it takes."""

    name: str
    given: str
    taken: str


@dataclass(frozen=True)
class _Method:
    """`parameters` are those behind `self`: `, reader: Reader, version: int`."""

    name: str
    parameters: str
    result: str | None


@dataclass(frozen=True)
class _Class:
    name: str
    base: str
    elements: tuple[Name, ...]
    fields: tuple[_Attribute, ...]
    hooks: tuple[_Method, ...]


class _Imported:
    """Names of other modules as the stub spells them: as others where the schema has something of that name."""

    def __init__(self, schema: Schema, aliases: list[str]) -> None:
        own = {class_name(d.name) for d in described(schema)} | {module_name(e.name) for e in schema.enumerations}
        own |= {module_name(c.name) for c in schema.constants} | {f"_{alias}" for alias in aliases}
        own |= {name for names in needed_classes(schema).values() for name in names}
        # Attributes hide names of the module in the whole body of their class.
        own |= {member_name(member.name) for d in described(schema) for member in d.members}
        self._own = own | {hook.name for d in described(schema) for hook in hook_methods(d)}
        self._used: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        spelled = name
        while spelled in self._own:
            spelled = f"_{spelled.strip('_')}_" if spelled == name else f"{spelled}_"
        self._used[name] = spelled
        return spelled

    def lines(self) -> list[str]:
        """The import statements for what was spelled; what every module has is imported only under other names."""
        lines = []
        for module, names in _MODULES.items():
            used = [name for name in names if name in self._used]
            if module == "builtins":
                used = [name for name in used if self._used[name] != name]
            if used:
                lines.append(f"from {module} import {', '.join(map(self._import, used))}")
        return lines

    def _import(self, name: str) -> str:
        spelled = self._used[name]
        return f"{name} as {spelled}" if name != spelled else name


_MODULES = {
    "builtins": ("list", "memoryview", "property", "str", "tuple", "type"),
    "collections.abc": ("Iterable", "Mapping"),
    "typing": ("Any", "ClassVar"),
    "typing_extensions": ("Buffer",),
    "vmstate": (
        *("Bitmap", "Device", "Elements", "Entries", "List", "Map", "OptionalElements", "Reader", "Struct", "Writer"),
    ),
}


def emit(schema: Schema, header: str) -> str:
    """A stub for type checkers that know `vmstate`."""
    # `Fifo: ClassVar[type[Fifo]]` would mean itself.
    aliases = sorted({*hidden_names(schema), *(name for d in schema.descriptions for name in element_classes(d))})
    imported = _Imported(schema, aliases)
    classes = [_class(description, aliases, imported) for description in described(schema)]
    class_variable = f"{imported('ClassVar')}[{imported('type')}" if any(c.elements for c in classes) else ""
    return render(
        "module.pyi.j2",
        header=header,
        class_variable=class_variable,
        property=imported("property"),
        imported=imported.lines(),
        imports=needed_classes(schema),
        constants=constants(schema),
        enumerations=enumerations(schema),
        aliases=aliases,
        classes=classes,
    )


def _class(description: Description, aliases: list[str], imported: _Imported) -> _Class:
    return _Class(
        name=class_name(description.name),
        base=imported(description.kind.capitalize()),
        elements=elements(description, aliases),
        fields=tuple(_attribute(description, member, aliases, imported) for member in description.members),
        hooks=tuple(_Method(hook.name, _parameters(hook, imported), hook.result) for hook in hook_methods(description)),
    )


def _parameters(hook: HookMethod, imported: _Imported) -> str:
    cursor = f", {hook.cursor.lower()}: {imported(hook.cursor)}" if hook.cursor else ""
    indices = "".join(f", {index}: int" for index in hook.indices)
    return cursor + indices + (", version: int" if hook.versioned else "")


def _attribute(description: Description, member: Member, aliases: list[str], imported: _Imported) -> _Attribute:
    given, taken = _types(description, member, aliases, imported)
    return _Attribute(member_name(member.name), given, taken)


def _types(description: Description, member: Member, aliases: list[str], imported: _Imported) -> tuple[str, str]:
    type_, depth = innermost(member.type), len(dimensions(member.type))
    inner = struct_in(description, member)
    if isinstance(type_, Map):
        assert inner is not None
        return _map_types(type_, visible(class_name(inner.name), aliases), aliases, imported)
    if inner is not None:
        return _struct_types(visible(class_name(inner.name), aliases), member.type, imported)
    if isinstance(type_, Bitmap):
        return _bitmap_types(depth, imported)
    if is_scalar(member):
        assert isinstance(type_, Scalar)
        return _scalar_types(type_, aliases)
    kind = type_.kind if isinstance(type_, Scalar) else "u8"
    item = {"bool": "bool", "f64": "float", "cpudouble": "float"}.get(kind, "int")
    if is_optional(member.type):
        return _nested(f"{item} | None", f"{item} | None", depth, "OptionalElements", imported)
    taken = item
    for _ in range(rank(member)):
        taken = f"{imported('Iterable')}[{taken}]"
    return f"{imported('memoryview')}[{item}]", f"{imported('Buffer')} | {taken}"


def _nested(given: str, taken: str, depth: int, container: str, imported: _Imported) -> tuple[str, str]:
    for _ in range(depth):
        given, taken = f"{imported(container)}[{given}]", f"{imported('Iterable')}[{taken}]"
    return given, taken


def _bitmap_types(depth: int, imported: _Imported) -> tuple[str, str]:
    given = imported("Bitmap")
    taken = f"{given} | int | {imported('Buffer')} | {imported('Iterable')}[bool]"
    for _ in range(depth):
        given, taken = f"{imported('list')}[{given}]", f"{imported('Iterable')}[{taken}]"
    return given, taken


def _map_types(type_: Map, entry: str, aliases: list[str], imported: _Imported) -> tuple[str, str]:
    """By number a mapping; by struct a sequence of entries, which may be given as pairs."""
    value = visible(class_name(type_.value.description.name), aliases)
    mapping = f"{imported('Mapping')}[{imported('str')}, {imported('Any')}]"
    if isinstance(type_.key, Scalar):
        return f"{imported('Map')}[{value}]", f"{imported('Mapping')}[int, {value} | {mapping}]"
    pair = f"{imported('tuple')}[{imported('Any')}, {imported('Any')}]"
    return f"{imported('Entries')}[{entry}]", f"{imported('Iterable')}[{entry} | {mapping} | {pair}]"


def _scalar_types(type_: Scalar, aliases: list[str]) -> tuple[str, str]:
    if type_.floating:
        return "float", "float"
    if type_.kind == "bool":
        return "bool", "bool"
    if type_.kind == "timer":
        return "int | None", "int | None"
    if type_.enumeration is None:
        return "int", "int"
    name = visible(module_name(type_.enumeration.name), aliases)
    # A number that no member has is given as it is; a flag class makes members for them.
    return name if type_.enumeration.flags else f"{name} | int", "int"


def _struct_types(name: str, type_: Type, imported: _Imported) -> tuple[str, str]:
    given, taken = name, f"{name} | {imported('Mapping')}[{imported('str')}, {imported('Any')}]"
    depth = len(dimensions(type_))
    if is_allocated(type_):
        given, taken = _nested(given, taken, max(depth - 1, 0), "Elements", imported)
        return f"{imported('List')}[{given}]", f"{imported('Iterable')}[{taken}]"
    if is_optional(type_):
        return _nested(f"{given} | None", f"{taken} | None", depth, "OptionalElements", imported)
    return _nested(given, taken, depth, "Elements", imported)
