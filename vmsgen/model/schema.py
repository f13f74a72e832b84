"""A whole schema: one file's declarations, and those of the files that it uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.diagnostics import Span
from vmsgen.model.description import Description
from vmsgen.model.types import Enumeration


@dataclass(frozen=True)
class NamedConstant:
    """`span` is that of the name."""

    name: str
    value: int
    doc: str
    span: Span


@dataclass(frozen=True)
class Schema:
    """`name` is the file's stem, that of the Python module and of the C files; `file_name` the file's own, no folder.

    `descriptions` are in order of declaration, structs without a name before the one that they stand in. `uses` are
    the schemas of the files named by `use`, each once. `digest` is the hex SHA-256 of the texts that it was made from.
    """

    name: str
    file_name: str
    doc: str
    digest: str
    constants: tuple[NamedConstant, ...]
    enumerations: tuple[Enumeration, ...]
    descriptions: tuple[Description, ...]
    uses: tuple[Schema, ...]

    @property
    def devices(self) -> tuple[Description, ...]:
        return tuple(d for d in self.descriptions if d.kind == "device")

    def description(self, name: str) -> Description:
        """Raises KeyError where there is none."""
        for description in self.descriptions:
            if description.name == name:
                return description
        raise KeyError(name)


def every(schemas: tuple[Schema, ...]) -> Iterator[Schema]:
    """The schemas and all that they use, each once, the used ones first."""
    seen: set[int] = set()

    def walk(schema: Schema) -> Iterator[Schema]:
        if id(schema) in seen:
            return
        seen.add(id(schema))
        for used in schema.uses:
            yield from walk(used)
        yield schema

    for schema in schemas:
        yield from walk(schema)
