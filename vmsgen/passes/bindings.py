"""`for "SerialState" in "hw/char/serial.h"`: what can be bound to a struct of the program's own."""

from __future__ import annotations

import re

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.binding import Binding, embedded
from vmsgen.model.description import Description, Member
from vmsgen.model.types import Struct, innermost, is_allocated, structs_in
from vmsgen.syntax import tree

_TYPE = re.compile(r"(struct +)?[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset("void char short int long float double signed unsigned bool struct union enum".split())
_HEADER = re.compile(r"[A-Za-z0-9_.+/ -]+")


def binding(declared: tree.Binding | None, diagnostics: Diagnostics) -> Binding | None:
    if declared is None:
        return None
    if not _TYPE.fullmatch(declared.struct) or declared.struct in _WORDS:
        message = f"`{declared.struct}` is no C type: the name of a typedef, or `struct` and a tag, is meant"
        diagnostics.error("binding", message, declared.span)
    if not _HEADER.fullmatch(declared.header):
        message = "a header is named as C's `#include` does it: `hw/char/serial.h`"
        diagnostics.error("binding", message, declared.span)
    return Binding(declared.struct, declared.header)


def refuse_members(members: list[Member], bound: Binding | None, schema: str, diagnostics: Diagnostics) -> None:
    """What cannot be a member: of a struct of the program's own, or because there is one in it."""
    for member in members:
        if bound is not None:
            _refuse_later_structs(member, bound, schema, diagnostics)
        _refuse_new_elements(member, diagnostics)


def _refuse_later_structs(member: Member, bound: Binding, schema: str, diagnostics: Diagnostics) -> None:
    """The emitted header declares them, and begins with that of the program."""
    element = innermost(member.type)
    if not isinstance(element, Struct) or is_allocated(member.type):
        return
    inner = element.description
    if inner.anonymous:
        for other in inner.members:
            _refuse_later_structs(other, bound, schema, diagnostics)
    elif inner.binding is None and inner.schema == schema:
        message = f"`{bound.type}` has no `struct {inner.name}` in it: that is declared after `{bound.header}`"
        hint = f"say which struct of the program it is: `struct {inner.name} for …`"
        diagnostics.error("binding", message, member.span, hint=hint)


def _refuse_new_elements(member: Member, diagnostics: Diagnostics) -> None:
    """A load makes elements of lists, maps and allocated arrays, and nobody but the program can make one of its own."""
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
