"""Do two descriptions say the same, wherever they stand in their files and however they are explained?"""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from vmsgen.model.description import Description, Subsection

TOLD = frozenset({"doc", "span", "schema"})
"""What makes no difference to any stream. A former name does: it says that another field is meant."""

NAMED = Description | Subsection
"""What has its name on the wire; those of fields are in descriptions alone."""


def alike(a: object, b: object) -> bool:
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if is_dataclass(a):
        told = TOLD if isinstance(a, NAMED) else TOLD | {"wire_name"}
        return all(alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name not in told)
    return a == b
