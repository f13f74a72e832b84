"""Clearing, sharing and parting with the memory that a state owns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import entry, kept_type, struct_type
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.refusals import Trail
from vmsgen.backend.names import c_struct, member_name
from vmsgen.model.binding import is_kept_by_members
from vmsgen.model.description import Description
from vmsgen.model.types import Map, Scalar, Struct, Type, dimensions, innermost, is_allocated, owns_memory

WORDS = ("clear", "share", "part")


@dataclass(frozen=True)
class Owner:
    """A struct that owns memory: its type, the stem of its three functions, their bodies by word, and their linkage."""

    type: str
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
            name = member_name(member.name, member.own)
            key = "uint64_t key" if isinstance(member.type.key, Scalar) else f"{_struct(member.type.key)} key"
            compare = f"{c_struct(description.name)}_{name}_compare" if isinstance(member.type.key, Scalar) else None
            found.append(Entry(entry(description, name), (key, f"{_struct(member.type.value)} value"), compare))
    return found


def _struct(type_: Scalar | Struct) -> str:
    assert isinstance(type_, Struct)
    return struct_type(type_.description)


def owners(description: Description) -> list[Owner]:
    """The entries of maps that own memory, the description itself, what is kept of it; empty if nothing does."""
    found = []
    for member in description.members:
        if isinstance(member.type, Map) and (owns_memory(member.type.key) or owns_memory(member.type.value)):
            stem = entry(description, member_name(member.name, member.own))
            parts: list[tuple[str, Type]] = [("key", member.type.key), ("value", member.type.value)]
            found.append(Owner(f"struct {stem}", stem, "static ", _bodies(parts)))
    if owns_memory(Struct(description)):
        stem = c_struct(description.name)
        members = [(member_name(member.name, member.own), member.type) for member in description.members]
        if description.own or not description.anonymous:
            found.append(Owner(struct_type(description), stem, "", _bodies(members)))
        if is_kept_by_members(description):
            found.append(Owner(kept_type(description), f"{stem}_kept", "", _bodies(members, kept=True)))
    return found


def _bodies(members: list[tuple[str, Type]], kept: bool = False) -> dict[str, str]:
    bodies = {}
    for word, act in {"clear": _clear, "share": _share, "part": _part}.items():
        lines = Lines()
        if word == "part":
            lines.add("int failed = 0;")
        _members(lines, "s->", members, word, act, kept, 0)
        if word == "part":
            lines.add("return failed;")
        bodies[word] = str(lines)
    return bodies


Act = Callable[[Lines, str], None]
"""Adds what is done with one member that owns memory itself, given C for it."""


def _members(
    lines: Lines, owner: str, members: list[tuple[str, Type]], word: str, act: Act, kept: bool, depth: int
) -> None:
    for name, type_ in members:
        text = f"{owner}{name}"
        if is_allocated(type_):
            act(lines, text)
        elif owns_memory(type_):
            _each_struct(lines, text, type_, word, act, kept, depth)


def _clear(lines: Lines, text: str) -> None:
    lines.add(f"vms_release({text});")
    lines.add(f"{text} = NULL;")
    lines.add(f"{text}_count = 0;")


def _share(lines: Lines, text: str) -> None:
    lines.add(f"vms_share({text});")


def _part(lines: Lines, text: str) -> None:
    """Goes on after a failure, so that afterwards nothing is shared: what could not be copied is empty."""
    with lines.block(f"if ({text})"):
        lines.add(f"{text} = vms_part({text});")
        with lines.block(f"if (!{text})"):
            lines.add(f"{text}_count = 0;")
            lines.add("failed = -1;")


def _each_struct(lines: Lines, text: str, type_: Type, word: str, act: Act, kept: bool, depth: int) -> None:
    element = innermost(type_)
    assert isinstance(element, Struct)
    inner = element.description
    lengths = [str(length) for length in dimensions(type_)]
    with each(lines, text, lengths, Trail((), ""), 0, depth) as one:
        if inner.anonymous and not (inner.own or kept):
            members = [(member_name(member.name, member.own), member.type) for member in inner.members]
            _members(lines, f"{one.text}.", members, word, act, kept, depth + len(lengths))
            return
        stem = c_struct(inner.name) + ("_kept" if kept and is_kept_by_members(inner) else "")
        lines.add(f"{'failed |= ' if word == 'part' else ''}{stem}_{word}(&{one.text});")
