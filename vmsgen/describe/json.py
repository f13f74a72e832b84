"""JSON as QEMU writes it into streams: one line, ASCII, `", "` and `": "`, and keys that may repeat."""

from __future__ import annotations

import json
from typing import Any

Json = Any
"""str | int | bool | list[Json] | Object"""


class Object(list[tuple[str, Json]]):
    """An object as its pairs, in order; a list's elements leave the same keys in it again and again."""


def text(value: Json) -> str:
    match value:
        case Object():
            return "{" + ", ".join(f"{json.dumps(key)}: {text(inner)}" for key, inner in value) + "}"
        case list():
            return "[" + ", ".join(text(inner) for inner in value) + "]"
    return json.dumps(value)
