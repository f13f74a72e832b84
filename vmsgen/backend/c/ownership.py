"""Clearing, sharing and parting with the memory that a state owns."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import entry
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.refusals import Trail
from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.description import Description
from vmsgen.model.types import Map, Scalar, Struct, Type, dimensions, innermost, is_allocated, owns_memory

WORDS = ("clear", "share", "part")


@dataclass(frozen=True)
class Owner:
    """A struct that owns memory: its tag, the stem of its three functions, their bodies by word, and their linkage."""

    tag: str
    stem: str
    linkage: str
    bodies: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """The struct of a map's entries, and how two of them are compared where keys are numbers."""

    tag: str
    members: tuple[str, ...]
    compare: str | None


def entries(description: Description) -> list[Entry]:
    found = []
    for member in description.members:
        if isinstance(member.type, Map):
            name = member_name(member.name)
            key = "uint64_t key" if isinstance(member.type.key, Scalar) else f"{_struct(member.type.key)} key"
            compare = f"{c_struct(description.name)}_{name}_compare" if isinstance(member.type.key, Scalar) else None
            found.append(Entry(entry(description, name), (key, f"{_struct(member.type.value)} value"), compare))
    return found


def _struct(type_: Scalar | Struct) -> str:
    assert isinstance(type_, Struct)
    return f"struct {c_struct(type_.description.name)}"


def owners(description: Description) -> list[Owner]:
    """The entries of maps that own memory, then the description itself; empty if nothing does."""
    found = []
    for member in description.members:
        if isinstance(member.type, Map) and (owns_memory(member.type.key) or owns_memory(member.type.value)):
            tag = entry(description, member_name(member.name))
            parts: list[tuple[str, Type]] = [("key", member.type.key), ("value", member.type.value)]
            found.append(Owner(tag, tag, "static ", _bodies(parts)))
    if owns_memory(Struct(description)):
        stem = c_struct(description.name)
        members = [(member_name(member.name), member.type) for member in description.members]
        found.append(Owner(stem, stem, "", _bodies(members)))
    return found


def _bodies(members: list[tuple[str, Type]]) -> dict[str, str]:
    owning = [(f"s->{name}", type_) for name, type_ in members if owns_memory(type_)]
    clear, share, part = Lines(), Lines(), Lines()
    part.add("int failed = 0;")
    for text, type_ in owning:
        _clear(clear, text, type_)
        _share(share, text, type_)
        _part(part, text, type_)
    part.add("return failed;")
    return {"clear": str(clear), "share": str(share), "part": str(part)}


def _clear(lines: Lines, text: str, type_: Type) -> None:
    if is_allocated(type_):
        lines.add(f"vms_release({text});")
        lines.add(f"{text} = NULL;")
        lines.add(f"{text}_count = 0;")
        return
    _each_struct(lines, text, type_, "{}_clear(&{});")


def _share(lines: Lines, text: str, type_: Type) -> None:
    if is_allocated(type_):
        lines.add(f"vms_share({text});")
        return
    _each_struct(lines, text, type_, "{}_share(&{});")


def _part(lines: Lines, text: str, type_: Type) -> None:
    """Goes on after a failure, so that afterwards nothing is shared: what could not be copied is empty."""
    if not is_allocated(type_):
        _each_struct(lines, text, type_, "failed |= {}_part(&{});")
        return
    with lines.block(f"if ({text})"):
        lines.add(f"{text} = vms_part({text});")
        with lines.block(f"if (!{text})"):
            lines.add(f"{text}_count = 0;")
            lines.add("failed = -1;")


def _each_struct(lines: Lines, text: str, type_: Type, statement: str) -> None:
    element = innermost(type_)
    assert isinstance(element, Struct)
    lengths = [str(length) for length in dimensions(type_)]
    with each(lines, text, lengths, Trail((), ""), 0, 0) as one:
        lines.add(statement.format(c_struct(element.description.name), one.text))
