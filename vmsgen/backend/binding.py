"""`_uart.c`: the extension that gives a generated module its structs, through cffi."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from cffi import FFI
from cffi.recompiler import make_c_source

from vmsgen.backend.c.ctypes import SCALARS
from vmsgen.backend.layouts import layout_text, struct_declaration
from vmsgen.backend.names import c_struct, class_name, hook_name, member_name
from vmsgen.backend.python_classes import is_versioned, subsection_paths
from vmsgen.backend.templates import render
from vmsgen.model.counts import counted_members
from vmsgen.model.description import Description, Member
from vmsgen.model.hooks import PREDICATE, embedded_with_hooks, hook_points
from vmsgen.model.schema import Schema, every
from vmsgen.model.types import Buffer, Scalar, Struct, dimensions, innermost


@dataclass(frozen=True)
class _Member:
    attribute: str
    kind: str
    item: str
    shape: tuple[int, ...]
    counted: bool
    layout: str | None


@dataclass(frozen=True)
class _Hook:
    owner: str
    tag: str
    method: str
    slot: str
    versioned: bool
    predicate: bool


@dataclass(frozen=True)
class _Class:
    kind: str
    name: str
    tag: str
    anonymous: bool
    layout: str
    members: tuple[_Member, ...]
    subsections: tuple[str, ...]
    hooks: tuple[_Hook, ...]


def emit(schema: Schema, header: str) -> str:
    """C for one extension module, `_NAME`, which is compiled with the C of the schema and of those that it uses."""
    ffi = FFI()
    ffi.cdef(_declarations(schema))
    module = f"_{schema.name}"
    target = io.StringIO()
    make_c_source(ffi, module, _preamble(schema), target)
    return f"/* {header} */\n\n{target.getvalue()}"


def _declarations(schema: Schema) -> str:
    """What Python sees through cffi: the structs, those of used files included, and the classes of this file."""
    structs = [struct_declaration(d) for used in every((schema,)) for d in used.descriptions if d.members]
    classes = [f"extern const vms_python_class *const {c_struct(d.name)}_class;\n" for d in schema.descriptions]
    return "".join([*structs, "typedef struct vms_python_class vms_python_class;\n", *classes])


def _preamble(schema: Schema) -> str:
    return render(
        "binding.h.j2",
        includes=[f"{schema.name}.h"],
        digest=schema.digest[:16],
        classes=[_class(description) for description in schema.descriptions],
    )


def _class(description: Description) -> _Class:
    return _Class(
        kind=description.kind,
        name=description.name,
        tag=c_struct(description.name),
        anonymous=description.anonymous,
        layout=layout_text(description),
        members=tuple(_member(description, member) for member in description.members),
        subsections=subsection_paths(description),
        hooks=() if description.anonymous else tuple(_hooks(description, "", "")),
    )


def _member(description: Description, member: Member) -> _Member:
    counted = not description.anonymous and any(c.member == member.name for c in counted_members(description))
    attribute, shape = member_name(member.name), dimensions(member.type)
    match innermost(member.type):
        case Scalar(kind):
            return _Member(attribute, kind.upper(), SCALARS[kind], shape, counted, None)
        case Buffer(capacity):
            return _Member(attribute, "BUFFER", "uint8_t", (*shape, capacity), counted, None)
        case Struct(inner):
            return _Member(attribute, "STRUCT", f"struct {c_struct(inner.name)}", shape, counted, layout_text(inner))
    raise AssertionError(member.type)


def _hooks(description: Description, owner: str, slots: str) -> Iterator[_Hook]:
    """Its own hooks, then those of embedded structs; `owner` and `slots` say how to get here, with a dot at the end."""
    for point in hook_points(description):
        method = hook_name(point.method)
        yield _Hook(
            owner.rstrip("."),
            c_struct(description.name),
            method,
            slots + method,
            is_versioned(point),
            point.kind == PREDICATE,
        )
    for inner in embedded_with_hooks(description):
        yield from _hooks(inner, f"{owner}{class_name(inner.name)}.", f"{slots}{c_struct(inner.name)}.")
