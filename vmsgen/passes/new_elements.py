"""Elements that a load makes, in which elements may be missing: all of them are."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description
from vmsgen.model.types import is_allocated, may_miss, structs_in
from vmsgen.passes.struct_version import fields

EXPLANATIONS = {
    "always-missing": (
        "A load makes the elements of a list, a map or an `alloc` array anew. What may be missing in them, `T?[n]`, is "
        "missing then: the stream does not tell that it is there, the receiver's own memory does. So a stream with one "
        "that is there is refused, by the very device that saved it. Only a `pre_load` of the element can put it there "
        "first. Have a list in it in place of `T?[n]`, or elements that are always there and a field that says which "
        "count."
    )
}


def lint(description: Description, diagnostics: Diagnostics) -> None:
    """Adds warnings about one description."""
    for field in fields(description):
        for struct in structs_in(field.type) if is_allocated(field.type) else ():
            if may_miss(struct) and not _prepares(struct.description):
                diagnostics.warning(
                    "always-missing",
                    f"a load makes each `{struct.description.name}` here anew: what may be missing in it always is",
                    field.span,
                    hint="no `pre_load` of it puts that there; a list in place of `?` would not need one",
                )


def _prepares(description: Description) -> bool:
    """May a hook put something there before it is loaded?"""
    return description.hook("pre_load") is not None or any(
        _prepares(struct.description) for member in description.members for struct in structs_in(member.type)
    )
