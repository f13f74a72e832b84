"""What stands in braces in place of a type: a struct without a name, and `tmp`."""

from __future__ import annotations

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description, Hook, Member, Reset
from vmsgen.model.expressions import LoopStep
from vmsgen.model.types import Struct
from vmsgen.model.wire import ALWAYS, Group, Repeat, Tmp, WireItem
from vmsgen.passes import clauses as clause
from vmsgen.passes.customs import stands_alone
from vmsgen.passes.declared import Declared, StartSubsections, Walk, field_names, has_fields
from vmsgen.passes.place import Place
from vmsgen.passes.scope import Visible, key_of
from vmsgen.passes.stored import add_member, is_type_too_large
from vmsgen.passes.types import array_of
from vmsgen.syntax import tree


class Braces:
    """`walk` gathers what stands in them, `subsections` those of a `tmp`. `descriptions` then has one of each."""

    def __init__(self, walk: Walk, subsections: StartSubsections, schema: str, diagnostics: Diagnostics) -> None:
        self.walk = walk
        self.subsections = subsections
        self.schema = schema
        self.diagnostics = diagnostics
        self.descriptions: list[Description] = []

    def struct(self, declared: Declared, type_: tree.StructType) -> list[WireItem]:
        """The fields are items of the description around it, in a `Repeat` for each dimension of an array."""
        item, lengths, place, presence = declared.item, declared.lengths, declared.place, declared.presence
        for word in (*clause.VALUE, "equal", "else"):
            if word in declared.found.by_word:
                message = f"`{word}` means nothing on a struct"
                self.diagnostics.error("misplaced-clause", message, declared.found.by_word[word].span)
        if "alloc" in declared.found.by_word:
            message = "a struct without a name lies in the state itself"
            hint = "declare it as a `struct` with a name: an array of those can be allocated"
            self.diagnostics.error("misplaced-clause", message, declared.found.by_word["alloc"].span, hint=hint)
        name = item.name.text
        inner = place.inside(name, f"{place.owner}_{name}", len(lengths))
        inner.conditional = not item.local and (place.conditional or not presence.always)
        inner.since = 0 if lengths else presence.declared
        inner.coming = place.coming | frozenset(field_names(type_.items))
        items = self.walk(type_.items, inner)
        if not inner.members:
            if not has_fields(type_.items):
                self.diagnostics.error("empty-struct", "a struct without fields", type_.span)
            return []
        description = self._description(item, inner)
        self.descriptions.append(description)
        storage = array_of(Struct(description), [length.capacity for length in lengths])
        if is_type_too_large(storage, item.span, self.diagnostics):
            return []
        path = place.path(name)
        place.visible[name] = Visible(path, storage, item.local, place.subsection)
        add_member(declared, storage)
        if item.local:
            return []
        if lengths and inner.conditional and not place.depth:
            place.gathered.resets.append(Reset(path, storage, None))
        place.loaded = place.loaded.with_key(key_of(path))
        for number, length in reversed(list(enumerate(lengths))):
            target = path
            for outer in range(number):
                target = target / LoopStep(place.depth + outer)
            wire_name = item.name.wire or place.wire_name(path)
            there = presence if number == 0 else ALWAYS
            depth = place.depth + number
            items = [
                Repeat(
                    str(path), wire_name, target, depth, length.capacity, length.count, tuple(items), there, item.span
                )
            ]
        if not lengths and not presence.always:
            items = [Group(presence, tuple(items), item.span)]
        return items

    def tmp(self, declared: Declared, type_: tree.TmpType) -> list[WireItem]:
        """A temporary state of its own, with hooks of its own."""
        item, place, presence = declared.item, declared.place, declared.presence
        name = item.name.text
        if not stands_alone(declared, "tmp", self.diagnostics):
            return []
        inner = place.inside(name, f"{place.owner}_{name}", 0)
        inner.versions = (0, 0)
        inner.named_from = len(inner.prefix.steps)
        hooks: dict[str, Hook] = {}
        for written in (hook for part in type_.items if isinstance(part, tree.HookItem) for hook in part.hooks):
            if written.kind not in ("pre_load", "post_load", "pre_save", "post_save") or written.kind in hooks:
                message = (
                    f"`tmp` has the hooks pre_load, post_load, pre_save and post_save, each once, not `{written.kind}`"
                )
                self.diagnostics.error("unknown-hook", message, written.span)
            hooks[written.kind] = Hook(written.kind, written.method or f"{name}_{written.kind}")
            place.gathered.inner_hook_spans.append((hooks[written.kind].method, written.span))
        items = self.walk(
            tuple(p for p in type_.items if not isinstance(p, tree.HookItem | tree.SubsectionItem)), inner
        )
        wire_name = item.name.wire or inner.owner
        has_subsections = self.subsections(name, type_.items, wire_name, inner, place)
        if not inner.members and not items and not has_subsections:
            if not has_fields(type_.items):
                self.diagnostics.error("empty-struct", "a `tmp` without fields", type_.span)
            return []
        description = self._description(item, inner)
        self.descriptions.append(description)
        place.visible[name] = Visible(place.path(name), Struct(description), True)
        place.members.append(
            Member(
                name, Struct(description), None, None, None, True, item.doc, item.span, place.subsection, own=place.own
            )
        )
        place.gathered.inner_hooks += hooks.values()
        # The builder has its subsections, until it knows of every field that their `needed` may ask for.
        return [Tmp(name, wire_name, tuple(hooks.values()), tuple(items), (), presence, item.span)]

    def _description(self, item: tree.FieldItem, inner: Place) -> Description:
        return Description(
            kind="struct", name=inner.owner, wire_name=item.name.wire or item.name.text, anonymous=True,
            version=0, minimum_version=0, members=tuple(inner.members), wire=(), subsections=(), hooks=(),
            predicates=(), resets=(), doc=item.doc, schema=self.schema, span=item.span,
            own=inner.own,
        )  # fmt: skip
