"""Schemas that say what they say, but probably not what their author means: warnings, by `vmsgen check` alone.

`EXPLANATIONS` has a paragraph on the code of each, and on that of the one warning that every compilation gives;
`ERRORS` on the code of what is refused.
"""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema
from vmsgen.passes import absent, certain, new_elements, shadowed, struct_version
from vmsgen.passes.edges import Structs

EXPLANATIONS = {
    **struct_version.EXPLANATIONS,
    **shadowed.EXPLANATIONS,
    **certain.EXPLANATIONS,
    **absent.EXPLANATIONS,
    **new_elements.EXPLANATIONS,
    "stray-doc": (
        "A comment that begins with `///` reaches the C header, the Python docstring and the type stub of what follows "
        "it: a declaration, a member, a field or a subsection. One in another place, behind code or before another "
        "such block, reaches nobody. Put it on the lines before what it documents, or make it a comment with `//`."
    ),
}

ERRORS = {
    "not-loaded-yet": (
        "A load evaluates conditions, lengths, `in`, `where` and `check` at their place in the stream, and knows no "
        "more by then than what came before it. A field that comes later still has the value of before the load, other "
        "than on save; one of another subsection may not have come at all. Move the field up, or keep what is needed "
        "in a `local`. `needed` may ask for every field: it is evaluated on save alone."
    ),
}
"""The mistakes of this kind that no schema may have."""


def lint(schema: Schema, diagnostics: Diagnostics) -> None:
    """Adds warnings about the schema's own descriptions."""
    structs: Structs = {}
    for description in schema.descriptions:
        if not description.anonymous:
            struct_version.lint(description, diagnostics)
            shadowed.lint(description, structs, diagnostics)
            certain.lint(description, schema, diagnostics)
            absent.lint(description, diagnostics)
            new_elements.lint(description, diagnostics)
