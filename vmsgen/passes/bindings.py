"""`for "SerialState" in "hw/char/serial.h"`: what can be bound to a struct of the program's own."""

from __future__ import annotations

import re

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.binding import Binding, embedded
from vmsgen.model.description import Description, Member
from vmsgen.model.types import is_allocated, structs_in
from vmsgen.syntax import tree

_TYPE = re.compile(r"(struct +)?[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r'[^"\\\x00-\x1f\x7f]+')


def binding(declared: tree.Binding | None, diagnostics: Diagnostics) -> Binding | None:
    if declared is None:
        return None
    if not _TYPE.fullmatch(declared.struct):
        message = f"`{declared.struct}` is no C type: the name of a typedef, or `struct` and a tag, is meant"
        diagnostics.error("binding", message, declared.span)
    if not _HEADER.fullmatch(declared.header):
        message = "a header is named as C's `#include` does it: `hw/char/serial.h`"
        diagnostics.error("binding", message, declared.span)
    return Binding(declared.struct, declared.header)


def refuse_new_elements(members: list[Member], diagnostics: Diagnostics) -> None:
    """A load makes elements of lists, maps and allocated arrays, and nobody but the program can make one of its own."""
    for member in members:
        for struct in structs_in(member.type) if is_allocated(member.type) else ():
            bound = _bound_in(struct.description)
            if bound is not None:
                message = f"a load makes the elements of `{member.name}`, and cannot make a `{bound.type}`"
                hint = "have an array of as many as there may be, or bind the device alone"
                diagnostics.error("binding", message, member.span, hint=hint)


def _bound_in(description: Description) -> Binding | None:
    if description.binding is not None:
        return description.binding
    return next(filter(None, map(_bound_in, embedded(description))), None)
