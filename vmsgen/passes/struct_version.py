"""The version of an embedded struct, which is not on the wire."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Description
from vmsgen.model.expressions import Expression, StreamVersion, walk
from vmsgen.model.types import structs_in
from vmsgen.model.wire import (
    ALWAYS,
    Check,
    Field,
    Group,
    HookPredicate,
    Presence,
    RangeConstraint,
    Repeat,
    Run,
    Tmp,
    WhereConstraint,
    WireItem,
)
from vmsgen.passes.presence import count_of

EXPLANATIONS = {
    "struct-version": (
        "The version of an embedded struct is not on the wire: it is always loaded as the version that the receiver "
        "declares. A `since` in it is no protection: a stream of an older sender lacks the field all the same, and "
        "what follows is read in its place. Nor is a condition, a length or a `check` that asks for `version`. Use a "
        "subsection of the struct, or pin the version: `Name at 2`."
    )
}


def lint(description: Description, diagnostics: Diagnostics) -> None:
    """Adds warnings about the structs in one description."""
    for field in fields(description):
        for struct in structs_in(field.type):
            source = _source(struct.description) if struct.at is None else None
            if source is not None:
                name, version = struct.description.name, struct.description.version
                diagnostics.warning(
                    "struct-version",
                    f"`{name}` is always loaded as version {version} here, whatever the sender's was",
                    field.span,
                    hint=f"its {source} is no protection against older streams; a subsection would be",
                )


def _source(struct: Description) -> str | None:
    """What in a struct goes by its version, if anything does."""
    return next((source for item in _flat(struct.wire) if (source := _source_of(item)) is not None), None)


def _source_of(item: WireItem) -> str | None:
    presence: Presence = getattr(item, "presence", ALWAYS)
    if presence.since:
        return f"`since {presence.since}`"
    if presence.before is not None:
        return "`before`"
    condition = presence.condition
    if not isinstance(condition, HookPredicate) and _asks(condition):
        return "`when`, which asks for the version,"
    if _asks(count_of(item)):
        return "length, which asks for the version,"
    if isinstance(item, Check) and _asks(item.condition):
        return "`check`, which asks for the version,"
    for constraint in item.constraints if isinstance(item, Field) else ():
        match constraint:
            case RangeConstraint(low, high) if _asks(low) or _asks(high):
                return "`in`, which asks for the version,"
            case WhereConstraint(asked) if _asks(asked):
                return "`where`, which asks for the version,"
    return None


def _asks(expression: Expression | None) -> bool:
    """Where there is only one version, `version` is a constant."""
    return expression is not None and any(isinstance(node, StreamVersion) for node in walk(expression))


def fields(description: Description) -> Iterator[Field]:
    """All that are sent, those of subsections and `tmp`s too."""
    for items in (description.wire, *(sub.wire for sub in description.all_subsections)):
        yield from (item for item in _flat(items) if isinstance(item, Field))


def _flat(items: tuple[WireItem, ...]) -> Iterator[WireItem]:
    """Each item, before what is in it; not runs, which ask for nothing."""
    for item in items:
        if not isinstance(item, Run):
            yield item
        if isinstance(item, Run | Group | Repeat | Tmp):
            yield from _flat(item.items)
