"""JSON as QEMU writes it into streams: one line, ASCII, `", "` and `": "`, and keys that may repeat."""

from __future__ import annotations

import json
from typing import Any

Json = Any
"""str | int | bool | list[Json] | Object"""


class Object(list[tuple[str, Json]]):
    """An object as its pairs, in order; a list's elements leave the same keys in it again and again."""


def indented(value: Json, depth: int = 0) -> str:
    """The same over many lines, two spaces a level."""
    inner, outer = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    match value:
        case Object():
            pairs = (f"{json.dumps(key)}: {indented(held, depth + 1)}" for key, held in value)
            return "{" + inner + f",{inner}".join(pairs) + outer + "}"
        case []:
            return "[]"
        case list():
            return "[" + inner + f",{inner}".join(indented(held, depth + 1) for held in value) + outer + "]"
    return json.dumps(value)


def text(value: Json) -> str:
    match value:
        case Object():
            return "{" + ", ".join(f"{json.dumps(key)}: {text(inner)}" for key, inner in value) + "}"
        case list():
            return "[" + ", ".join(text(inner) for inner in value) + "]"
    return json.dumps(value)
