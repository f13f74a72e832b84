"""Values of constants, enums and flags. They may stand in any order; what depends on itself is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.types import SCALAR_BITS, Enumeration, EnumMember, Scalar
from vmsgen.passes.expressions import constant
from vmsgen.passes.names import Symbols, did_you_mean, duplicate, refuse_underscores
from vmsgen.passes.scope import Scope
from vmsgen.syntax import expressions as syntax
from vmsgen.syntax import tree


class Constants:
    """Evaluates declarations on demand, so that each finds what it names already there."""

    def __init__(self, schema: str, symbols: Symbols, defines: Mapping[str, int], diagnostics: Diagnostics) -> None:
        self.schema = schema
        self.symbols = symbols
        self.defines = defines
        self.diagnostics = diagnostics
        # What used files declare has its value from there, where the names that it stands on are known.
        self.done: set[str] = {*symbols.constants, *symbols.enumerations}
        self.open: list[str] = []
        self.cyclic = False
        """Did the expression that is being evaluated lead back to where it began?"""

    def evaluate_all(self) -> None:
        for name in self.symbols.declared:
            self.evaluate(name)

    def evaluate(self, name: str) -> None:
        declaration = self.symbols.declared.get(name)
        if name in self.done or not isinstance(declaration, tree.ConstDeclaration | tree.EnumDeclaration):
            return
        if name in self.open:
            cycle = " -> ".join([*self.open[self.open.index(name) :], name])
            self.diagnostics.error("constant-cycle", f"`{name}` depends on itself: {cycle}", declaration.name.span)
            self.cyclic = True
            return
        self.open.append(name)
        if isinstance(declaration, tree.ConstDeclaration):
            self._constant(declaration)
        else:
            self._enumeration(declaration)
        self.open.pop()
        self.done.add(name)

    def _value(self, expression: syntax.Expr) -> int | None:
        self.cyclic = False
        for name in _names(expression):
            self.evaluate(name)
            if self.cyclic:
                # Said once, for the name that closed the circle; what stands on it takes a value and is silent.
                self.cyclic = False
                return None
        return constant(expression, Scope(self.symbols), self.diagnostics)

    def _constant(self, declaration: tree.ConstDeclaration) -> None:
        name = declaration.name.text
        value = self.defines[name] if name in self.defines else self._value(declaration.value)
        # A refused constant keeps a value, so that what uses it is not reported as well.
        self.symbols.constants[name] = value if value is not None else 1

    def _enumeration(self, declaration: tree.EnumDeclaration) -> None:
        base = Scalar(declaration.base.name)
        if base.kind not in SCALAR_BITS or base.kind in ("bool", "timer"):
            hint, replacement = did_you_mean(base.kind, [kind for kind in SCALAR_BITS if kind[0] in "ui"])
            hint = hint or "it is one of u8, u16, u32, u64, i8, i16, i32, i64"
            message = f"`{base.kind}` is not an integer type"
            self.diagnostics.error("not-an-integer", message, declaration.base.span, hint=hint, replacement=replacement)
            base = Scalar("i64")
        members: dict[str, tuple[EnumMember, tree.Member]] = {}
        for member in declaration.members:
            name = member.name.text
            refuse_underscores(name, member.name.span, self.diagnostics)
            value = self._value(member.value)
            if name in members:
                duplicate(name, member.name.span, members[name][1].name.span, self.diagnostics)
                continue
            if value is not None and value not in base.interval:
                self.diagnostics.error("too-large", f"{value} does not fit {base.kind}", member.value.span)
            # A refused member keeps a value, as a refused constant does.
            members[name] = (EnumMember(name, value if value is not None else base.interval.high, member.doc), member)
        if not members:
            message = f"`{declaration.name.text}` has no members"
            self.diagnostics.error("empty-enum", message, declaration.name.span, hint="write `{ NAME = value }`")
        self.symbols.enumerations[declaration.name.text] = Enumeration(
            declaration.name.text,
            declaration.flags,
            base,
            tuple(m for m, _ in members.values()),
            declaration.doc,
            self.schema,
            declaration.name.span,
        )


def _names(node: object) -> Iterator[str]:
    """The first names of all references in an expression."""
    if isinstance(node, syntax.Reference):
        yield node.name
    if is_dataclass(node):
        for part in fields(node):
            value = getattr(node, part.name)
            for inner in value if isinstance(value, tuple) else (value,):
                if is_dataclass(inner) and part.name not in ("span", "operator_span"):
                    yield from _names(inner)
