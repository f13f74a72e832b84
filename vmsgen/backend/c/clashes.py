"""Functions and macros of the generated C that would have one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.backend.c.emit import emit_header, emit_source
from vmsgen.backend.names import c_struct, macro_name, member_name
from vmsgen.diagnostics import Diagnostics, Related, Span
from vmsgen.model.binding import is_kept_by_members
from vmsgen.model.counts import counted_members
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema, every
from vmsgen.model.types import Map

_FUNCTIONS = (
    "init", "save", "load", "read", "write", "init_any", "save_any", "load_any", "device", "hooks", "class",
    "save_version", "write_version", "read_old", "needed", "clear", "share", "part", "element",
    "describe", "describe_inner", "describe_any", "describe_version", "describe_version_inner",
    "shape", "shape_any", "kind",
)  # fmt: skip
_KEEPING = (
    "keep", "put_back", "keep_any", "put_back_any", "keeping", "kept_init", "kept_clear", "kept_share", "kept_part",
    "kept_element", "kept_clear_any", "kept_share_any", "kept_part_any",
)  # fmt: skip
"""`kept_init`: there is none, but a struct called `X_kept` would have one, and that is what a tag is for here."""
_BINDING = ("init", "device", "class", "members", "subsections", "hooks", "hook_table")
_NOT_CODE = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|^#define \w+', re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class _Symbol:
    """`what` is what it is made for, `span` where that stands; `seen` whether other files see it."""

    name: str
    what: str
    span: Span
    schema: str
    seen: bool = True


def refuse_c_clashes(schemas: tuple[Schema, ...], diagnostics: Diagnostics) -> None:
    """A file and all that it uses are one translation unit, so there no two things may share a name."""
    words = _Words()
    for schema in schemas:
        together = tuple(every((schema,)))
        taken: dict[str, _Symbol] = {}
        told: set[tuple[Span, Span]] = set()
        for symbol in (symbol for used in together for d in used.descriptions for symbol in _symbols(d)):
            other = taken.setdefault(symbol.name, symbol)
            if other is not symbol and (symbol.seen or other.seen or symbol.schema == other.schema):
                _refuse(symbol, other, told, diagnostics)
        macros = [macro for used in together for macro in _macros(used)]
        if not macros or diagnostics.has_errors:
            continue
        used_words = set().union(*map(words.of, together))
        for macro in macros:
            other = taken.setdefault(macro.name, macro)
            if other is not macro:
                _refuse(macro, other, told, diagnostics)
            elif macro.name in used_words:
                message = f"{macro.what} is the macro `{macro.name}` in C, and a name of something else there, too"
                hint = f"constants in capitals stay out of the way: `{macro.name.upper()}`"
                diagnostics.error(
                    "c-name", message, macro.span, hint=hint if macro.name != macro.name.upper() else None
                )


def _refuse(symbol: _Symbol, other: _Symbol, told: set[tuple[Span, Span]], diagnostics: Diagnostics) -> None:
    """Once for two things, however many functions they have."""
    if (symbol.span, other.span) in told:
        return
    told.add((symbol.span, other.span))
    names = [symbol.what, other.what]
    if symbol.schema != other.schema:
        names = [f"{one.what} of {one.schema}.vms" for one in (symbol, other)]
    message = f"{names[0]} and {names[1]} would both be `{symbol.name}` in C"
    related = (Related(other.span, "the other one"),)
    diagnostics.error("c-name", message, symbol.span, hint="rename one of them", related=related)


def _symbols(description: Description) -> Iterator[_Symbol]:
    stem, schema = c_struct(description.name), description.schema
    head = description.span.first_line
    what = f"`{description.name}`"
    for part in _BINDING:
        yield _Symbol(f"python_{stem}_{part}", what, head, schema, seen=False)
    if description.anonymous:
        yield _Symbol(f"{stem}_init", what, head, schema)
        return
    for function in _FUNCTIONS:
        yield _Symbol(f"{stem}_{function}", what, head, schema)
    for function in _KEEPING if is_kept_by_members(description) else ():
        yield _Symbol(f"{stem}_{function}", what, head, schema)
    for counted in counted_members(description):
        span = description.member(counted.member).span
        name = f"{stem}_{member_name(counted.member)}_count"
        yield _Symbol(name, f"the count of `{description.name}.{counted.member}`", span, schema)
    for member in description.members:
        if isinstance(member.type, Map):
            text = f"the entries of `{description.name}.{member.name}`"
            yield _Symbol(f"{stem}_{member_name(member.name, member.own)}_entry", text, member.span, schema)
    for subsection in description.all_subsections:
        for function in ("save", "write", "read", "describe", "describe_inner"):
            text = f"the subsection `{subsection.name}` of `{description.name}`"
            yield _Symbol(f"{stem}_{subsection.name}_{function}", text, subsection.span.first_line, schema, seen=False)


def _macros(schema: Schema) -> Iterator[_Symbol]:
    for constant in schema.constants:
        yield _Symbol(macro_name(constant.name), f"the constant `{constant.name}`", constant.span, schema.name)
    for enumeration in schema.enumerations:
        for member in enumeration.members:
            name = macro_name(f"{enumeration.name}_{member.name}")
            yield _Symbol(name, f"`{enumeration.name}.{member.name}`", enumeration.span, schema.name)


class _Words:
    """Every identifier in the C of a schema, macros aside; found once a schema, however many others use it."""

    def __init__(self) -> None:
        self._found: dict[str, set[str]] = {}

    def of(self, schema: Schema) -> set[str]:
        if schema.name not in self._found:
            texts = (emit(schema, "") for emit in (emit_header, emit_source))
            self._found[schema.name] = {word for text in texts for word in _WORD.findall(_NOT_CODE.sub(" ", text))}
        return self._found[schema.name]
