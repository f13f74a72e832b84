"""How far a section's body reaches, from what the stream's description says of it.

The walk is as strict as the description allows: sizes must add up at every level, and a subsection must stand, with
its name and version, where the description puts it.
"""

from __future__ import annotations

from typing import Any

from vmstate.errors import FramingError
from vmstate.stream.cursor import Cursor

__all__ = ["skip_body"]

_SUBSECTION = 0x05
_MAX_SIZE = 1 << 32


def skip_body(cursor: Cursor, device: dict[str, Any]) -> None:
    """Move `cursor` from the first byte of the device's body to the first byte after it.

    Raises `TruncatedError` when the stream is shorter, `FramingError` when description and bytes do not agree.
    """
    if "vmsd_name" not in device:
        cursor.take(_size(device, "size", device["name"], cursor), f"the opaque body of {device['name']!r}")
        return
    _skip_description(cursor, device, device["name"])


def _skip_description(cursor: Cursor, description: dict[str, Any], path: str) -> None:
    for field in _objects(description, "fields", path, cursor):
        _skip_field(cursor, field, path)
    for subsection in _objects(description, "subsections", path, cursor):
        _skip_subsection(cursor, subsection, path)


def _skip_field(cursor: Cursor, field: dict[str, Any], owner: str) -> None:
    name = field.get("name")
    if not isinstance(name, str):
        raise _disagree(cursor, f"a field of {owner!r} has no name")
    path = f"{owner}/{name}"
    size = _size(field, "size", path, cursor)
    count = _size(field, "array_len", path, cursor) if "array_len" in field else 1
    struct = field.get("struct")
    start = cursor.offset
    if not struct:
        # Also an element that was a null pointer: an empty object, one marker byte.
        cursor.take(size * count, f"the field {path!r}")
    elif not isinstance(struct, dict):
        raise _disagree(cursor, f"the struct of {path!r} is not an object")
    elif count == 1:
        _skip_description(cursor, struct, path)
        if cursor.offset - start != size:
            raise _disagree(cursor, f"the parts of {path!r} add up to {cursor.offset - start} bytes, not {size}")
    else:
        # One description for all elements is only written when they are all alike, subsections excluded.
        if _flat_size(struct, path, cursor) != size:
            raise _disagree(cursor, f"the parts of one element of {path!r} do not add up to {size} bytes")
        cursor.take(size * count, f"the array {path!r}")


def _skip_subsection(cursor: Cursor, subsection: dict[str, Any], owner: str) -> None:
    name, version, start = subsection.get("vmsd_name"), subsection.get("version"), cursor.offset
    if not isinstance(name, str):
        raise _disagree(cursor, f"a subsection of {owner!r} has no name")
    if cursor.u8(f"the start of subsection {name!r}") != _SUBSECTION:
        raise _disagree(cursor, f"subsection {name!r} does not start where the description puts it", start)
    if cursor.counted("a subsection's name") != name:
        raise _disagree(cursor, f"another subsection than {name!r} stands in its place", start)
    if cursor.be32("a subsection's version") != version:
        raise _disagree(cursor, f"subsection {name!r} has another version than described", start)
    _skip_description(cursor, subsection, name)


def _flat_size(struct: dict[str, Any], path: str, cursor: Cursor) -> int:
    """Bytes of a struct without subsections, from the sizes of its fields."""
    if struct.get("subsections"):
        raise _disagree(cursor, f"the array {path!r} has subsections, but one description for all elements")
    total = 0
    for field in _objects(struct, "fields", path, cursor):
        count = _size(field, "array_len", path, cursor) if "array_len" in field else 1
        total += _size(field, "size", path, cursor) * count
    return total


def _objects(owner: dict[str, Any], key: str, path: str, cursor: Cursor) -> list[dict[str, Any]]:
    items = owner.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _disagree(cursor, f"the {key} of {path!r} are not a list of objects")
    return items


def _size(owner: dict[str, Any], key: str, path: str, cursor: Cursor) -> int:
    size = owner.get(key)
    if type(size) is not int or not 0 <= size < _MAX_SIZE:
        raise _disagree(cursor, f"the {key} of {path!r} is {str(size)[:40]}")
    return size


def _disagree(cursor: Cursor, what: str, offset: int | None = None) -> FramingError:
    at = cursor.offset if offset is None else offset
    return FramingError(
        f"description and bytes disagree at offset {at}: {what}", offset=at, code="stream-description-mismatch"
    )
