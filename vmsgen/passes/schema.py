"""A unit becomes a schema: its constants, then its types, then its descriptions."""

from __future__ import annotations

from collections.abc import Mapping

from vmsgen.diagnostics import Diagnostics, Related
from vmsgen.model.description import Description
from vmsgen.model.schema import NamedConstant, Schema
from vmsgen.model.sizes import size_max
from vmsgen.passes.builder import Builder
from vmsgen.passes.constants import Constants
from vmsgen.passes.expressions import constant
from vmsgen.passes.imports import Unit
from vmsgen.passes.names import Symbols, collect
from vmsgen.passes.scope import Scope
from vmsgen.passes.types import Types
from vmsgen.syntax import tree


class Schemas:
    """Makes the schema of each unit once."""

    def __init__(self, defines: Mapping[str, int], diagnostics: Diagnostics, bind: bool = False) -> None:
        self.defines = defines
        self.bind = bind
        self.diagnostics = diagnostics
        self.made: dict[int, tuple[Schema, Symbols]] = {}

    def make(self, unit: Unit) -> Schema:
        """The schema; meaningless where the diagnostics have errors by then."""
        return self._make(unit)[0]

    def _make(self, unit: Unit) -> tuple[Schema, Symbols]:
        if id(unit) not in self.made:
            uses = [self._make(used) for used in unit.uses]
            self.made[id(unit)] = self._schema(unit, uses)
        return self.made[id(unit)]

    def _schema(self, unit: Unit, uses: list[tuple[Schema, Symbols]]) -> tuple[Schema, Symbols]:
        name = unit.path.stem
        symbols = Symbols(declared=collect(unit.file, self.defines, self.diagnostics))
        self._import(unit, uses, symbols)
        constants = Constants(name, symbols, self.defines, self.diagnostics)
        constants.evaluate_all()
        descriptions = self._descriptions(unit, name, symbols)
        own = symbols.declared
        schema = Schema(
            name=name,
            file_name=unit.path.name,
            doc=unit.file.doc,
            digest=unit.digest,
            constants=tuple(
                NamedConstant(text, symbols.constants[text], declaration.doc, declaration.name.span)
                for text, declaration in own.items()
                if isinstance(declaration, tree.ConstDeclaration) and declaration in unit.file.declarations
            ),
            enumerations=tuple(e for text, e in symbols.enumerations.items() if e.schema == name and text in own),
            descriptions=tuple(descriptions),
            uses=tuple(used for used, _ in uses),
        )
        return schema, symbols

    def _import(self, unit: Unit, uses: list[tuple[Schema, Symbols]], symbols: Symbols) -> None:
        """What the used files declare themselves is seen here; what they use is not."""
        for (schema, used), file in zip(uses, unit.uses, strict=True):
            for text, declaration in used.declared.items():
                if declaration not in file.file.declarations or isinstance(declaration, tree.Use):
                    continue
                if text in symbols.declared:
                    own = symbols.declared[text]
                    assert not isinstance(own, tree.Use)
                    related = (Related(declaration.name.span, f"{schema.file_name} declares it too"),)
                    message = f"`{text}` is declared here and in a used file"
                    self.diagnostics.error("duplicate-name", message, own.name.span, related=related)
                    continue
                symbols.declared[text] = declaration
                if text in used.constants:
                    symbols.constants[text] = used.constants[text]
                if text in used.enumerations:
                    symbols.enumerations[text] = used.enumerations[text]
                if text in used.descriptions:
                    symbols.descriptions[text] = used.descriptions[text]

    def _descriptions(self, unit: Unit, name: str, symbols: Symbols) -> list[Description]:
        types = Types(symbols, self.diagnostics)
        made: list[Description] = []
        started: set[str] = set()

        def describe(declaration: tree.DescriptionDeclaration) -> None:
            text = declaration.name.text
            if text in started or declaration not in unit.file.declarations:
                return
            started.add(text)
            types.open.append(text)
            builder = Builder(declaration, types, name, self.diagnostics, self.bind)
            description = builder.build()
            types.open.pop()
            self._limit(declaration, description, symbols)
            made.extend([*builder.anonymous, description])
            symbols.descriptions[text] = description

        types.describe = describe
        for declaration in unit.file.declarations:
            if isinstance(declaration, tree.TypeDeclaration):
                types.check_alias(declaration)
            elif isinstance(declaration, tree.DescriptionDeclaration):
                describe(declaration)
        return made

    def _limit(self, declaration: tree.DescriptionDeclaration, description: Description, symbols: Symbols) -> None:
        for attribute in declaration.attributes:
            if attribute.kind == "limit" and attribute.value is not None:
                limit = constant(attribute.value, Scope(symbols), self.diagnostics)
                largest = size_max(description)
                if limit is not None and largest > limit:
                    message = (
                        f"`{description.name}` takes up to {largest} bytes on the wire, more than its limit {limit}"
                    )
                    self.diagnostics.error("limit", message, attribute.span)
