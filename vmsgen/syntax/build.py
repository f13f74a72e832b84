"""Items, declarations and the file of the frozen tree, made from lark's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from lark import Token, Tree, v_args
from lark.tree import Meta

from vmsgen.diagnostics import Diagnostics, Related, Source, Span
from vmsgen.syntax.build_types import ClauseBuilder
from vmsgen.syntax.docs import DocComments
from vmsgen.syntax.expressions import Number
from vmsgen.syntax.literals import UNITS, name_text, number_value
from vmsgen.syntax.tree import (
    Attribute,
    Binding,
    CheckItem,
    ConstDeclaration,
    DescriptionDeclaration,
    EnumDeclaration,
    FieldItem,
    File,
    GroupItem,
    Hook,
    HookItem,
    Item,
    Member,
    Name,
    Needed,
    SendItem,
    SubsectionItem,
    TypeDeclaration,
    UnusedItem,
    Use,
    Versions,
)

_Part = TypeVar("_Part", Binding, Versions, Needed)


def build(tree: Tree[Token], source: Source, diagnostics: Diagnostics) -> File:
    """The frozen tree; what the grammar is too generous with is reported."""
    docs = DocComments(source)
    file_doc = docs.take_file()
    declarations = _FileBuilder(source, diagnostics, docs).transform(tree)
    docs.warn_of_unused(diagnostics)
    return File(source, file_doc, declarations)


@v_args(meta=True)
class _ItemBuilder(ClauseBuilder):
    """What stands between braces; one method a rule, as in its base classes."""

    def __init__(self, source: Source, diagnostics: Diagnostics, docs: DocComments) -> None:
        super().__init__(source, diagnostics)
        self._docs = docs

    def _doc(self, meta: Meta) -> str:
        return self._docs.take(meta.start_pos)

    def _wire(self, token: Token | None) -> str | None:
        return None if token is None else self._string(token)

    def body(self, _meta: Meta, children: list[Any]) -> tuple[Item, ...]:
        return tuple(children)

    def wire_name(self, _meta: Meta, children: list[Any]) -> Name:
        name, wire = children
        return Name(name_text(name), self._span(name), self._wire(wire))

    def field_name(self, _meta: Meta, children: list[Any]) -> Name:
        name, wire = children
        return Name(name_text(name), self._span(name), self._wire(wire))

    def _field(self, meta: Meta, children: list[Any], local: bool) -> FieldItem:
        name, type_, within, clauses = children
        all_clauses = clauses if within is None else (within, *clauses)
        return FieldItem(name, type_, all_clauses, local, self._doc(meta), self._span(meta))

    def field(self, meta: Meta, children: list[Any]) -> FieldItem:
        return self._field(meta, children, local=False)

    def local_field(self, meta: Meta, children: list[Any]) -> FieldItem:
        return self._field(meta, children, local=True)

    def hook(self, meta: Meta, children: list[Any]) -> Hook:
        kind, method = children
        return Hook(kind.text, None if method is None else method.text, self._span(meta))

    def hook_item(self, meta: Meta, children: list[Any]) -> HookItem:
        return HookItem(tuple(children), self._span(meta))

    def part(self, _meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        start, count = children
        return start, count

    def send(self, meta: Meta, children: list[Any]) -> SendItem:
        target, part, wire, clauses = children
        start, count = part or (None, None)
        return SendItem(target, start, count, None, self._wire(wire), clauses, self._span(meta))

    def send_as(self, meta: Meta, children: list[Any]) -> SendItem:
        target, part, first_wire, as_type, last_wire, clauses = children
        start, count = part or (None, None)
        if first_wire is not None and last_wire is not None:
            self._diagnostics.error(
                "syntax",
                "a second name on the wire",
                self._span(last_wire),
                related=(Related(self._span(first_wire), "the first one"),),
            )
        wire = self._wire(first_wire if first_wire is not None else last_wire)
        return SendItem(target, start, count, as_type, wire, clauses, self._span(meta))

    def unused(self, meta: Meta, children: list[Any]) -> UnusedItem:
        length, clauses = children
        return UnusedItem(length, clauses, self._span(meta))

    def group(self, meta: Meta, children: list[Any]) -> GroupItem:
        clauses, items = children
        return GroupItem(clauses, items, self._span(meta))

    def check(self, meta: Meta, children: list[Any]) -> CheckItem:
        condition, message = children
        return CheckItem(condition, self._wire(message), self._span(meta))

    def subsection(self, meta: Meta, children: list[Any]) -> SubsectionItem:
        name, *parts, items = children
        versions = self._only(Versions, "version", parts)
        needed = self._only(Needed, "needed", parts)
        return SubsectionItem(name, versions, needed, items, self._doc(meta), self._span(meta))

    # Words after a name ------------------------------------------------------------------------------------------

    def _only(self, kind: type[_Part], word: str, parts: list[Any]) -> _Part | None:
        found: list[_Part] = [part for part in parts if isinstance(part, kind)]
        for again in found[1:]:
            self._twice(word, again.span, found[0].span)
        return found[0] if found else None

    def _twice(self, word: str, span: Span, first: Span) -> None:
        self._diagnostics.error("syntax", f"`{word}` is given twice", span, related=(Related(first, "the first one"),))

    def versions(self, meta: Meta, children: list[Any]) -> Versions:
        first, last, old = children
        if last is None:
            return Versions(None, first, old, self._span(meta))
        return Versions(first, last, old, self._span(meta))

    def needed(self, meta: Meta, children: list[Any]) -> Needed:
        return Needed(children[0], None, self._span(meta))

    def needed_hook(self, meta: Meta, children: list[Any]) -> Needed:
        return Needed(None, children[0], self._span(meta))


@v_args(meta=True)
class _FileBuilder(_ItemBuilder):
    """Declarations; one method a rule, as in its base classes."""

    def file(self, _meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        return tuple(children)

    def use_declaration(self, meta: Meta, children: list[Any]) -> Use:
        return Use(self._string(children[0]), self._span(meta))

    def _declared(self, token: Token) -> Name:
        return Name(name_text(token), self._span(token))

    def const_declaration(self, meta: Meta, children: list[Any]) -> ConstDeclaration:
        name, value = children
        return ConstDeclaration(name, value, self._doc(meta), self._span(meta))

    def type_declaration(self, meta: Meta, children: list[Any]) -> TypeDeclaration:
        name, wire, type_ = children
        name = replace(name, wire=self._wire(wire))
        return TypeDeclaration(name, type_, self._doc(meta), self._span(meta))

    def enum_declaration(self, meta: Meta, children: list[Any]) -> EnumDeclaration:
        keyword, name, base, *members = children
        flags = keyword == "flags"
        return EnumDeclaration(name, flags, base, tuple(members), self._doc(meta), self._span(meta))

    def member(self, meta: Meta, children: list[Any]) -> Member:
        name, value = children
        return Member(self._declared(name), value, self._doc(meta), self._span(meta))

    def binding(self, meta: Meta, children: list[Any]) -> Binding:
        struct, header = children
        return Binding(self._string(struct), self._string(header), self._span(meta))

    def priority(self, meta: Meta, children: list[Any]) -> Attribute:
        return Attribute("priority", children[1].text, None, self._span(meta))

    def limit(self, meta: Meta, children: list[Any]) -> Attribute:
        return Attribute("limit", None, children[1], self._span(meta))

    def limit_in_units(self, meta: Meta, children: list[Any]) -> Attribute:
        _limit, number, unit = children
        span = self._span(number).to(self._span(unit))
        value = number_value(str(number), span, self._diagnostics) * UNITS[str(unit)]
        return Attribute("limit", None, Number(value, span), self._span(meta))

    def word(self, meta: Meta, children: list[Any]) -> Attribute:
        return Attribute(str(children[0]), None, None, self._span(meta))

    def description(self, meta: Meta, children: list[Any]) -> DescriptionDeclaration:
        keyword, name, *parts, items = children
        attributes: dict[str, Attribute] = {}
        for attribute in parts:
            if isinstance(attribute, Attribute):
                first = attributes.setdefault(attribute.kind, attribute)
                if first is not attribute:
                    self._twice(attribute.kind, attribute.span, first.span)
        if items is None and "opaque" not in attributes:
            span = self._span(meta)
            self._diagnostics.error(
                "syntax",
                f"`{keyword} {name.text}` has no fields",
                Span(self._source, span.start, name.span.end),
                hint="they stand between `{` and `}`; only an `opaque` device goes without",
            )
        return DescriptionDeclaration(
            kind=str(keyword),
            name=name,
            binding=self._only(Binding, "for", parts),
            versions=self._only(Versions, "version", parts),
            needed=self._only(Needed, "needed", parts),
            attributes=tuple(attributes.values()),
            items=items or (),
            doc=self._doc(meta),
            span=self._span(meta),
        )
