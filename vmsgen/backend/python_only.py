"""What generated C can do and generated Python cannot yet: refused for a Python module, field by field."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.diagnostics import Diagnostics, Span
from vmsgen.model.description import Custom, Description, Group, Repeat, Run, Tmp, WireItem
from vmsgen.model.schema import Schema, every
from vmsgen.model.types import Bitmap, List, Map, Scalar, innermost, is_allocated, is_optional


def refuse_for_python(schemas: tuple[Schema, ...], diagnostics: Diagnostics) -> None:
    """Adds an error for everything that a Python module could not hold or call."""
    for schema in every(schemas):
        for description in schema.descriptions:
            for what, span in (*_members(description), *_hooks(description)):
                message = f"{what} is compiled to C, but not to Python yet"
                hint = "`vmsgen build --c-only` emits the C"
                diagnostics.error("c-only", message, span, hint=hint)


def _members(description: Description) -> Iterator[tuple[str, Span]]:
    for member in description.members:
        match innermost(member.type):
            case Scalar(kind) as scalar if scalar.floating:
                yield f"`{kind}`", member.span
            case Bitmap():
                yield "`bitmap`", member.span
            case List():
                yield "`list`", member.span
            case Map():
                yield "`map`", member.span
            case _ if is_allocated(member.type):
                yield "`alloc`", member.span
            case _ if is_optional(member.type):
                yield "an element that may be missing", member.span


def _hooks(description: Description) -> Iterator[tuple[str, Span]]:
    for items in (description.wire, *(sub.wire for sub in description.all_subsections)):
        yield from _coded(items)
    if description.opaque:
        yield "`opaque`", description.span
    if description.old_version is not None:
        yield "`old`", description.span
    if description.needed is not None:
        yield "`needed` of a device", description.span
    if description.hook("dev_unplug_pending"):
        yield "the hook `dev_unplug_pending`", description.span
    if description.priority != "default" or description.unmigratable or description.early_setup:
        yield "what a device is to a whole stream (`priority`, `unmigratable`, `early_setup`)", description.span


def _coded(items: tuple[WireItem, ...]) -> Iterator[tuple[str, Span]]:
    for item in items:
        match item:
            case Custom():
                yield "`custom`", item.span
            case Tmp():
                yield "`tmp`", item.span
            case Group() | Repeat() | Run():
                yield from _coded(item.items)
