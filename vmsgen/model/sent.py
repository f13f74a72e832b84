"""Which members travel, and which do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmsgen.model.description import Description, Field, Group, Repeat, Run, Tmp, WireItem
from vmsgen.model.expressions import MemberStep


def sent_members(descriptions: Iterable[Description]) -> frozenset[str]:
    """Names of the members that a field on the wire stands for, in whole or in part, and of what these are in."""
    programs = [
        program
        for description in descriptions
        for program in (description.wire, *(sub.wire for sub in description.all_subsections))
    ]
    return frozenset(name for program in programs for name in _names(program))


def _names(items: tuple[WireItem, ...]) -> Iterator[str]:
    for item in items:
        match item:
            case Field():
                yield from (step.name for step in item.target.steps if isinstance(step, MemberStep))
            case Run() | Group() | Repeat() | Tmp():
                yield from _names(item.items)
