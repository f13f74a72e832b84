"""A device or struct declaration becomes a description: one walk over its items, in the order of the wire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vmsgen.diagnostics import Diagnostics, Related
from vmsgen.model.description import Description, Hook, Subsection
from vmsgen.model.expressions import Expression
from vmsgen.model.subsections import is_looked_at
from vmsgen.model.wire import Check, Group, HookPredicate, Tmp, Unused, WireItem
from vmsgen.passes import clauses as clause
from vmsgen.passes.bindings import binding, refuse_members
from vmsgen.passes.clauses import collect
from vmsgen.passes.declared import field_names, has_fields
from vmsgen.passes.expressions import constant, resolve
from vmsgen.passes.extents import is_too_large
from vmsgen.passes.fields import Fields
from vmsgen.passes.hooks import Hooks
from vmsgen.passes.layout import lay_out
from vmsgen.passes.lengths import extent
from vmsgen.passes.names import duplicate
from vmsgen.passes.place import Gathered, Place
from vmsgen.passes.scope import Scope
from vmsgen.passes.sends import send
from vmsgen.passes.types import Types
from vmsgen.syntax import tree

PRIORITIES = ("default", "iommu", "pci_bus", "virtio_mem", "gicv3_its", "gicv3", "apic")


class Builder:
    """Builds one description; `anonymous` then has those of the structs without a name in it.

    `bind`: where it is bound to a struct of the program's own, that is its state.
    """

    def __init__(
        self, declaration: tree.DescriptionDeclaration, types: Types, schema: str, diagnostics: Diagnostics, bind: bool
    ) -> None:
        self.declaration = declaration
        self.types = types
        self.schema = schema
        self.diagnostics = diagnostics
        self.own = not (bind and declaration.binding)
        self.fields = Fields(types, self.walk_inner, self.start_subsections_of_tmp, schema, diagnostics)
        self.gathered = Gathered()
        self.numbered = 0
        self.started: dict[str, tuple[list[_Started], Place]] = {}
        """The subsections of each `tmp`, and the place that it stands in."""
        self.hooks = Hooks(declaration.kind, self.gathered, diagnostics)

    @property
    def anonymous(self) -> list[Description]:
        return self.fields.braces.descriptions

    def build(self) -> Description:
        declaration = self.declaration
        self._refuse_what_is_for_devices()
        versions = self._versions(declaration.versions, declaration.kind == "device", declaration.name)
        self.hooks.gather_codecs(declaration.items)
        place = Place(declaration.name.text, self.types.symbols, self.gathered, versions, self.own)
        place.coming = frozenset(field_names(declaration.items))
        items = self.walk(declaration.items, place)
        wire_name = declaration.name.text if declaration.name.wire is None else declaration.name.wire
        self._wire_name(wire_name, declaration.name)
        hooks = self.hooks.declared(declaration.items, "")
        subsections = self._subsections(declaration.items, wire_name, place)
        self.hooks.refuse_idle_codecs()
        if self._attribute("opaque"):
            hooks = self._opaque_hooks(hooks, bool(place.members or items or subsections))
        elif not place.members and not items and not has_fields(declaration.items):
            message = f"{declaration.kind} `{declaration.name.text}` has no fields"
            self.diagnostics.error("empty-struct", message, declaration.name.span)
        wire = self._finished(items)
        needed = self._needed(declaration.needed, place)
        self.hooks.refuse_names()
        members = sorted(place.members, key=lambda member: member.span.start)
        bound = binding(declaration.binding, self.diagnostics)
        refuse_members(members, bound, self.schema, self.diagnostics)
        if is_too_large(members, declaration, self.diagnostics):
            members = []  # or what embeds it would be walked all the same
        return Description(
            kind=declaration.kind, name=declaration.name.text, wire_name=wire_name, anonymous=False,
            version=versions[1], minimum_version=versions[0], members=tuple(members), wire=lay_out(wire),
            subsections=subsections, hooks=hooks, predicates=tuple(self.gathered.predicates),
            resets=tuple(self.gathered.resets), doc=declaration.doc, schema=self.schema, span=declaration.span,
            needed=needed, priority=self._priority(),
            unmigratable=self._attribute("unmigratable") is not None,
            early_setup=self._attribute("early_setup") is not None,
            opaque=self._attribute("opaque") is not None, old_version=self._old(versions[0], hooks),
            inner_hooks=tuple(self.gathered.inner_hooks),
            binding=bound, own=self.own,
        )  # fmt: skip

    def _refuse_what_is_for_devices(self) -> None:
        declaration = self.declaration
        if declaration.kind != "device":
            for part in (declaration.needed, *declaration.attributes):
                if part is not None:
                    word = part.kind if isinstance(part, tree.Attribute) else "needed"
                    self.diagnostics.error("device-only", f"`{word}` is for devices, this is a struct", part.span)

    def _attribute(self, kind: str) -> tree.Attribute | None:
        return next((a for a in self.declaration.attributes if a.kind == kind), None)

    def _priority(self) -> str:
        attribute = self._attribute("priority")
        if attribute is None or attribute.name is None:
            return "default"
        if attribute.name not in PRIORITIES:
            hint = f"the priorities are {', '.join(PRIORITIES)}"
            self.diagnostics.error("priority", f"there is no priority `{attribute.name}`", attribute.span, hint=hint)
        return attribute.name

    def _old(self, minimum: int, hooks: tuple[Hook, ...]) -> int | None:
        """The oldest version that `load_state_old` reads."""
        old = self.declaration.versions.old if self.declaration.versions else None
        has_hook = any(hook.kind == "load_state_old" for hook in hooks)
        if old is None:
            if has_hook:
                message = "`load_state_old` is never called: no version is `old`"
                hint = "say from which version on: `version 3..5 old 1`"
                self.diagnostics.error("old", message, self.declaration.name.span, hint=hint)
            return None
        version = constant(old, Scope(self.types.symbols), self.diagnostics)
        if self.declaration.kind != "device":
            self.diagnostics.error("device-only", "`old` is for devices, this is a struct", old.span)
        elif version is not None and not 0 <= version < minimum:
            self.diagnostics.error("old", f"old versions lie below {minimum}, not at {version}", old.span)
        elif not has_hook:
            message = "nobody loads the old versions"
            self.diagnostics.error("old", message, old.span, hint="declare `hook load_state_old`")
        return version

    def _opaque_hooks(self, hooks: tuple[Hook, ...], has_items: bool) -> tuple[Hook, ...]:
        if has_items or hooks:
            message = "an `opaque` device has neither fields nor hooks: `save_state` and `load_state` do it all"
            self.diagnostics.error("opaque", message, self.declaration.name.span)
        return Hook("save_state", "save_state"), Hook("load_state", "load_state")

    def _wire_name(self, wire_name: str, name: tree.Name) -> None:
        foreign = next((char for char in wire_name if not " " <= char <= "~"), None)
        if foreign is not None:
            message = f"a name on the wire is made of printable ASCII characters, this one has U+{ord(foreign):04X}"
            self.diagnostics.error("wire-name", message, name.span)
        elif not 1 <= len(wire_name) <= 255:
            message = f"a name on the wire has 1 to 255 characters, this one {len(wire_name)}"
            hint = (
                f'give it one in quotes: `{name.text} "short"`' if name.wire is None and len(name.text) < 40 else None
            )
            self.diagnostics.error("wire-name", message, name.span, hint=hint)

    def _versions(self, versions: tree.Versions | None, required: bool, name: tree.Name) -> tuple[int, int]:
        if versions is None:
            if required:
                message = f"device `{name.text}` does not say its version"
                hint = f"write `device {name.text} version 1 {{`"
                self.diagnostics.error("no-version", message, name.span, hint=hint)
            return 0, 0
        scope = Scope(self.types.symbols)
        high = constant(versions.high, scope, self.diagnostics)
        low = constant(versions.low, scope, self.diagnostics) if versions.low else high
        if high is None or low is None:
            return 0, 0
        if not 0 <= low <= high <= 0x7FFFFFFF:
            message = f"versions {low}..{high}: they must be in order, and in 0..2147483647"
            self.diagnostics.error("versions", message, versions.span)
            return 0, 0
        return low, high

    # Items ------------------------------------------------------------------------------------------------------

    def walk(self, items: tuple[tree.Item, ...], place: Place) -> list[WireItem]:
        """Wire items in order; subsections and hooks are not among them."""
        wire: list[WireItem] = []
        for item in items:
            match item:
                case tree.FieldItem():
                    wire += self.fields.field(item, place)
                case tree.SendItem():
                    wire += send(item, place, self.types, self.diagnostics)
                case tree.UnusedItem():
                    wire += self._unused(item, place)
                case tree.CheckItem():
                    wire += self._check(item, place)
                case tree.GroupItem():
                    wire += self._group(item, place)
        return wire

    def walk_inner(self, items: tuple[tree.Item, ...], place: Place) -> list[WireItem]:
        """As `walk`, for braces that can have neither hooks nor subsections; those of a `tmp` are taken out before."""
        for item in items:
            if isinstance(item, tree.HookItem | tree.SubsectionItem):
                word = "a hook" if isinstance(item, tree.HookItem) else "a subsection"
                message = f"{word} belongs to a device, a struct with a name, a subsection, or a `tmp`"
                self.diagnostics.error("misplaced-item", message, item.span)
        return self.walk(items, place)

    def _unused(self, item: tree.UnusedItem, place: Place) -> list[WireItem]:
        found = collect(item.clauses, clause.PRESENCE, "`unused`", self.diagnostics)
        presence = clause.presence(found, place, self.diagnostics)
        if place.depth and not presence.always:
            message = "the elements of this array cannot differ in what they send"
            self.diagnostics.error("condition-in-array", message, item.span)
        size = extent(item.length, place.scope, self.gathered.ranges, self.diagnostics)
        return [Unused(size.capacity, size.count, presence, item.span)] if size else []

    def _check(self, item: tree.CheckItem, place: Place) -> list[WireItem]:
        condition = resolve(item.condition, place.scope, self.diagnostics)
        message = item.message or f"{item.condition.span.text} does not hold"
        return [Check(condition, message, item.span)] if condition is not None else []

    def _group(self, item: tree.GroupItem, place: Place) -> list[WireItem]:
        found = collect(item.clauses, clause.PRESENCE, "a group", self.diagnostics)
        presence = clause.presence(found, place, self.diagnostics)
        if place.depth and not presence.always:
            message = "the elements of this array cannot differ in what they send"
            self.diagnostics.error("condition-in-array", message, item.span)
        outer = place.conditional, place.since
        place.conditional = place.conditional or not presence.always
        place.since = presence.declared
        items = self.walk_inner(item.items, place)
        place.conditional, place.since = outer
        if presence.always:
            return items
        return [Group(presence, tuple(items), item.span)] if items else []

    # Subsections ------------------------------------------------------------------------------------------------

    def _subsections(self, items: tuple[tree.Item, ...], owner: str, place: Place) -> tuple[Subsection, ...]:
        """In two rounds: `needed` may ask about every field, those of later subsections too."""
        return tuple(self._finish_subsection(*parts) for parts in self._start_subsections(items, owner, place))

    def start_subsections_of_tmp(
        self, name: str, items: tuple[tree.Item, ...], owner: str, place: Place, around: Place
    ) -> bool:
        """Are there any? They are finished with everything else."""
        self.started[name] = self._start_subsections(items, owner, place), around
        return bool(self.started[name][0])

    def _finished(self, items: Iterable[WireItem]) -> tuple[WireItem, ...]:
        """The same items, each `tmp` with its subsections."""
        finished: list[WireItem] = []
        for item in items:
            if isinstance(item, Group):
                item = replace(item, items=self._finished(item.items))
            elif isinstance(item, Tmp):
                started, around = self.started.pop(item.name)
                for parts in started:
                    # What came behind the `tmp`.
                    parts[5].visible.update({**around.visible, **parts[5].visible})
                subsections = tuple(self._finish_subsection(*parts) for parts in started)
                item = replace(item, subsections=subsections)
            finished.append(item)
        return tuple(finished)

    def _start_subsections(self, items: tuple[tree.Item, ...], owner: str, place: Place) -> list[_Started]:
        started = [
            self._start_subsection(item, owner, place) for item in items if isinstance(item, tree.SubsectionItem)
        ]
        first: dict[str, tree.Name] = {}
        for item, _, wire_name, *_ in started:
            if wire_name in first:
                related = (Related(first[wire_name].span, "first declared here"),)
                message = f"two subsections are called `{wire_name}` on the wire"
                self.diagnostics.error("duplicate-name", message, item.name.span, related=related)
            first[wire_name] = item.name
        return started

    def _start_subsection(self, item: tree.SubsectionItem, owner: str, place: Place) -> _Started:
        name = item.name
        # A field and a subsection may share a name: one is an attribute, the other an argument of present().
        first = self.gathered.names.get("/" + name.text)
        if first:
            duplicate(name.text, name.span, first, self.diagnostics)
        self.gathered.names["/" + name.text] = name.span
        wire_name = f"{owner}/{name.text}" if name.wire is None else name.wire
        self._wire_name(wire_name, name)
        if not is_looked_at(wire_name, owner):
            message = f"`{wire_name}` does not begin with the name of its owner, `{owner}`: no loader would look at it"
            self.diagnostics.error("subsection-name", message, name.span)
        number = self.numbered
        self.numbered += 1
        if number == 64:
            self.diagnostics.error("too-many", "more than 64 subsections in one description", name.span)
        versions = self._versions(item.versions, False, name)
        inner = Place(place.owner, place.symbols, self.gathered, versions, self.own, place.prefix)
        inner.named_from = place.named_from
        inner.visible, inner.loaded, inner.members = place.visible, place.loaded, place.members
        inner.conditional, inner.subsection, inner.coming = True, name.text, place.coming
        wire = self.walk(item.items, inner)
        nested = self._start_subsections(item.items, wire_name, inner)
        return item, number, wire_name, versions, tuple(wire), inner, nested

    def _finish_subsection(
        self,
        item: tree.SubsectionItem,
        number: int,
        wire_name: str,
        versions: tuple[int, int],
        wire: tuple[WireItem, ...],
        place: Place,
        nested: list[_Started],
    ) -> Subsection:
        return Subsection(
            name=item.name.text, wire_name=wire_name, number=number, version=versions[1], minimum_version=versions[0],
            needed=self._needed(item.needed, place), hooks=self.hooks.declared(item.items, item.name.text),
            wire=lay_out(self._finished(wire)), subsections=tuple(self._finish_subsection(*parts) for parts in nested),
            doc=item.doc, span=item.span,
        )  # fmt: skip

    def _needed(self, needed: tree.Needed | None, place: Place) -> Expression | HookPredicate | None:
        if needed is None:
            return None
        if needed.hook:
            self.gathered.predicates.setdefault(needed.hook.text, needed.hook.span)
            return HookPredicate(needed.hook.text)
        return resolve(needed.condition, place.scope_on_save, self.diagnostics) if needed.condition else None


_Started = tuple[tree.SubsectionItem, int, str, tuple[int, int], tuple[WireItem, ...], Place, list["_Started"]]
