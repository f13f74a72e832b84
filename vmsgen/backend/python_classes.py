"""What descriptions are in Python: classes, attributes and methods, as module and stub both show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.backend.names import MODULE_RESERVED, class_name, hook_name, index_names, is_reserved, member_name
from vmsgen.model.description import Description, Member, Subsection
from vmsgen.model.hooks import PREDICATE, HookPoint, hook_points
from vmsgen.model.schema import Schema
from vmsgen.model.types import Buffer, Enumeration, Scalar, dimensions, innermost, structs_in
from vmsgen.model.wire import HookPredicate, WireItem, tmps_in

_HOOKS = {
    "pre_load": "Runs before anything is loaded.",
    "post_load": "Runs when everything is loaded; `version` is the stream's.",
    "pre_save": "Runs before anything is saved.",
    "post_save": "Runs when everything is saved, or could not be.",
    "dev_unplug_pending": "Is the device being unplugged? Saves and loads do not ask. By itself it says no.",
}

_CODING = {
    "load_state_old": "Loads the versions {old}",
    "load_state": "Loads the whole body",
    "save_state": "Saves the whole body",
    "get": "Loads {one}what only the device can decode",
    "put": "Saves {one}what only the device can encode",
}
"""Hooks that read or write bytes themselves; nothing stands in for one that is missing."""

_CURSORS = {
    "load_state_old": "READER", "load_state": "READER", "get": "READER", "save_state": "WRITER", "put": "WRITER",
}  # fmt: skip


@dataclass(frozen=True)
class HookMethod:
    """`result` is the default's, None for hooks that return nothing; `cursor` is Reader, Writer or empty.

    `indices` are the parameters that tell which element of an array it is called for.
    """

    name: str
    versioned: bool
    doc: str
    result: str | None
    cursor: str = ""
    indices: tuple[str, ...] = ()

    @property
    def arguments(self) -> str:
        """As a call shows them: `reader, version`."""
        cursor, version = [self.cursor.lower()] if self.cursor else [], ["version"] if self.versioned else []
        return ", ".join([*cursor, *self.indices, *version])


def module_name(name: str) -> str:
    """What a constant or an enumeration is called in its module."""
    taken = name in MODULE_RESERVED or name == "fields" or is_reserved(name)
    return name + "_" if taken else name


def is_scalar(member: Member) -> bool:
    return isinstance(member.type, Scalar)


def enumeration_of(member: Member) -> Enumeration | None:
    type_ = innermost(member.type)
    return type_.enumeration if isinstance(type_, Scalar) else None


def embedded(description: Description) -> tuple[Description, ...]:
    """The structs directly in it, each once, in order of first use."""
    found = (struct for member in description.members for struct in structs_in(member.type))
    return tuple(dict.fromkeys(struct.description for struct in found))


def element_classes(description: Description) -> tuple[str, ...]:
    """The named structs in it, those in structs without a name included: classes that a subclass may choose others for.

    A member that has the same name as the class keeps it.
    """
    names: dict[str, None] = {}
    for inner in embedded(description):
        if inner.anonymous:
            names.update(dict.fromkeys(element_classes(inner)))
        else:
            names[class_name(inner.name)] = None
    taken = {member_name(member.name) for member in description.members}
    return tuple(name for name in names if name not in taken)


def subsection_paths(description: Description) -> tuple[str, ...]:
    """`outer`, `outer/inner`, and `fp/inner` of one in a `tmp`, by number."""

    def below(items: tuple[WireItem, ...], subsections: tuple[Subsection, ...], prefix: str) -> Iterator[str]:
        for tmp in tmps_in(items):
            yield from below(tmp.items, tmp.subsections, f"{prefix}{tmp.name}/")
        for subsection in subsections:
            path = prefix + subsection.name
            yield path
            yield from below(subsection.wire, subsection.subsections, f"{path}/")

    return tuple(below(description.wire, description.subsections, ""))


def hook_methods(description: Description) -> tuple[HookMethod, ...]:
    return tuple(_hook_method(description, point) for point in hook_points(description))


def is_versioned(point: HookPoint) -> bool:
    return point.kind in (PREDICATE, "post_load", "load_state_old", "load_state")


def is_predicate(point: HookPoint) -> bool:
    return point.kind in (PREDICATE, "dev_unplug_pending")


def cursor_of(point: HookPoint) -> str | None:
    """READER or WRITER, where the hook reads or writes bytes itself."""
    return _CURSORS.get(point.kind)


def _hook_method(description: Description, point: HookPoint) -> HookMethod:
    if point.kind in _CODING:
        return _coding_method(description, point)
    if point.kind == PREDICATE:
        if isinstance(description.needed, HookPredicate) and description.needed.method == point.method:
            doc = "Is the section of the device to be sent at all? By itself: yes."
            return HookMethod(hook_name(point.method), True, doc, "True")
        if point.subsection is None:
            doc = "Override it to answer; by itself it says no."
            return HookMethod(
                hook_name(point.method), True, f"A condition that the schema leaves to the device. {doc}", "False"
            )
        path = subsection_paths(description)[point.subsection.number]
        doc = f"Is the subsection `{path}` to be saved? By itself: yes if it came with the last load."
        return HookMethod(hook_name(point.method), True, doc, f'self.present("{path}")')
    doc = _HOOKS[point.kind]
    if point.kind == "dev_unplug_pending":
        return HookMethod(hook_name(point.method), False, doc, "False")
    if point.subsection is not None:
        path = subsection_paths(description)[point.subsection.number]
        doc = doc.replace("anything", f"the subsection `{path}`").replace("everything", f"the subsection `{path}`")
    return HookMethod(
        hook_name(point.method), is_versioned(point), f"{doc} Override it; by itself it does nothing.", None
    )


def _coding_method(description: Description, point: HookPoint) -> HookMethod:
    first, last = description.old_version or 0, description.minimum_version - 1
    old, one = str(first) if first == last else f"{first} to {last}", "one element of " if point.indices else ""
    what = _CODING[point.kind].format(old=old, one=one)
    cursor = _CURSORS[point.kind].capitalize()
    doc = f"{what}. Override it: there is no other way. The {cursor.lower()} is valid during the call only."
    return HookMethod(hook_name(point.method), is_versioned(point), doc, None, cursor, index_names(point.indices))


def needed_classes(schema: Schema) -> dict[str, list[str]]:
    """Schema name -> sorted names that the module takes from it: classes of structs and enumerations."""
    found: dict[str, set[str]] = {}
    for description in schema.descriptions:
        for name in (inner for inner in embedded(description) if inner.schema != schema.name):
            found.setdefault(name.schema, set()).add(class_name(name.name))
        for member in description.members:
            enumeration = enumeration_of(member)
            if enumeration is not None and enumeration.schema != schema.name:
                found.setdefault(enumeration.schema, set()).add(module_name(enumeration.name))
    return {name: sorted(found[name]) for name in sorted(found)}


def rank(member: Member) -> int:
    """Dimensions of the attribute; those of a buffer are one more than its array's."""
    return len(dimensions(member.type)) + isinstance(innermost(member.type), Buffer)
