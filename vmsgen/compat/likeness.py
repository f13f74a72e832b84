"""Do two descriptions say the same, wherever they stand in their files and however they are explained?"""

from __future__ import annotations

from dataclasses import fields, is_dataclass

TOLD = frozenset({"doc", "span", "schema", "was"})
"""What makes no difference to any stream."""


def alike(a: object, b: object) -> bool:
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if is_dataclass(a):
        return all(alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name not in TOLD)
    return a == b
