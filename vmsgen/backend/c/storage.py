"""The C struct of a description, and the values of its members at reset."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import declarations, literal
from vmsgen.backend.c.lines import Lines, in_comment
from vmsgen.backend.c.refusals import Trail, spelled
from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.binding import is_kept_by_members
from vmsgen.model.description import Description, Member
from vmsgen.model.types import (
    Bitmap,
    Buffer,
    Scalar,
    Struct,
    Type,
    dimensions,
    innermost,
    is_allocated,
    is_optional,
    may_miss,
    owns_memory,
)

PRESENT = "vms_present"
NOTHING = "uint8_t vms_nothing;"


def members(description: Description) -> list[str]:
    """Declarations with their comments, one a line."""
    lines = []
    for member in description.members:
        first, *beside = declarations(description, member)
        note = _note(member)
        lines.append(f"{first + ';':<34} {note}" if note else f"{first};")
        lines += [f"{text};" for text in beside]
    if has_nothing(description):
        lines.append(NOTHING)
    if description.all_subsections:
        text = f"uint64_t {PRESENT};"
        lines.append(f"{text:<34} /* subsections of the last load, a bit each */")
    return lines


def has_nothing(description: Description) -> bool:
    """C has no structs without members."""
    return not description.members and not (description.all_subsections and description.own)


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


class Before(Enum):
    """What memory holds before its values at reset are put there."""

    ZEROES = "zeroes"
    ANYTHING = "anything"
    STATE = "a state"
    """Which may own memory; and what misses elements misses them afterwards."""


def init(description: Description) -> Lines:
    """The body of the function that resets everything."""
    lines = Lines()
    if is_kept_by_members(description):
        _set_members(lines, "s->", description, Before.ANYTHING, 0)
        if has_nothing(description):
            lines.add("(void)s;")
        return lines
    lines.add("memset(s, 0, sizeof *s);")
    _set_members(lines, "s->", description, Before.ZEROES, 0)
    return lines


def resets(lines: Lines, description: Description) -> None:
    """What the stream may lack takes its `else` value, before anything is loaded."""
    for reset in description.resets:
        _Setter(lines, description.own, Before.STATE).set(spelled(reset.target), reset.storage, reset.value, 0)


def _set_members(lines: Lines, text: str, description: Description, before: Before, depth: int) -> None:
    """Member by member. `text` ends where a member's name begins."""
    setter = _Setter(lines, description.own, before)
    for member in description.members:
        setter.set(f"{text}{member_name(member.name, member.own)}", member.type, member.default, depth)
    if description.all_subsections and description.own and before is not Before.ZEROES:
        lines.add(f"{text}{PRESENT} = 0;")


@dataclass(frozen=True)
class _Setter:
    """Sets members of one struct. Where that is not our `own` a pointer may stand for an array: no `sizeof` then."""

    lines: Lines
    own: bool
    before: Before

    def set(self, text: str, type_: Type, value: int | None, depth: int) -> None:
        """`depth` numbers the first loop variable."""
        element = innermost(type_)
        lengths = [str(length) for length in dimensions(type_)]
        value = _value(element, value)
        if is_allocated(type_):
            self.empty(text)
            return
        if is_optional(type_) and self.before is Before.ANYTHING:
            self.fill(f"{text}_there", "0", math.prod(dimensions(type_)))
        match element:
            case Struct():
                if self.before is Before.ZEROES and not needs_init(element.description):
                    return
                with each(self.lines, text, lengths, Trail((), ""), 0, depth) as one:
                    self.struct(one.text, element, depth + len(lengths))
            case Buffer() | Bitmap():
                self.zero(text, type_)
            case Scalar() if not value and lengths:
                self.zero(text, type_)
            case Scalar() if not value:
                if self.before is not Before.ZEROES:
                    self.lines.add(f"{text} = 0;")
            case Scalar() if lengths and not element.floating and value in (-1, (1 << 8 * element.size) - 1):
                self.fill(text, "0xff", _flat_size(type_))
            case Scalar():
                kind = "uint64_t" if element.kind == "u64" else "uint32_t" if element.kind == "u32" else "int"
                with each(self.lines, text, lengths, Trail((), ""), 0, depth) as one:
                    self.lines.add(f"{one.text} = {literal(value or 0, kind)};")
            case _:
                raise AssertionError("the rest is allocated, or not innermost")

    def empty(self, text: str) -> None:
        if self.before is Before.STATE:
            self.lines.add(f"vms_release({text});")
        if self.before is not Before.ZEROES:
            self.lines.add(f"{text} = NULL;")
            self.lines.add(f"{text}_count = 0;")

    def struct(self, text: str, element: Struct, depth: int) -> None:
        description = element.description
        nameless = description.anonymous and not description.own
        if nameless or (self.before is Before.STATE and (may_miss(element) or owns_memory(element))):
            _set_members(self.lines, f"{text}.", description, self.before, depth)
        else:
            self.lines.add(f"{c_struct(description.name)}_init(&{text});")

    def zero(self, text: str, type_: Type) -> None:
        if self.before is not Before.ZEROES:
            self.fill(text, "0", _flat_size(type_))

    def fill(self, text: str, byte: str, size: int) -> None:
        self.lines.add(f"memset({text}, {byte}, {f'sizeof {text}' if self.own else size});")


def _flat_size(type_: Type) -> int:
    """Bytes of numbers, buffers or bitmaps, all of them."""
    match innermost(type_):
        case Scalar() as scalar:
            size = scalar.size
        case Buffer(capacity):
            size = capacity
        case Bitmap() as bitmap:
            size = 8 * bitmap.words
        case _:
            raise AssertionError("structs have no bytes of their own")
    return math.prod(dimensions(type_)) * size


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
