"""What becomes of fields that a stream lacks, on either side."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.compat.arrived import Wrong, translated
from vmsgen.compat.names import plain
from vmsgen.compat.pairs import Pair
from vmsgen.compat.places import NOT_THERE, part
from vmsgen.compat.trace import Loaded, Piece, Saved
from vmsgen.interpret import State
from vmsgen.interpret.state import Value, same
from vmsgen.model.description import Description
from vmsgen.model.types import Array, Bitmap, Buffer, List, Map, Optional, Scalar, Struct, Type, innermost

Absences = dict[str, float]
"""What numbers become that a stream lacks, by plain name; those that stay as they were (`else keep`) are not in it."""


def absences(description: Description, prefix: str = "") -> Absences:
    """Of everything in the description that can be missing, structs and elements included."""
    found: Absences = {}
    for member in description.members:
        for name, inner in _structs(member.type, prefix + member.name):
            found |= absences(inner, f"{name}.")
    for reset in description.resets:
        found |= _values(reset.storage, prefix + plain(str(reset.target)), reset.value)
    return found


def _structs(type_: Type, name: str) -> Iterator[tuple[str, Description]]:
    match innermost(type_):
        case Struct(description):
            yield name, description
        case List(element):
            yield name, element.description
        case Map(key, value):
            if isinstance(key, Struct):
                yield f"{name}.key", key.description
            yield f"{name}.value", value.description


def _values(type_: Type, name: str, value: int | None) -> Absences:
    match innermost(type_):
        case Scalar() as scalar:
            return {name: scalar.reset if value is None else value}
        case Buffer() | Bitmap():
            return {name: value or 0}
        case Struct(description):
            found: Absences = {}
            for member in description.members:
                found |= _values(member.type, f"{name}.{member.name}", member.default)
            return found
    return {}


def absent(pair: Pair, saved: Saved, loaded: Loaded, own: State | None, into: State) -> Wrong | None:
    """A number that the stream has on neither side, and that is not what a receiver like the sender would have."""
    there = absences(pair.sender).keys(), absences(pair.receiver).keys()
    if own is None or not any(there):
        return None
    sent, read = _names(saved.pieces), _names(loaded.pieces)
    for theirs, now in _numbers(pair.receiver, into, ""):
        bare = plain(theirs)
        ours = (translated(pair, theirs) if bare in pair.names else None) or theirs
        if (bare not in there[1] and plain(ours) not in there[0]) or _is_in(ours, sent) or _is_in(theirs, read):
            continue
        was = number_at(own, ours)
        if was is not None and not same(was, now):
            message = f"`{theirs}` is {now}, and {was} to a receiver like the sender: the stream lacks it"
            return Wrong(theirs, len(saved.data), message, was, now, (bare, plain(ours)))
    return None


def _names(pieces: tuple[Piece, ...]) -> set[str]:
    """Of rows the name of the array."""
    return {piece.name for piece in pieces}


def _is_in(name: str, names: set[str]) -> bool:
    return name in names or name.rpartition("[")[0] in names


def _numbers(description: Description, state: State, prefix: str) -> Iterator[tuple[str, float]]:
    """All numbers but those of `local` members, with their names."""
    for member in description.members:
        if not member.local:
            yield from _inside(member.type, state[member.name], prefix + member.name)


def _inside(type_: Type, value: Value, name: str) -> Iterator[tuple[str, float]]:
    match type_:
        case Struct(description) if value is not None:
            yield from _numbers(description, value, f"{name}.")
        case Optional(element) if value is not None:
            yield from _inside(element, value, name)
        case Map(key, element):
            for number, (one, other) in enumerate(value):
                yield from _inside(key, one, f"{name}[{number}].key")
                yield from _inside(element, other, f"{name}[{number}].value")
        case Array(element) | List(element):
            for number, one in enumerate(value):
                yield from _inside(element, one, f"{name}[{number}]")
        case Buffer() | Bitmap():
            yield from ((f"{name}[{number}]", one) for number, one in enumerate(value))
        case Scalar():
            yield name, value


def number_at(state: State, path: str) -> float | None:
    """None where there is no such number."""
    value: Value = state
    for name in path.replace("[", ".[").split("."):
        try:
            value = part(value, int(name[1:-1]) if name.startswith("[") else name)
        except NOT_THERE:
            return None
    return value if isinstance(value, int | float) else None
