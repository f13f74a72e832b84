"""Lists, maps and allocated arrays: memory outside of the state, on its way to the wire and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from vmsgen.backend.c.calls import read_call, save_call
from vmsgen.backend.c.ctypes import struct_type
from vmsgen.backend.c.held import uses_held
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.refusals import LOAD, SAVE, Trail, numbers, spelled
from vmsgen.backend.names import c_struct, member_name
from vmsgen.diagnostics import Span
from vmsgen.model.description import Description
from vmsgen.model.expressions import MemberStep, Path
from vmsgen.model.types import List, Map, Scalar, Struct, Type, dimensions, innermost, owns_memory
from vmsgen.model.wire import Field

if TYPE_CHECKING:
    from vmsgen.backend.c.load import Loader
    from vmsgen.backend.c.save import Saver


def elements_of(stem: str, member: str, type_: Type) -> str:
    """C for the `vms_element` of what a block holds: how its elements are cleared, shared and parted with."""
    match type_:
        case Map(key, value) if owns_memory(key) or owns_memory(value):
            return f"&{stem}_{member}_entry_element"
        case List(element) if owns_memory(element):
            return f"&{c_struct(element.description.name)}_element"
        case Struct(description) if owns_memory(type_):
            return f"&{c_struct(description.name)}_element"
    return "NULL"


# Save --------------------------------------------------------------------------------------------------------------


def save(saver: Saver, field: Field, type_: List | Map, at: Trail) -> None:
    """The elements, each behind a byte 01, and a byte 00."""
    lines, text = saver.lines, spelled(field.target)
    count = f"{text}_count"
    most = numbers(count, 0, type_.maximum)
    lines.fail(f"{count} > {type_.maximum}", *SAVE.refuse(at, "VMS_COUNT", *most))
    if isinstance(type_, Map):
        _save_number(saver, text, type_, at)
    outer = saver.declared_p
    with lines.block(f"for (uint32_t i0 = 0; i0 < {count}; i0++)", field.span):
        saver.room("9" if isinstance(type_, Map) and isinstance(type_.key, Scalar) else "1")
        lines.add("p[0] = 1;")
        element = at.element("i0")
        if isinstance(type_, List):
            lines.fail(save_call(type_.element, f"{text}[i0]"), *SAVE.inside(element))
        else:
            if isinstance(type_.key, Scalar):
                lines.add(f"vms_put64(p + 1, {text}[i0].key);")
            else:
                lines.fail(save_call(type_.key, f"{text}[i0].key"), *SAVE.inside(_part(element, "key")))
            lines.fail(save_call(type_.value, f"{text}[i0].value"), *SAVE.inside(_part(element, "value")))
    saver.declared_p = outer
    saver.room("1")
    lines.add("p[0] = 0;")


def _save_number(saver: Saver, text: str, type_: Map, at: Trail) -> None:
    lines = saver.lines
    if isinstance(type_.key, Scalar):
        with lines.block(f"for (uint32_t i0 = 1; i0 < {text}_count; i0++)"):
            keys = numbers(f"{text}[i0].key", f"{text}[i0 - 1].key", f"{text}[i0 - 1].key")
            refusal = SAVE.refuse(_part(at.element("i0"), "key"), "VMS_KEY", *keys)
            lines.fail(f"{text}[i0 - 1].key >= {text}[i0].key", *refusal)
    saver.room("4")
    lines.add(f"vms_put32(p, {text}_count);")


def _part(element: Trail, name: str) -> Trail:
    return Trail(element.around, name)


# Load --------------------------------------------------------------------------------------------------------------


def empty(loader: Loader, text: str) -> None:
    """The state gives up what it had; the undo copy has its own share of it."""
    loader.lines.add(f"vms_release({text});")
    loader.lines.add(f"{text} = NULL;")
    loader.lines.add(f"{text}_count = 0;")


def load_list(loader: Loader, field: Field, type_: List, at: Trail) -> None:
    """Elements for as long as the byte before them is not 00."""
    lines, text = loader.lines, spelled(field.target)
    struct = struct_type(type_.element.description)
    empty(loader, text)
    outer = loader.declared_p
    with lines.block("for (;;)", field.span):
        loader.take("1", [at.last], at)
        lines.add("if (!*p)")
        lines.add("    break;")
        _append(loader, text, struct, elements_of("", "", type_), type_.maximum, at, "p")
        read_fresh(lines, type_.element, "element", at.element(f"{text}_count - 1"))
    loader.declared_p = outer


def load_map(loader: Loader, field: Field, type_: Map, at: Trail) -> None:
    """As many entries as are announced, and a byte 00."""
    lines, text = loader.lines, spelled(field.target)
    owner, member = _member(field.target, loader.description)
    stem = c_struct(owner.name)
    loader.take("4", [at.last], at)
    announced = loader.ask.fresh("announced")
    lines.add(f"uint32_t {announced} = vms_get32(p);", field.span)
    most = numbers(announced, 0, type_.maximum)
    lines.fail(f"{announced} > {type_.maximum}", *LOAD.refuse(at, "VMS_COUNT", *most, "p"))
    empty(loader, text)
    with lines.block("for (;;)"):
        loader.take("1", [at.last], at)
        with lines.block("if (!*p)"):
            short = numbers(f"{text}_count", announced, announced)
            lines.fail(f"{text}_count != {announced}", *LOAD.refuse(at, "VMS_COUNT", *short, "p"))
            lines.add("break;")
        more = numbers(f"{text}_count + 1", announced, announced)
        lines.fail(f"{text}_count == {announced}", *LOAD.refuse(at, "VMS_COUNT", *more, "p"))
        _append(loader, text, f"struct {stem}_{member}_entry", elements_of(stem, member, type_), None, at, "p")
        element = at.element(f"{text}_count - 1")
        if isinstance(type_.key, Scalar):
            loader.take("8", ["key"], element)
            lines.add("element->key = vms_get64(p);")
        else:
            read_fresh(lines, type_.key, "&element->key", _part(element, "key"))
        read_fresh(lines, type_.value, "&element->value", _part(element, "value"))
    if isinstance(type_.key, Scalar):
        _sort(loader, text, f"{stem}_{member}", at)


def _member(path: Path, description: Description) -> tuple[Description, str]:
    """Whose member it is, and what that is called in C: one of a `tmp` belongs to a struct without a name."""
    *around, last = [step.name for step in path.steps if isinstance(step, MemberStep)]
    for name in around:
        struct = innermost(description.member(name).type)
        assert isinstance(struct, Struct), "only structs have members"
        description = struct.description
    return description, member_name(last, description.own)


def read_fresh(lines: Lines, element: Struct, place: str, at: Trail, beside: Span | None = None) -> None:
    """Loads a struct that is new: it begins at its values at reset, and held nothing that could be asked for."""
    lines.add(f"{c_struct(element.description.name)}_init({place});")
    call = read_call(element, place, place)
    if not uses_held(element.description):
        lines.fail(call, *LOAD.inside(at), beside=beside)
        return
    with lines.block(""):
        lines.add("bool receiver = r->receiver;")
        lines.add("r->receiver = false;")
        lines.fail(call, *LOAD.inside(at), beside=beside)
        lines.add("r->receiver = receiver;")


def _sort(loader: Loader, text: str, stem: str, at: Trail) -> None:
    lines = loader.lines
    with lines.block(f"if ({text}_count > 1)"):
        lines.add(f"qsort({text}, {text}_count, sizeof *{text}, {stem}_compare);")
        with lines.block(f"for (uint32_t i0 = 1; i0 < {text}_count; i0++)"):
            keys = numbers(*[f"{text}[i0].key"] * 3)
            refusal = LOAD.refuse(_part(at.element("i0"), "key"), "VMS_KEY", *keys, where="p")
            lines.fail(f"{text}[i0 - 1].key == {text}[i0].key", *refusal)


def _append(loader: Loader, text: str, struct: str, elements: str, maximum: int | None, at: Trail, where: str) -> None:
    lines = loader.lines
    if maximum is not None:
        most = numbers(f"{text}_count + 1", 0, maximum)
        lines.fail(f"{text}_count == {maximum}", *LOAD.refuse(at, "VMS_COUNT", *most, where))
    lines.add(f"void *items = {text};")
    lines.add(f"{struct} *element = ({struct} *)vms_append(&items, &{text}_count, sizeof *element, {elements});")
    lines.add(f"{text} = ({struct} *)items;")
    size = numbers(*["sizeof *element"] * 3)
    lines.fail("!element", *LOAD.refuse(at, "VMS_MEMORY", *size, where))


def _block(text: str, element: Type, count: str) -> str:
    """Arguments of vms_allocate. Rows of structs that own memory count one by one: each is cleared by itself."""
    rows, struct = dimensions(element), innermost(element)
    functions = elements_of("", "", struct)
    if not rows or functions == "NULL":
        return f"{count}, sizeof *{text}, {functions}"
    return f"{count} * {math.prod(rows)}, sizeof {'*' * (1 + len(rows))}{text}, {functions}"


def allocate(loader: Loader, text: str, element: Type, struct: str, count: str, at: Trail) -> None:
    """Fresh elements for an allocated array, `count` of them; none for 0."""
    lines = loader.lines
    empty(loader, text)
    with lines.block(f"if ({count})"):
        lines.add(f"{text} = vms_allocate({_block(text, element, count)});")
        size = numbers(*[f"{count} * sizeof *{text}"] * 3)
        lines.fail(f"!{text}", *LOAD.refuse(at, "VMS_MEMORY", *size))
        lines.add(f"{text}_count = (uint32_t)({count});")
