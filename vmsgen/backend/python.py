"""`uart.py`: the module that people import. One class a struct, the `.vms` line beside each attribute."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.backend.c.lines import source_text
from vmsgen.backend.entries import described, is_entry, struct_in
from vmsgen.backend.names import c_struct, class_name, hook_name, member_name
from vmsgen.backend.python_classes import (
    HookMethod,
    element_classes,
    embedded,
    enumeration_of,
    hook_methods,
    is_scalar,
    module_name,
    needed_classes,
    subsection_paths,
)
from vmsgen.backend.templates import render
from vmsgen.diagnostics import Span
from vmsgen.model.description import Description, Member, Subsection
from vmsgen.model.schema import Schema
from vmsgen.model.types import Bitmap, Enumeration, List, Map, Scalar, innermost
from vmsgen.model.wire import HookPredicate

_COMMENT_COLUMN = 54


@dataclass(frozen=True)
class Name:
    """`value` is what the name stands for, as an expression."""

    name: str
    value: str
    doc: str = ""


@dataclass(frozen=True)
class EnumClass:
    name: str
    base: str
    doc: str
    members: tuple[Name, ...]


@dataclass(frozen=True)
class _Attribute:
    line: str
    doc: str


@dataclass(frozen=True)
class _Class:
    name: str
    base: str
    symbol: str
    doc: str
    elements: tuple[Name, ...]
    about: tuple[Name, ...]
    fields: tuple[_Attribute, ...]
    hooks: tuple[HookMethod, ...]


def emit(schema: Schema, header: str) -> str:
    """Python source that needs `vmstate` and the extension `_NAME` beside it."""
    aliases = hidden_names(schema)
    return render(
        "module.py.j2",
        name=schema.name,
        doc=docstring(schema.doc or f"Device states described in {schema.file_name}."),
        header=header,
        digest=schema.digest[:16],
        bases=bases(schema, "fields"),
        imports=needed_classes(schema),
        constants=constants(schema),
        enumerations=enumerations(schema),
        aliases=aliases,
        defined=[class_name(description.name) for description in described(schema)],
        classes=[_class(description, aliases) for description in described(schema)],
    )


def bases(schema: Schema, *more: str) -> list[str]:
    """What a module takes from vmstate."""
    kinds = {d.kind.capitalize() for d in described(schema)}
    cursors = {hook.cursor for d in schema.descriptions for hook in hook_methods(d) if hook.cursor}
    return [*sorted(kinds | cursors), *(more if kinds else ())]


def docstring(text: str) -> str:
    """What may stand between triple quotes."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return text[:-1] + '\\"' if text.endswith('"') else text


def constants(schema: Schema) -> list[Name]:
    return [Name(module_name(c.name), str(c.value), docstring(c.doc)) for c in schema.constants]


def enumerations(schema: Schema) -> list[EnumClass]:
    return [_enumeration(enumeration) for enumeration in schema.enumerations]


def _enumeration(enumeration: Enumeration) -> EnumClass:
    width = enumeration.base.size * 2 if enumeration.flags else 0
    return EnumClass(
        name=module_name(enumeration.name),
        base="IntFlag" if enumeration.flags else "IntEnum",
        doc=docstring(enumeration.doc or f"Values of type {enumeration.base.kind}."),
        members=tuple(
            Name(
                _enum_member(m.name),
                f"0x{m.value:0{width}x}" if width and m.value >= 0 else str(m.value),
                docstring(m.doc),
            )
            for m in enumeration.members
        ),
    )


def _enum_member(name: str) -> str:
    """Names that `enum` keeps for itself get a trailing `_`, too."""
    reserved = name in ("name", "value") or (name.startswith("_") and name.endswith("_"))
    return name + "_" if reserved else member_name(name)


def hidden_names(schema: Schema) -> list[str]:
    """Classes that go by a second name in class bodies, because an attribute has theirs."""
    members = [(d, member) for d in described(schema) for member in d.members]
    attributes = {member_name(member.name) for _, member in members}
    used = {class_name(inner.name) for d, member in members if (inner := struct_in(d, member))}
    used |= {class_name(inner.name) for d in schema.descriptions for inner in embedded(d)}
    used |= {module_name(e.name) for _, member in members if (e := enumeration_of(member))}
    return sorted(attributes & used)


def _class(description: Description, aliases: list[str]) -> _Class:
    return _Class(
        name=class_name(description.name),
        base=description.kind.capitalize(),
        symbol=c_struct(description.name),
        doc=docstring(_class_doc(description)),
        elements=elements(description, aliases),
        about=_about(description),
        fields=tuple(_attribute(description, member, aliases) for member in description.members),
        hooks=hook_methods(description),
    )


def _about(description: Description) -> tuple[Name, ...]:
    """What a device says of itself, where it is not what every device says."""
    said = [
        Name("priority", f'"{description.priority}"') if description.priority != "default" else None,
        Name("unmigratable", "True") if description.unmigratable else None,
        Name("early_setup", "True") if description.early_setup else None,
        Name("is_opaque", "True") if description.opaque else None,
    ]
    return tuple(name for name in said if name)


def elements(description: Description, aliases: list[str]) -> tuple[Name, ...]:
    return tuple(Name(name, visible(name, aliases)) for name in element_classes(description))


def visible(name: str, aliases: list[str]) -> str:
    return f"_{name}" if name in aliases else name


def _class_doc(description: Description) -> str:
    low, high = description.minimum_version, description.version
    if is_entry(description):
        return description.doc
    if description.anonymous:
        about = ["Part of the object around it, which codes its fields."]
    else:
        versions = f"version {high}" if low == high else f"versions {low}..{high}"
        about = [f'On the wire: "{description.wire_name}", {versions}.']
    paths = subsection_paths(description)
    about += [
        f"Subsection: `{path}`, {_needed(subsection)}"
        for path, subsection in zip(paths, description.all_subsections, strict=True)
    ]
    hooks = [f"`{hook.name}({hook.arguments})`" for hook in hook_methods(description)]
    if hooks:
        about.append(f"Hooks: {', '.join(hooks)}.")
    return "\n".join([*([description.doc, ""] if description.doc else []), *about])


def _needed(subsection: Subsection) -> str:
    if subsection.needed is None:
        return "always saved."
    if isinstance(subsection.needed, HookPredicate):
        return f"saved if `{hook_name(subsection.needed.method)}(version)` says so."
    condition = source_text(subsection.span).partition(" needed ")[2].partition("{")[0].strip()
    whole = condition and not condition.endswith("…")
    return f"saved when `{condition}`." if whole else "saved when its condition holds."


def _attribute(description: Description, member: Member, aliases: list[str]) -> _Attribute:
    line = f"{member_name(member.name)} = fields.{_descriptor(description, member, aliases)}"
    return _Attribute(f"{line:<{_COMMENT_COLUMN}}{_comment(member.span)}", docstring(member.doc))


def _comment(span: Span) -> str:
    return f"  # {span.line:>3}  {source_text(span)}"


def _descriptor(description: Description, member: Member, aliases: list[str]) -> str:
    type_ = innermost(member.type)
    inner = struct_in(description, member)
    if inner is not None:
        kind = {List: "list", Map: "map"}.get(type(type_), "struct")
        return f"{kind}({visible(class_name(inner.name), aliases)})"
    if isinstance(type_, Bitmap):
        return "bitmap()"
    if not isinstance(type_, Scalar):
        return "array()"
    kind = {"bool": "boolean", "timer": "timer", "f64": "double", "cpudouble": "double"}.get(type_.kind, "integer")
    return f"{kind if is_scalar(member) else 'array'}({', '.join(_arguments(type_, member, aliases))})"


def _arguments(type_: Scalar, member: Member, aliases: list[str]) -> list[str]:
    """The range, where there is something to say of it, and the enumeration."""
    low, high = member.low, member.high
    if type_.floating or low is None or high is None:
        return []
    own = type_.interval
    narrow = low > own.low or high < own.high
    if not narrow and (type_.kind in ("bool", "timer") or not is_scalar(member)):
        return []
    low, high = max(low, own.low), min(high, own.high)
    arguments = [str(low), str(high)] if narrow else [_hexadecimal(low), _hexadecimal(high)]
    if type_.enumeration is not None:
        arguments.append(visible(module_name(type_.enumeration.name), aliases))
    return arguments


def _hexadecimal(value: int) -> str:
    """The ends of a whole type: 0 and 0xFFFF, -0x8000 and 0x7FFF."""
    return f"{'-' if value < 0 else ''}0x{abs(value):X}" if value else "0"
