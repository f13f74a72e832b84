"""Do two descriptions say the same, wherever they stand in their files and however they are explained?"""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from vmsgen.model.description import Description, Subsection

TOLD = frozenset({"doc", "span", "schema"})
"""What makes no difference to any stream. A former name does: it says that another field is meant."""

NAMED = Description | Subsection
"""What has its name on the wire; those of fields are in descriptions alone."""


def alike(a: object, b: object) -> bool:
    return _Likeness().of(a, b)


class _Likeness:
    """Two structs are compared once, however often the one stands where the other does."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool] = {}

    def of(self, a: object, b: object) -> bool:
        if a is b:
            return True
        if type(a) is not type(b):
            return False
        if not isinstance(a, Description):
            return self._parts(a, b)
        both = id(a), id(b)
        if both not in self._known:
            self._known[both] = self._parts(a, b)
        return self._known[both]

    def _parts(self, a: object, b: object) -> bool:
        if isinstance(a, tuple) and isinstance(b, tuple):
            return len(a) == len(b) and all(self.of(x, y) for x, y in zip(a, b, strict=True))
        if is_dataclass(a):
            told = TOLD if isinstance(a, NAMED) else TOLD | {"wire_name"}
            return all(self.of(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name not in told)
        return a == b
