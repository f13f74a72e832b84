"""Which members are on the wire, in whole or in part. One that is `local` may be sent all the same."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.model.description import Description
from vmsgen.model.expressions import MemberStep, Path
from vmsgen.model.types import Struct, innermost
from vmsgen.model.wire import Field, Group, Repeat, Run, Tmp, WireItem

Sent = frozenset[tuple[str, str]]
"""Pairs of a description's name and a member's."""


def sent_members(description: Description) -> Sent:
    """Of the description and of the structs without a name in it; what such a struct stands in is sent with it."""
    programs = (description.wire, *(sub.wire for sub in description.all_subsections))
    targets = (target for program in programs for target in _targets(program))
    return frozenset(pair for target in targets for pair in _on_the_way(description, target))


def _targets(items: tuple[WireItem, ...]) -> Iterator[Path]:
    for item in items:
        match item:
            case Field():
                yield item.target
            case Run() | Group() | Repeat() | Tmp():
                yield from _targets(item.items)


def _on_the_way(description: Description, target: Path) -> Iterator[tuple[str, str]]:
    for step in target.steps:
        if not isinstance(step, MemberStep):
            continue
        yield description.name, step.name
        match innermost(description.member(step.name).type):
            case Struct(inner) if inner.anonymous:
                description = inner
            case _:
                return
