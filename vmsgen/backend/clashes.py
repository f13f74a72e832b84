"""Names that differ in the schema, but not in what is generated."""

from __future__ import annotations

import re

from vmsgen.backend.names import class_name
from vmsgen.diagnostics import Diagnostics, Related, Span
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema, every

MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def refuse_clashes(schemas: tuple[Schema, ...], diagnostics: Diagnostics) -> None:
    """File names that are no module names, two files of one name, two classes of one name."""
    first: dict[str, Schema] = {}
    for schema in every(schemas):
        # The place of a whole file is that of its first description; a file of constants only has none.
        spans = [description.span for description in schema.descriptions]
        place = Span(spans[0].source, 0, 0) if spans else None
        if place and not MODULE.fullmatch(schema.name):
            message = f"`{schema.file_name}` would be a module called `{schema.name}`, which Python cannot import"
            diagnostics.error("file-name", message, place, hint="name the file with letters, digits and `_`")
        if schema.name in first and first[schema.name] is not schema and place:
            message = f"two files are called `{schema.file_name}`; their modules would overwrite each other"
            diagnostics.error("file-name", message, place)
        first[schema.name] = schema
        _refuse_classes(schema, diagnostics)


def _refuse_classes(schema: Schema, diagnostics: Diagnostics) -> None:
    classes: dict[str, Description] = {}
    others = {item.name for item in schema.enumerations} | {item.name for item in schema.constants}
    for description in schema.descriptions:
        name = class_name(description.name)
        if name in classes and classes[name] is not description:
            message = f"`{description.name}` and `{classes[name].name}` would both be the Python class `{name}`"
            related = (Related(classes[name].span, "the other one"),)
            diagnostics.error("class-name", message, description.span, related=related)
        elif name in others:
            message = f"the Python class `{name}` of `{description.name}` has the name of a constant or an enum"
            diagnostics.error("class-name", message, description.span)
        classes[name] = description
