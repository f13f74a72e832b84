"""A map's entries as Python sees them: structs with the members `key` and `value`, one class a map."""

from __future__ import annotations

from dataclasses import replace

from vmsgen.backend.c.ctypes import entry
from vmsgen.backend.names import member_name
from vmsgen.model.description import Description, Member
from vmsgen.model.schema import Schema
from vmsgen.model.types import List, Map, Scalar, Struct, innermost

_DOC = "An entry of a map."


def described(schema: Schema) -> tuple[Description, ...]:
    """The schema's descriptions, the entries of its maps before the ones that these stand in."""
    return tuple(part for description in schema.descriptions for part in (*entries(description), description))


def entries(description: Description) -> tuple[Description, ...]:
    return tuple(
        _entry(description, member, member.type) for member in description.members if isinstance(member.type, Map)
    )


def is_entry(description: Description) -> bool:
    return description.anonymous and description.doc is _DOC


def struct_in(description: Description, member: Member) -> Description | None:
    """The struct that the member is, or is made of; None where it is none."""
    match innermost(member.type):
        case Struct(inner) | List(Struct(inner)):
            return inner
        case Map() as type_:
            return _entry(description, member, type_)
    return None


def _entry(owner: Description, member: Member, type_: Map) -> Description:
    blank = replace(member, doc="", local=False, subsection=None, was=None, default=None, low=None, high=None)
    key = replace(blank, name="key", type=type_.key)
    if isinstance(type_.key, Scalar):
        bounds = type_.key.interval
        key = replace(key, default=0, low=bounds.low, high=bounds.high)
    return Description(
        kind="struct", name=entry(owner, member_name(member.name)), wire_name=member.name, anonymous=True,
        version=0, minimum_version=0, members=(key, replace(blank, name="value", type=type_.value)), wire=(),
        subsections=(), hooks=(), predicates=(), resets=(), doc=_DOC, schema=owner.schema, span=member.span,
    )  # fmt: skip
