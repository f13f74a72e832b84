"""What each name of a file stands for: its own declarations, and those of the files that it uses."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vmsgen.diagnostics import Diagnostics, Related, Span
from vmsgen.model.description import Description
from vmsgen.model.types import SCALAR_BITS, Enumeration
from vmsgen.syntax import tree

BUILTIN_TYPES = frozenset(SCALAR_BITS) | {"buffer", "bitmap", "f64", "cpudouble", "custom", "list", "map"}

C_SPELLINGS = {
    **{f"uint{n}_t": f"u{n}" for n in (8, 16, 32, 64)},
    **{f"int{n}_t": f"i{n}" for n in (8, 16, 32, 64)},
    **{f"uint{n}": f"u{n}" for n in (8, 16, 32, 64)},
    **{f"int{n}": f"i{n}" for n in (8, 16, 32, 64)},
    "int": "i32", "unsigned": "u32", "char": "i8", "short": "i16", "long": "i64", "_Bool": "bool", "QEMUTimer": "timer",
    "float64": "f64", "double": "f64",
}  # fmt: skip


@dataclass
class Symbols:
    """Names seen from one file. Filled by the passes in the order constants, types, descriptions."""

    declared: dict[str, tree.Declaration] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)
    enumerations: dict[str, Enumeration] = field(default_factory=dict)
    descriptions: dict[str, Description] = field(default_factory=dict)


def collect(file: tree.File, defines: Mapping[str, int], diagnostics: Diagnostics) -> dict[str, tree.Declaration]:
    """The file's own declarations by name. Two of one name, and names of built-in types, are errors."""
    declared: dict[str, tree.Declaration] = {}
    for declaration in file.declarations:
        if isinstance(declaration, tree.Use):
            continue
        name = declaration.name
        refuse_underscores(name.text, name.span, diagnostics)
        if name.text in BUILTIN_TYPES:
            diagnostics.error("reserved-name", f"`{name.text}` is the name of a built-in type", name.span)
        elif name.text in declared:
            duplicate(name.text, name.span, declared[name.text].name.span, diagnostics)  # type: ignore[union-attr]
        else:
            declared[name.text] = declaration
    return declared


def duplicate(name: str, span: Span, first: Span, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "duplicate-name", f"`{name}` is declared twice", span, related=(Related(first, "first declared here"),)
    )


def refuse_underscores(name: str, span: Span, diagnostics: Diagnostics) -> None:
    """C keeps such names for itself, and Python calls them something else inside a class."""
    if name.startswith("__"):
        message = f"`{name}` begins with two underscores: such names belong to C and Python"
        diagnostics.error("reserved-name", message, span, hint=f"call it `{name.strip('_') or 'x'}`")


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str | None, str | None]:
    """A hint and a replacement for a name that nothing has."""
    if name in C_SPELLINGS:
        return f"`{name}` is spelled `{C_SPELLINGS[name]}` here", C_SPELLINGS[name]
    close = difflib.get_close_matches(name, list(known), n=1)
    return (f"did you mean `{close[0]}`?", close[0]) if close else (None, None)
