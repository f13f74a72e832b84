"""Names that differ in the schema, but not in what is generated."""

from __future__ import annotations

import keyword
import posixpath
import re
from collections.abc import Iterator

from vmsgen.backend.c.clashes import refuse_c_clashes
from vmsgen.backend.names import c_struct, class_name, hook_name, member_name
from vmsgen.backend.python_classes import element_classes, module_name, needed_classes
from vmsgen.diagnostics import Diagnostics, Related, Source, Span
from vmsgen.model.description import Description
from vmsgen.model.hooks import embedded_with_hooks, hook_points
from vmsgen.model.schema import Schema, every

MODULE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TAKEN = frozenset(
    """vms vms_python vmstate enum Python
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
    stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar unistd wchar
    wctype""".split()
)
"""Modules and headers that generated ones would hide."""


def refuse_clashes(schemas: tuple[Schema, ...], diagnostics: Diagnostics) -> None:
    """Files, classes, attributes and C names that cannot be told apart. For schemas that have no other errors."""
    _refuse_files(schemas, diagnostics)
    for schema in every(schemas):
        _refuse_classes(schema, diagnostics)
        for description in schema.descriptions:
            _refuse_members(description, diagnostics)
    if not diagnostics.has_errors:
        refuse_c_clashes(schemas, diagnostics)


# Files ----------------------------------------------------------------------------------------------------------------


def _place(schema: Schema) -> Span:
    """A whole file: where its first declaration's file begins."""
    spans = (item.span for group in (schema.descriptions, schema.constants, schema.enumerations) for item in group)
    first = next(spans, None)
    return Span(first.source if first else Source(schema.file_name, ""), 0, 0)


def _refuse_files(schemas: tuple[Schema, ...], diagnostics: Diagnostics) -> None:
    first: dict[str, Schema] = {}
    emitted = {f"{schema.name}.h" for schema in every(schemas)}
    for schema in every(schemas):
        _refuse_headers(schema, emitted, diagnostics)
        place, name = _place(schema), schema.name
        if not MODULE.fullmatch(name) or keyword.iskeyword(name):
            message = f"`{schema.file_name}` would be a module called `{name}`, which Python cannot import"
            hint = "name the file with letters, digits and `_`, a letter first"
            diagnostics.error("file-name", message, place, hint=hint)
        elif name in TAKEN or name.startswith("vms_"):
            message = f"`{schema.file_name}` would be `{name}.py` and `{name}.h`, and hide what has that name already"
            diagnostics.error("file-name", message, place, hint="give the file another name")
        # Some file systems, and the guards of headers, know no case.
        other = first.setdefault(name.lower(), schema)
        if other is not schema:
            message = f"two files are called `{schema.file_name}`; their modules would overwrite each other"
            if other.name != name:
                message = f"`{schema.file_name}` and `{other.file_name}` differ by case alone"
            diagnostics.error("file-name", message, place, related=(Related(_place(other), "the other one"),))


def _refuse_headers(schema: Schema, emitted: set[str], diagnostics: Diagnostics) -> None:
    for description in schema.descriptions:
        header = posixpath.normpath(description.binding.header) if description.binding is not None else ""
        if header in emitted:
            message = f"`{header}` is an emitted header, and would be included in place of the program's"
            hint = f"give the schema another name, or the header a folder: `src/{header}`"
            diagnostics.error("file-name", message, description.span.first_line, hint=hint)


# Classes --------------------------------------------------------------------------------------------------------------


def _refuse_classes(schema: Schema, diagnostics: Diagnostics) -> None:
    """All names of a module: classes, constants, enums, and what it imports from other modules."""
    taken: dict[str, tuple[str, Span]] = {}

    def take(name: str, what: str, span: Span) -> None:
        if name not in taken:
            taken[name] = what, span
            return
        other, place = taken[name]
        message = f"{what} and {other} would both be `{name}` in Python"
        diagnostics.error("class-name", message, span.first_line, related=(Related(place.first_line, "the other one"),))

    for constant in schema.constants:
        take(module_name(constant.name), f"the constant `{constant.name}`", constant.span)
    for enumeration in schema.enumerations:
        take(module_name(enumeration.name), f"the enum `{enumeration.name}`", enumeration.span)
    for description in schema.descriptions:
        take(class_name(description.name), _described(description), description.span)
    for used, names in needed_classes(schema).items():
        for name in names:
            take(name, f"`{name}` of {used}.vms", _place(schema))


def _described(description: Description) -> str:
    if description.anonymous:
        return f"the struct of the field at line {description.span.line}"
    return f"the {description.kind} `{description.name}`"


# Members and hooks ----------------------------------------------------------------------------------------------------


def _refuse_members(description: Description, diagnostics: Diagnostics) -> None:
    taken: dict[str, tuple[str, Span]] = {}
    told: set[str] = set()
    for name, what, span in _attributes(description):
        if name not in taken:
            taken[name] = what, span
            continue
        if name in told:
            continue
        told.add(name)
        other, place = taken[name]
        message = f"{what} and {other} would both be `{name}` in the generated code"
        related = (Related(place.first_line, "the other one"),)
        diagnostics.error("member-name", message, span.first_line, hint="rename one of them", related=related)


def _attributes(description: Description) -> Iterator[tuple[str, str, Span]]:
    """What is an attribute in Python, or stands in the table of hooks in C."""
    for member in description.members:
        yield member_name(member.name), f"the field `{member.name}`", member.span
    if description.anonymous:
        return
    hooks: dict[str, str] = {}
    for point in hook_points(description):
        name = hook_name(point.method)
        hooks[name] = point.method
        yield name, f"the hook `{point.method}`", description.span
    for inner in embedded_with_hooks(description):
        if c_struct(inner.name) in hooks:
            yield c_struct(inner.name), f"the hooks of `{inner.name}`", inner.span
    for name in element_classes(description):
        if name in hooks:
            yield name, f"the class of the struct `{name}`", description.span
