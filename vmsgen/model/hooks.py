"""Which hooks a description has, by the names that the device model supplies them under."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vmsgen.model.description import Description, Subsection
from vmsgen.model.types import structs_in
from vmsgen.model.wire import Custom, Field, Group, HookPredicate, Repeat, Tmp, Unused, WireItem

PREDICATE = "predicate"


@dataclass(frozen=True)
class HookPoint:
    """`kind` is that of a Hook, or predicate; `subsection` the one that it belongs to, if any.

    For a predicate `subsection` is the one that it decides about (`needed hook NAME`), if any: without an
    implementation it then answers whether that came in the last load, and otherwise no. `indices` as for a Hook.
    """

    method: str
    kind: str
    subsection: Subsection | None
    indices: int = 0


def hook_points(description: Description) -> tuple[HookPoint, ...]:
    """The description's own hooks, each method once, those of subsections included, in schema order."""
    own = (*description.hooks, *description.inner_hooks)
    points = [HookPoint(hook.method, hook.kind, None, hook.indices) for hook in own]
    decided = {}
    for subsection in description.all_subsections:
        points += [HookPoint(hook.method, hook.kind, subsection) for hook in subsection.hooks]
        method = getattr(subsection.needed, "method", None)
        if method is not None:
            decided[method] = subsection
    points += [HookPoint(method, PREDICATE, decided.get(method)) for method in description.predicates]
    return tuple(points)


def custom_fields(description: Description) -> tuple[Custom, ...]:
    """Those of the description itself, of its subsections too."""
    programs = (description.wire, *(sub.wire for sub in description.all_subsections))
    return tuple(item for program in programs for item in _customs(program))


def _customs(items: tuple[WireItem, ...]) -> Iterator[Custom]:
    for item in items:
        if isinstance(item, Custom):
            yield item
        elif isinstance(item, Group):
            yield from _customs(item.items)


def _embedded(description: Description) -> Iterator[Description]:
    for member in description.members:
        for struct in structs_in(member.type):
            if struct.description.anonymous:
                yield from _embedded(struct.description)
            else:
                yield struct.description


def embedded_with_hooks(description: Description) -> tuple[Description, ...]:
    """The named structs directly in it that have hooks, or embed others that do; each once, in order of first use."""
    return tuple(dict.fromkeys(inner for inner in _embedded(description) if has_hooks(inner)))


def has_hooks(description: Description) -> bool:
    """Does saving or loading it call any hook?"""
    return bool(hook_points(description)) or bool(embedded_with_hooks(description))


def subsection_has_hooks(subsection: Subsection) -> bool:
    """Does saving or loading just this subsection call any hook? Its own `needed` is asked outside of it."""
    return bool(subsection.hooks) or wire_has_hooks(subsection.wire) or _any_has_hooks(subsection.subsections)


def _any_has_hooks(subsections: tuple[Subsection, ...]) -> bool:
    return any(isinstance(sub.needed, HookPredicate) or subsection_has_hooks(sub) for sub in subsections)


def wire_has_hooks(items: tuple[WireItem, ...]) -> bool:
    """Does saving or loading these items call any hook?"""
    for item in items:
        match item:
            case Custom():
                return True
            case Tmp():
                if item.hooks or wire_has_hooks(item.items) or _any_has_hooks(item.subsections):
                    return True
            case Field(type=type_):
                if any(has_hooks(struct.description) for struct in structs_in(type_)):
                    return True
            case Group() | Repeat():
                if wire_has_hooks(item.items):
                    return True
        if isinstance(item, Field | Unused | Group | Repeat | Tmp) and isinstance(
            item.presence.condition, HookPredicate
        ):
            return True
    return False
