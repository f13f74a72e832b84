"""C types of members and of expressions."""

from __future__ import annotations

from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.binding import is_kept_by_members
from vmsgen.model.description import Description, Member
from vmsgen.model.interval import INT64, UINT64, Interval
from vmsgen.model.types import (
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Optional,
    Scalar,
    Struct,
    Type,
    dimensions,
    innermost,
    is_allocated,
    is_optional,
)

SCALARS = {
    "u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
    "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t",
    "bool": "uint8_t", "timer": "int64_t", "f64": "double", "cpudouble": "double",
}  # fmt: skip

INT = "int"
WIDE = "vms_wide"
INT32 = Interval(-(2**31), 2**31 - 1)
UINT32 = Interval(0, 2**32 - 1)


def struct_type(description: Description) -> str:
    """The C type of its states. A struct without a name in one of the program's own has none that we could know."""
    if description.own:
        return f"struct {c_struct(description.name)}"
    assert description.binding is not None, f"{description.name} has no type"
    return description.binding.type


def kept_type(description: Description) -> str:
    """The C type of what a load keeps of a state, to put it back."""
    if is_kept_by_members(description):
        return f"struct {c_struct(description.name)}_kept"
    return struct_type(description)


def declarations(owner: Description, member: Member, kept: bool = False) -> list[str]:
    """What a member comes to in C: itself, and beside it what tells how much of it there is.

    `uint32_t regs[8][2]`; `struct TxContext *queue` and `uint32_t queue_count`. `kept`: in what a load keeps.
    """
    return [text for _, text in named_declarations(owner, member, kept)]


def named_declarations(owner: Description, member: Member, kept: bool = False) -> list[tuple[str, str]]:
    """The same, each with what it declares."""
    name, type_ = member_name(member.name, member.own), member.type
    found = [(name, declaration(owner, name, type_, kept))]
    if is_allocated(type_):
        found.append((f"{name}_count", f"uint32_t {name}_count"))
    elif is_optional(type_):
        lengths = "".join(f"[{length}]" for length in dimensions(type_))
        found.append((f"{name}_there", f"uint8_t {name}_there{lengths}"))
    return found


def declaration(owner: Description, name: str, type_: Type, kept: bool = False) -> str:
    """`uint32_t regs[8][2]`; memory outside of the state is reached by a pointer, `uint32_t (*regs)[2]`."""
    lengths = [str(length) for length in dimensions(type_)]
    element = innermost(type_)
    match element:
        case Buffer(capacity):
            lengths.append(str(capacity))
        case Bitmap():
            lengths.append(str(element.words))
    if is_allocated(type_):
        name = f"(*{name})" if len(lengths) > 1 else f"*{name}"
        lengths = lengths[1:]
    return f"{element_type(owner, name.strip('(*)'), element, kept)} {name}" + "".join(
        f"[{length}]" for length in lengths
    )


def element_type(owner: Description, name: str, element: Type, kept: bool = False) -> str:
    """The C type of what a member's arrays are made of; of a list or map, of an entry."""
    match element:
        case Scalar(kind):
            return SCALARS[kind]
        case Buffer():
            return "uint8_t"
        case Bitmap():
            return "uint64_t"
        case Struct(description) if kept:
            return kept_type(description)
        case Struct(description) | List(Struct(description)):
            return struct_type(description)
        case Map():
            return f"struct {entry(owner, name)}"
        case Array() | Optional() | List():
            raise AssertionError("innermost is none of these")


def entry(owner: Description, name: str) -> str:
    """The tag of a map's entries."""
    return f"{c_struct(owner.name)}_{name}_entry"


def promoted(scalar: Scalar) -> str:
    """The type that a member of this type has in an expression, after C's integer promotions."""
    if scalar.size < 4:
        return INT
    return SCALARS[scalar.kind]


def holding(interval: Interval) -> str:
    """The type to calculate values of an interval in."""
    if INT64.covers(interval):
        return "int64_t"
    return "uint64_t" if UINT64.covers(interval) else WIDE


def literal(value: int, type_: str) -> str:
    """A constant of a type, without a cast where C has a spelling for it."""
    if type_ == WIDE:
        if value >= 0:
            return f"(vms_wide){literal(value, 'uint64_t')}"
        return f"(vms_wide){literal(value, 'int64_t')}"
    if type_ in ("uint32_t", "uint64_t"):
        return f"{value}u" if value <= UINT32.high else f"UINT64_C({value})"
    if value == INT64.low:
        return "INT64_MIN"
    if value == INT32.low:
        return "INT32_MIN"
    if value in INT32:
        return str(value) if value >= 0 else f"({value})"
    return f"INT64_C({value})" if value >= 0 else f"(-INT64_C({-value}))"
