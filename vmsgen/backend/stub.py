"""`uart.pyi`: the same classes for type checkers, with the types of what is read and of what may be assigned."""

from __future__ import annotations

from dataclasses import dataclass

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
from vmsgen.model.types import Scalar, Struct, innermost


@dataclass(frozen=True)
class _Attribute:
    """`given` is what reading it gives, `taken` what assigning it takes."""

    name: str
    given: str
    taken: str


@dataclass(frozen=True)
class _Class:
    name: str
    base: str
    elements: tuple[Name, ...]
    fields: tuple[_Attribute, ...]
    hooks: tuple[HookMethod, ...]


class _Imported:
    """Names of other modules as the stub spells them: with a `_` before where the schema has a class of that name."""

    def __init__(self, schema: Schema) -> None:
        own = {class_name(d.name) for d in schema.descriptions} | {module_name(e.name) for e in schema.enumerations}
        self._own = own | {module_name(c.name) for c in schema.constants}
        self._used: set[str] = set()

    def __call__(self, name: str) -> str:
        self._used.add(name)
        return f"_{name}" if name in self._own else name

    def lines(self) -> list[str]:
        """The import statements for what was spelled."""
        return [
            f"from {module} import {', '.join(self._import(name) for name in names if name in self._used)}"
            for module, names in _MODULES.items()
            if self._used.intersection(names)
        ]

    def _import(self, name: str) -> str:
        return f"{name} as _{name}" if name in self._own else name


_MODULES = {
    "collections.abc": ("Iterable", "Mapping"),
    "typing": ("Any", "ClassVar"),
    "typing_extensions": ("Buffer",),
    "vmstate": ("Device", "Elements", "Struct"),
}


def emit(schema: Schema, header: str) -> str:
    """A stub for type checkers that know `vmstate`."""
    # `Fifo: ClassVar[type[Fifo]]` would mean itself.
    aliases = sorted({*hidden_names(schema), *(name for d in schema.descriptions for name in element_classes(d))})
    imported = _Imported(schema)
    classes = [_class(description, aliases, imported) for description in schema.descriptions]
    class_variable = imported("ClassVar") if any(c.elements for c in classes) else ""
    return render(
        "module.pyi.j2",
        header=header,
        imported=imported.lines(),
        class_variable=class_variable,
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
        fields=tuple(_attribute(member, aliases, imported) for member in description.members),
        hooks=hook_methods(description),
    )


def _attribute(member: Member, aliases: list[str], imported: _Imported) -> _Attribute:
    given, taken = _types(member, aliases, imported)
    return _Attribute(member_name(member.name), given, taken)


def _types(member: Member, aliases: list[str], imported: _Imported) -> tuple[str, str]:
    type_ = innermost(member.type)
    if isinstance(type_, Struct):
        return _struct_types(visible(class_name(type_.description.name), aliases), rank(member), imported)
    if is_scalar(member):
        assert isinstance(type_, Scalar)
        return _scalar_types(type_, aliases)
    item = "bool" if isinstance(type_, Scalar) and type_.kind == "bool" else "int"
    taken = item
    for _ in range(rank(member)):
        taken = f"{imported('Iterable')}[{taken}]"
    return f"memoryview[{item}]", f"{imported('Buffer')} | {taken}"


def _scalar_types(type_: Scalar, aliases: list[str]) -> tuple[str, str]:
    if type_.kind == "bool":
        return "bool", "bool"
    if type_.kind == "timer":
        return "int | None", "int | None"
    if type_.enumeration is None:
        return "int", "int"
    name = visible(module_name(type_.enumeration.name), aliases)
    # A number that no member has is given as it is; a flag class makes members for them.
    return name if type_.enumeration.flags else f"{name} | int", "int"


def _struct_types(name: str, depth: int, imported: _Imported) -> tuple[str, str]:
    given, taken = name, f"{name} | {imported('Mapping')}[str, {imported('Any')}]"
    for _ in range(depth):
        given, taken = f"{imported('Elements')}[{given}]", f"{imported('Iterable')}[{taken}]"
    return given, taken
