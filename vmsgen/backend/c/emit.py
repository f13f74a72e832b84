"""A schema's header and source, from their templates."""

from __future__ import annotations

from importlib.resources import files

import jinja2

from vmsgen.backend.c.asserted import asserted
from vmsgen.backend.c.ctypes import kept_type, struct_type
from vmsgen.backend.c.describe import constant_text
from vmsgen.backend.c.describe_functions import describe_functions, describe_head, describe_version_head
from vmsgen.backend.c.expressions import Context, Expressions
from vmsgen.backend.c.function import Function, Names
from vmsgen.backend.c.hook_functions import needed_function, old_functions
from vmsgen.backend.c.keeping import keeping_functions, kept_members
from vmsgen.backend.c.kinds import kind_function
from vmsgen.backend.c.lines import in_comment, source_text, string
from vmsgen.backend.c.load_functions import load_functions
from vmsgen.backend.c.ownership import entries, owners
from vmsgen.backend.c.save_functions import save_functions
from vmsgen.backend.c.shape import shape_function
from vmsgen.backend.c.storage import PRESENT, init, members
from vmsgen.backend.names import c_struct, hook_name, index_names, macro_name, member_name
from vmsgen.model.counts import Counted, counted_members
from vmsgen.model.description import Description
from vmsgen.model.hooks import HookPoint, embedded_with_hooks, has_hooks, hook_points
from vmsgen.model.schema import Schema
from vmsgen.model.sizes import size_max
from vmsgen.model.types import Struct, owns_memory

PARAMETERS = {
    "post_load": "uint32_t version, ",
    "predicate": "uint32_t version, ",
    "get": "vms_reader *r, ",
    "put": "vms_writer *w, ",
    "load_state_old": "vms_reader *r, uint32_t version, ",
    "load_state": "vms_reader *r, uint32_t version, ",
    "save_state": "vms_writer *w, ",
}
"""What the hooks of a kind are handed between the state and `opaque`; behind it, one of an element its indices."""


def emit_header(schema: Schema, header: str) -> str:
    """`uart.h`: structs, hook tables, functions."""
    return _render("header.h.j2", schema, header)


def emit_source(schema: Schema, header: str) -> str:
    """`uart.c`."""
    return _render("source.c.j2", schema, header)


def _render(template: str, schema: Schema, header: str) -> str:
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    text = files("vmsgen.templates.c").joinpath(template).read_text(encoding="utf-8")
    return environment.from_string(text).render(
        schema=schema,
        header=header,
        guard=f"{schema.name.upper()}_VMS_H",
        describe=describe,
        comment=comment,
        define=define,
        headers=headers(schema),
        macro_name=macro_name,
    )


def comment(text: str) -> str:
    """A doc comment above a declaration, or nothing."""
    lines = in_comment(text).strip().split("\n")
    if not any(lines):
        return ""
    if len(lines) == 1:
        return f"/** {lines[0]} */\n"
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"


def headers(schema: Schema) -> list[str]:
    """Those of the program's own structs, each once."""
    return list(dict.fromkeys(d.binding.header for d in schema.descriptions if d.binding is not None and not d.own))


def define(value: int) -> str:
    """A constant as a preprocessor value."""
    if value > 2**63 - 1:
        return f"UINT64_C({value})"
    if not -(2**31) < value < 2**31:
        return f"INT64_C({value})" if value > -(2**63) else "INT64_MIN"
    return str(value) if value >= 0 else f"({value})"


def _parameters(point: HookPoint) -> str:
    return PARAMETERS.get(point.kind, "") + "".join(f"size_t {name}, " for name in index_names(point.indices))


def describe(description: Description) -> dict[str, object]:
    """What the templates ask of a description."""
    names = Names(description)
    functions = [] if description.anonymous else _functions(description)
    return {
        "stem": names.stem,
        "names": names,
        "anonymous": description.anonymous,
        "members": members(description) if description.own else [],
        "has_hooks": not description.anonymous and has_hooks(description),
        "hooks": [
            {"method": hook_name(point.method), "parameters": _parameters(point)} for point in hook_points(description)
        ],
        "embedded": [c_struct(inner.name) for inner in embedded_with_hooks(description)],
        "nested": not description.anonymous and description.kind == "struct",
        "init": str(init(description)),
        "type": struct_type(description) if description.own or description.binding else "",
        "kept_members": kept_members(description),
        "kept_type": kept_type(description),
        "asserted": asserted(description),
        "functions": functions,
        "entries": entries(description),
        "owners": owners(description),
        "owns": owns_memory(Struct(description)),
        "has_versions": description.minimum_version < description.version and not description.opaque,
        "describe": "" if description.anonymous else describe_head(names),
        "described_alike": constant_text(names.stem, description, description.version) is not None,
        "describe_version": "" if description.anonymous else describe_version_head(names),
        "shape": shape_function(description),
        "kind": kind_function(description),
        "needed": needed_function(description),
        "counts": []
        if description.anonymous
        else [_count(description, counted) for counted in counted_members(description)],
        "size_max": "0" if description.anonymous else _largest(size_max(description)),
        "present": f"offsetof(struct {names.stem}, {PRESENT})"
        if description.all_subsections and description.own
        else "SIZE_MAX",
        "wire_name": string(description.wire_name),
        "title": source_text(description.span).rstrip(" {"),
    }


def _functions(description: Description) -> list[Function]:
    return [
        *save_functions(description),
        *describe_functions(description),
        *filter(None, (shape_function(description),)),
        *old_functions(description),
        *keeping_functions(description),
        *load_functions(description),
    ]


def _count(description: Description, counted: Counted) -> dict[str, str]:
    stem = c_struct(description.name)
    value = Expressions(Context(held="s", version=str(description.version))).emit(counted.count)
    lines = []
    if value.faults:
        lines.append("    vms_fault fault = {VMS_OK};")
    lines.append(f"    {value.type} count = {value.text};")
    tests = ["fault.code"] if value.faults else []
    if value.interval.low < 0:
        tests.append("count < 0")
    if value.interval.high > counted.capacity:
        tests.append(f"count > {counted.capacity}")
    result = f"{' || '.join(tests)} ? -1 : (int64_t)count" if tests else "(int64_t)count"
    lines.append(f"    return {result};")
    head = f"int64_t {stem}_{member_name(counted.member)}_count(const {struct_type(description)} *s)"
    return {"head": head, "body": "\n".join(lines)}


def _largest(size: int) -> str:
    """C for a uint64_t. Nobody saves as much as fits none."""
    return str(size) if size < 1 << 63 else "UINT64_MAX"
