"""`uart.pyi`: the same classes for type checkers, with the types of what is read and of what may be assigned."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.backend.names import class_name, member_name
from vmsgen.backend.python import Name, bases, constants, elements, enumerations, hidden_names, visible
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


def emit(schema: Schema, header: str) -> str:
    """A stub for type checkers that know `vmstate`."""
    # `Fifo: ClassVar[type[Fifo]]` would mean itself.
    aliases = sorted({*hidden_names(schema), *(name for d in schema.descriptions for name in element_classes(d))})
    classes = [_class(description, aliases) for description in schema.descriptions]
    taken = " ".join(field.taken for c in classes for field in c.fields)
    names = bases(schema)
    return render(
        "module.pyi.j2",
        header=header,
        bases=sorted([*names, "Elements"])
        if "Elements[" in " ".join(f.given for c in classes for f in c.fields)
        else names,
        imports=needed_classes(schema),
        constants=constants(schema),
        enumerations=enumerations(schema),
        aliases=aliases,
        classes=classes,
        iterable="Iterable[" in taken,
        buffer="Buffer" in taken,
        has_elements=any(c.elements for c in classes),
    )


def _class(description: Description, aliases: list[str]) -> _Class:
    return _Class(
        name=class_name(description.name),
        base=description.kind.capitalize(),
        elements=elements(description, aliases),
        fields=tuple(_attribute(member, aliases) for member in description.members),
        hooks=hook_methods(description),
    )


def _attribute(member: Member, aliases: list[str]) -> _Attribute:
    given, taken = _types(member, aliases)
    return _Attribute(member_name(member.name), given, taken)


def _types(member: Member, aliases: list[str]) -> tuple[str, str]:
    type_ = innermost(member.type)
    if isinstance(type_, Struct):
        return _struct_types(visible(class_name(type_.description.name), aliases), rank(member))
    if is_scalar(member):
        assert isinstance(type_, Scalar)
        return _scalar_types(type_, aliases)
    item = "bool" if isinstance(type_, Scalar) and type_.kind == "bool" else "int"
    taken = item
    for _ in range(rank(member)):
        taken = f"Iterable[{taken}]"
    return f"memoryview[{item}]", f"Buffer | {taken}"


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


def _struct_types(name: str, depth: int) -> tuple[str, str]:
    given, taken = name, f"{name} | Mapping[str, Any]"
    for _ in range(depth):
        given, taken = f"Elements[{given}]", f"Iterable[{taken}]"
    return given, taken
