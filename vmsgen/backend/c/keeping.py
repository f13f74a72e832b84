"""What a load keeps of a state that has members which the schema does not know: the declared ones, to put them back."""

from __future__ import annotations

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import declarations
from vmsgen.backend.c.function import Function, Names, function
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.refusals import Trail
from vmsgen.backend.c.storage import NOTHING, PRESENT, has_nothing
from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.binding import is_kept_by_members
from vmsgen.model.description import Description, Member
from vmsgen.model.types import Scalar, Struct, dimensions, innermost, is_allocated, is_optional


def kept_members(description: Description) -> list[str]:
    """Declarations, one a line; empty where a plain copy of the state does."""
    if not is_kept_by_members(description):
        return []
    found = [f"{text};" for member in description.members for text in declarations(description, member, kept=True)]
    if description.all_subsections and description.own:
        found.append(f"uint64_t {PRESENT};")
    return found or [NOTHING]


def keeping_functions(description: Description) -> list[Function]:
    """`uart_keep` and `uart_put_back`; none where a plain copy does, or for structs without a name."""
    if description.anonymous or not is_kept_by_members(description):
        return []
    names = Names(description)
    return [
        function("", names.keep, _body(description, "kept->", "s->", "keep")),
        function("", names.put_back, _body(description, "s->", "kept->", "put_back")),
    ]


def _body(description: Description, to: str, source: str, word: str) -> Lines:
    lines = Lines()
    _members(lines, description, to, source, word, 0)
    return lines


def _members(lines: Lines, description: Description, to: str, source: str, word: str, depth: int) -> None:
    for member in description.members:
        _member(lines, member, to, source, word, depth)
    if description.all_subsections and description.own:
        lines.add(f"{to}{PRESENT} = {source}{PRESENT};")
    elif has_nothing(description):
        lines.add("(void)kept;")


def _member(lines: Lines, member: Member, to: str, source: str, word: str, depth: int) -> None:
    name, element = member_name(member.name, member.own), innermost(member.type)
    if is_allocated(member.type):
        lines.add(f"{to}{name} = {source}{name};")
        lines.add(f"{to}{name}_count = {source}{name}_count;")
        return
    if is_optional(member.type):
        _copy(lines, to, source, f"{name}_there", word)
    if isinstance(element, Struct) and is_kept_by_members(element.description):
        _structs(lines, member, element.description, to, source, word, depth)
    elif isinstance(element, Scalar | Struct) and not dimensions(member.type):
        lines.add(f"{to}{name} = {source}{name};")
    else:
        _copy(lines, to, source, name, word)


def _copy(lines: Lines, to: str, source: str, name: str, word: str) -> None:
    """An array, as large as it is in what is kept: in the state a pointer may stand for it."""
    kept = to if word == "keep" else source
    lines.add(f"memcpy({to}{name}, {source}{name}, sizeof {kept}{name});")


def _structs(lines: Lines, member: Member, inner: Description, to: str, source: str, word: str, depth: int) -> None:
    name, lengths = member_name(member.name, member.own), [str(length) for length in dimensions(member.type)]
    with each(lines, name, lengths, Trail((), ""), 0, depth) as one:
        if inner.anonymous:
            _members(lines, inner, f"{to}{one.text}.", f"{source}{one.text}.", word, depth + len(lengths))
        else:
            lines.add(f"{c_struct(inner.name)}_{word}(&{to}{one.text}, &{source}{one.text});")
