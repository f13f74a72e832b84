"""The C struct of a description, and the values of its members at reset."""

from __future__ import annotations

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import declarations, literal
from vmsgen.backend.c.lines import Lines, in_comment
from vmsgen.backend.c.refusals import Trail, spelled
from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.description import Description, Member, Reset
from vmsgen.model.types import (
    Bitmap,
    Buffer,
    Scalar,
    Struct,
    Type,
    dimensions,
    innermost,
    is_allocated,
    may_miss,
    owns_memory,
)

PRESENT = "vms_present"


def members(description: Description) -> list[str]:
    """Declarations with their comments, one a line."""
    lines = []
    for member in description.members:
        first, *beside = declarations(description, member)
        note = _note(member)
        lines.append(f"{first + ';':<34} {note}" if note else f"{first};")
        lines += [f"{text};" for text in beside]
    if has_nothing(description):
        lines.append("uint8_t vms_nothing;")
    if description.all_subsections:
        text = f"uint64_t {PRESENT};"
        lines.append(f"{text:<34} /* subsections of the last load, a bit each */")
    return lines


def has_nothing(description: Description) -> bool:
    """C has no structs without members."""
    return not description.members and not description.all_subsections


def _note(member: Member) -> str:
    notes = [line for line in [member.doc.split("\n")[0].strip()] if line]
    element = innermost(member.type)
    if isinstance(element, Scalar) and not element.floating:
        if element.enumeration:
            notes.append(element.enumeration.name)
        if (member.low, member.high) != (element.interval.low, element.interval.high):
            notes.append(f"{member.low}..{member.high}")
    if member.local:
        notes.append("local")
    if member.subsection:
        notes.append(f"subsection {member.subsection}")
    text = in_comment("; ".join(notes))
    return f"/* {text} */" if text else ""


def init(description: Description) -> Lines:
    """The body of the function that resets everything."""
    lines = Lines()
    lines.add("memset(s, 0, sizeof *s);")
    for member in description.members:
        _set(lines, f"s->{member_name(member.name)}", member.type, member.default, zeroed=True)
    return lines


def resets(lines: Lines, found: tuple[Reset, ...]) -> None:
    """What the stream may lack takes its `else` value, before anything is loaded."""
    for reset in found:
        _set(lines, spelled(reset.target), reset.storage, reset.value, zeroed=False)


def _set(lines: Lines, text: str, type_: Type, value: int | None, *, zeroed: bool, depth: int = 0) -> None:
    """`depth` numbers the first loop variable. What is not `zeroed` keeps its pattern of missing elements."""
    element = innermost(type_)
    lengths = [str(length) for length in dimensions(type_)]
    value = _value(element, value)
    if is_allocated(type_):
        if not zeroed:
            lines.add(f"vms_release({text});")
            lines.add(f"{text} = NULL;")
            lines.add(f"{text}_count = 0;")
        return
    match element:
        case Struct(description):
            if zeroed and not needs_init(description):
                return
            with each(lines, text, lengths, Trail((), ""), 0, depth) as one:
                if zeroed or not (may_miss(element) or owns_memory(element)):
                    lines.add(f"{c_struct(description.name)}_init(&{one.text});")
                else:
                    _set_members(lines, one.text, description, depth + len(lengths))
        case Buffer() | Bitmap():
            if not zeroed:
                lines.add(f"memset({text}, 0, sizeof {text});")
        case Scalar() if not value:
            if not zeroed:
                lines.add(f"memset({text}, 0, sizeof {text});" if lengths else f"{text} = 0;")
        case Scalar() if lengths and not element.floating and value in (-1, (1 << 8 * element.size) - 1):
            lines.add(f"memset({text}, 0xff, sizeof {text});")
        case Scalar():
            kind = "uint64_t" if element.kind == "u64" else "uint32_t" if element.kind == "u32" else "int"
            with each(lines, text, lengths, Trail((), ""), 0, depth) as one:
                lines.add(f"{one.text} = {literal(value or 0, kind)};")
        case _:
            raise AssertionError("the rest is allocated, or not innermost")


def _set_members(lines: Lines, text: str, description: Description, depth: int) -> None:
    """A struct that `init` would not do for: it owns memory, or elements of it may be missing."""
    for member in description.members:
        name = f"{text}.{member_name(member.name)}"
        _set(lines, name, member.type, member.default, zeroed=False, depth=depth)
    if description.all_subsections:
        lines.add(f"{text}.{PRESENT} = 0;")


def _value(element: Type, default: int | None) -> int | None:
    """The value of each element; where the member says none it is the type's own."""
    return element.reset if default is None and isinstance(element, Scalar) else default


def needs_init(description: Description) -> bool:
    """Is any value at reset other than zero?"""
    for member in description.members:
        element = innermost(member.type)
        if is_allocated(member.type):
            continue
        if isinstance(element, Struct):
            if needs_init(element.description):
                return True
        elif _value(element, member.default):
            return True
    return False
