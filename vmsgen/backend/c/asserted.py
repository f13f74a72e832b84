"""What a struct of the program's own must be like: asked when the C is compiled, a line a member."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.backend.c.ctypes import named_declarations
from vmsgen.backend.c.lines import string
from vmsgen.backend.names import member_name
from vmsgen.model.description import Description
from vmsgen.model.types import Scalar, Struct, Type, dimensions, innermost, is_allocated


def asserted(description: Description) -> list[str]:
    """Static assertions; none where the struct is emitted."""
    if description.own or description.binding is None:
        return []
    return [_line(description.binding.type, *one) for one in _members(description, "")]


def _line(type_: str, member: str, wanted: str, tests: list[str]) -> str:
    test = " || ".join(test.format(type=type_, member=member) for test in tests)
    return f"_Static_assert({test}, {string(f'{type_} has no such {member}: {wanted}')});"


def _members(description: Description, way: str) -> Iterator[tuple[str, str, list[str]]]:
    """The way to each member, what it must be, and tests of which one must hold. `way`: `ranges[0].`."""
    for member in description.members:
        element = innermost(member.type)
        if isinstance(element, Struct) and element.description.anonymous and not element.description.own:
            name = f"{way}{member_name(member.name, member.own)}"
            for length in dimensions(member.type):
                yield name, f"{length} of them", [f"VMS_HAS_ROOM({{type}}, {{member}}, {length})"]
                name += "[0]"
            yield from _members(element.description, f"{name}.")
            continue
        for name, text in named_declarations(description, member):
            found = _addresses(name, text, member.type)
            yield f"{way}{name}", text, [f"VMS_HAS({{type}}, {{member}}, {address})" for address in found]


def _addresses(name: str, declared: str, type_: Type) -> list[str]:
    """Types that the member's address may have. A pointer does for an array, and C's own `_Bool` for a bool."""
    before, _, lengths = declared.rpartition(name)
    found = [f"{before}(*){lengths}"]
    if is_allocated(type_):
        return found
    if lengths.startswith("["):
        found.append(f"{before}(**){lengths[lengths.index(']') + 1 :]}")
    element = innermost(type_)
    if isinstance(element, Scalar) and element.kind == "bool":
        found += [address.replace("uint8_t", "_Bool", 1) for address in found]
    return found
