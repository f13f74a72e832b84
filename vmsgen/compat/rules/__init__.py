"""The rules, one idea a file."""

from vmsgen.compat.rules import (
    advice,
    conditions,
    constraints,
    defaults,
    meanings,
    new_versions,
    presence,
    shapes,
    subsections,
    versions,
)
from vmsgen.compat.rules.devices import DEVICES
from vmsgen.compat.rules.rule import About, Difference, Rule

RULES: tuple[Rule, ...] = (
    versions.RULE,
    presence.REMOVED,
    presence.ADDED,
    presence.MOVED,
    shapes.FORM,
    shapes.RESIZED,
    shapes.LENGTH,
    shapes.COUNT,
    shapes.CAPACITY,
    conditions.RULE,
    defaults.RULE,
    constraints.RANGE,
    constraints.WHERE,
    constraints.EQUAL,
    constraints.CHECK,
    subsections.REMOVED,
    subsections.RENAMED,
    subsections.MOVED,
    subsections.SHADOWED,
    subsections.VERSIONS,
    shapes.PART,
    meanings.SIGNS,
    meanings.DOUBLE,
    meanings.BITS,
    meanings.ENUM,
    meanings.ABSENT,
    subsections.NEEDED,
    advice.RENAMED,
    advice.RESHAPED,
    advice.UNNAMED,
    advice.LEFT,
    new_versions.STRUCT,
    meanings.MEMBERS,
    advice.HOOKS,
    new_versions.MINIMUM,
    new_versions.BUMP,
)

EVERYTHING: tuple[About, ...] = (*RULES, *DEVICES)
"""All that a finding can be about."""

__all__ = ["EVERYTHING", "RULES", "About", "Difference", "Rule"]
