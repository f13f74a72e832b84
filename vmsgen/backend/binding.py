"""`_uart.c`: the extension that gives a generated module its structs, through cffi."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cffi import FFI
from cffi.recompiler import make_c_source

from vmsgen.backend.c.ctypes import SCALARS
from vmsgen.backend.c.ownership import Owner, owners
from vmsgen.backend.entries import described, entries, struct_in
from vmsgen.backend.layouts import layout_text, struct_declaration
from vmsgen.backend.names import c_struct, class_name, hook_name, index_names, macro_name, member_name
from vmsgen.backend.python_classes import cursor_of, is_predicate, is_versioned, subsection_paths
from vmsgen.backend.templates import render
from vmsgen.model.counts import counted_members
from vmsgen.model.description import Description, Member
from vmsgen.model.hooks import custom_fields, embedded_with_hooks, has_hooks, hook_points
from vmsgen.model.schema import Schema, every
from vmsgen.model.sent import Sent, sent_members
from vmsgen.model.types import (
    FLOATS,
    Bitmap,
    Buffer,
    List,
    Map,
    Scalar,
    Struct,
    Type,
    dimensions,
    innermost,
    is_allocated,
    is_optional,
    owns_memory,
)

_CAPITAL = re.compile(r"(?!Py|PY|METH_)[A-Z]")
"""Macros in small letters are keywords, or reserved, or take arguments: they leave names alone."""


@dataclass(frozen=True)
class _Member:
    """`owned` counts what is in a block, `there` says which elements are not missing, `bits` is a bitmap's length.

    `local`: it is never on the wire, and its bytes are all there is to it. `declared` local is what the schema says.
    """

    attribute: str
    kind: str
    item: str
    shape: tuple[int, ...]
    counted: bool
    layout: str | None
    storage: str
    owned: str | None
    there: str | None
    bits: int
    local: bool
    declared: bool


@dataclass(frozen=True)
class _Hook:
    owner: str
    tag: str
    method: str
    slot: str
    cursor: str
    versioned: bool
    predicate: bool
    field: str | None
    indices: tuple[str, ...]

    @property
    def macro(self) -> str:
        """VMS_PYTHON_ and this is the macro for the function that C calls, if that is not for an element."""
        cursor = "" if self.cursor == "NO_CURSOR" else f"{self.cursor}_"
        return f"{cursor}{'VERSIONED_' if self.versioned else ''}HOOK"


@dataclass(frozen=True)
class _Class:
    """`inits` are the structs that an entry of a map embeds, by member; `owner` its functions if it owns memory."""

    kind: str
    name: str
    tag: str
    anonymous: bool
    layout: str
    members: tuple[_Member, ...]
    subsections: tuple[str, ...]
    hooks: tuple[_Hook, ...]
    is_entry: bool
    inits: tuple[tuple[str, str], ...]
    owner: Owner | None
    owns: bool
    needed: str | None


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
    structs = [struct_declaration(d) for used in every((schema,)) for d in described(used)]
    classes = [f"extern const vms_python_class *const {c_struct(d.name)}_class;\n" for d in described(schema)]
    return "".join([*structs, "typedef struct vms_python_class vms_python_class;\n", *classes])


def _preamble(schema: Schema) -> str:
    sent = frozenset(pair for d in schema.descriptions if not d.anonymous for pair in sent_members(d))
    return render(
        "binding.h.j2",
        undefined=_perhaps_macros(schema),
        includes=[f"{schema.name}.h"],
        constants=_constants(schema),
        digest=schema.digest[:16],
        classes=[_class(d, owner, sent) for owner in schema.descriptions for d in (*entries(owner), owner)],
    )


def _constants(schema: Schema) -> list[str]:
    """The macros of the schema, and of those that it uses. Nothing below needs them, and `kind` is a word there."""
    return [
        name
        for used in every((schema,))
        for name in (
            *(macro_name(constant.name) for constant in used.constants),
            *(macro_name(f"{enum.name}_{member.name}") for enum in used.enumerations for member in enum.members),
        )
    ]


def _perhaps_macros(schema: Schema) -> list[str]:
    """Structs, members and hooks of the schema, and of those that it uses, that Python.h may have a macro for: `EIO`.

    Names that cffi's own code below needs are left alone.
    """
    names: set[str] = set()
    for description in (d for used in every((schema,)) for d in described(used)):
        names |= {c_struct(description.name), *(member_name(member.name) for member in description.members)}
        names |= {hook_name(point.method) for point in ([] if description.anonymous else hook_points(description))}
    return sorted(name for name in names if _CAPITAL.match(name))


def _class(description: Description, owner: Description, sent: Sent) -> _Class:
    """`owner` is the description itself, or the one that the entry's map stands in."""
    tag = c_struct(description.name)
    inner = [(member_name(m.name), struct_in(description, m)) for m in description.members]
    counted = set() if description.anonymous else {found.member for found in counted_members(description)}
    is_entry = description is not owner
    return _Class(
        kind=description.kind,
        name=description.name,
        tag=tag,
        anonymous=description.anonymous,
        layout=layout_text(description),
        members=tuple(_member(description, member, sent, member.name in counted) for member in description.members),
        subsections=subsection_paths(description),
        hooks=() if description.anonymous else tuple(_hooks(description, "", "")),
        is_entry=is_entry,
        inits=tuple((name, c_struct(struct.name)) for name, struct in inner if struct is not None) if is_entry else (),
        owner=next((found for found in owners(owner) if found.stem == tag), None) if is_entry else None,
        owns=owns_memory(Struct(description)),
        needed=_needed(description),
    )


def _needed(description: Description) -> str | None:
    """How C asks whether the section of the device is sent."""
    if description.needed is None:
        return None
    tag = c_struct(description.name)
    more = f", opaque, (const {tag}_hooks *)hooks" if has_hooks(description) else ""
    return f"{tag}_needed((struct {tag} *)state{more})"


def _member(description: Description, member: Member, sent: Sent, counted: bool) -> _Member:
    attribute, type_ = member_name(member.name), member.type
    inner = struct_in(description, member)
    kind, item, shape, bits = _elements(type_)
    return _Member(
        attribute=attribute,
        kind=kind,
        item=f"struct {c_struct(inner.name)}" if inner is not None else item,
        shape=shape,
        counted=counted,
        layout=layout_text(inner) if inner is not None else None,
        storage=_storage(type_),
        owned=f"{attribute}_count" if is_allocated(type_) else None,
        there=f"{attribute}_there" if is_optional(type_) else None,
        bits=bits,
        local=member.local and (description.name, member.name) not in sent and not owns_memory(type_),
        declared=member.local,
    )


def _elements(type_: Type) -> tuple[str, str, tuple[int, ...], int]:
    """Their kind, C type (of structs nothing), dimensions, and bits if they are bitmaps."""
    shape = dimensions(type_)
    match innermost(type_):
        case Scalar(kind):
            return "F64" if kind in FLOATS else kind.upper(), SCALARS[kind], shape, 0
        case Buffer(capacity):
            return "BUFFER", "uint8_t", (*shape, capacity), 0
        case Bitmap(capacity) as bitmap:
            return "BITMAP", "uint64_t", (*shape, bitmap.words), capacity
        case List(maximum=maximum) | Map(maximum=maximum):
            return "STRUCT", "", (maximum,), 0
    return "STRUCT", "", shape, 0


def _storage(type_: Type) -> str:
    """Entries whose keys are structs stand in the order that they came in: to Python they are a list."""
    if isinstance(type_, Map) and isinstance(type_.key, Scalar):
        return "MAP"
    if isinstance(type_, List | Map):
        return "LIST"
    return "ALLOCATED" if is_allocated(type_) else "INLINE"


def _hooks(description: Description, owner: str, slots: str) -> Iterator[_Hook]:
    """Its own hooks, then those of embedded structs; `owner` and `slots` say how to get here, with a dot at the end."""
    fields = {custom.put: custom.name for custom in custom_fields(description)}
    for point in hook_points(description):
        method = hook_name(point.method)
        yield _Hook(
            owner.rstrip("."),
            c_struct(description.name),
            method,
            slots + method,
            cursor_of(point) or "NO_CURSOR",
            is_versioned(point),
            is_predicate(point),
            fields.get(point.method),
            index_names(point.indices),
        )
    for inner in embedded_with_hooks(description):
        yield from _hooks(inner, f"{owner}{class_name(inner.name)}.", f"{slots}{c_struct(inner.name)}.")
