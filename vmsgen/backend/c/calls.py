"""C that calls the functions of an embedded struct."""

from __future__ import annotations

from vmsgen.backend.c.held import uses_held
from vmsgen.backend.names import c_struct
from vmsgen.model.hooks import has_hooks
from vmsgen.model.types import Struct


def save_call(element: Struct, text: str) -> str:
    """C that saves an embedded struct; non-zero if it was refused."""
    description = element.description
    name = c_struct(description.name)
    hooks = f", hooks ? &hooks->{name} : NULL" if has_hooks(description) else ""
    if element.version != description.version:
        return f"{name}_save_version(&{text}, w, {element.version}{hooks})"
    return f"{name}_save(&{text}, w{hooks})"


def read_call(element: Struct, place: str, held: str) -> str:
    """C that loads an embedded struct; non-zero if it was refused."""
    description = element.description
    name = c_struct(description.name)
    hooks = f", hooks ? &hooks->{name} : NULL" if has_hooks(description) else ""
    before = f", {held}" if uses_held(description) else ""
    return f"{name}_read({place}{before}, r, {element.version}{hooks})"
