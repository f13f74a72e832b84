"""What type aliases are made of, and which of them lead back to themselves."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.passes.names import Symbols
from vmsgen.syntax import tree


def names_in(type_: tree.Type) -> Iterator[tree.NamedType]:
    """The named types that a type, as it is written, is made of."""
    match type_:
        case tree.NamedType():
            yield type_
        case tree.ArrayType(element):
            yield from names_in(element)
        case tree.StructType(items):
            yield from _in_items(items)


def _in_items(items: tuple[tree.Item, ...]) -> Iterator[tree.NamedType]:
    for item in items:
        match item:
            case tree.FieldItem():
                yield from names_in(item.type)
            case tree.GroupItem():
                yield from _in_items(item.items)


def circular_aliases(symbols: Symbols) -> frozenset[str]:
    """The aliases from which a way through aliases alone, arrays and structs without a name leads back to them."""
    steps = {
        name: {named.name for named in names_in(declaration.type)}
        for name, declaration in symbols.declared.items()
        if isinstance(declaration, tree.TypeDeclaration)
    }

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        todo = list(steps[name])
        while todo:
            step = todo.pop()
            if step in steps and step not in found:
                found.add(step)
                todo += steps[step]
        return found

    return frozenset(name for name in steps if name in reached(name))
