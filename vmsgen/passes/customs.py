"""`custom`: a field whose bytes the device model reads and writes itself."""

from __future__ import annotations

from math import prod

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.description import Hook
from vmsgen.model.wire import Custom, WireItem
from vmsgen.passes import clauses as clause
from vmsgen.passes.declared import Declared
from vmsgen.passes.lengths import LARGEST
from vmsgen.passes.place import Place
from vmsgen.passes.types import Types
from vmsgen.syntax import tree


def custom(declared: Declared, types: Types, diagnostics: Diagnostics) -> list[WireItem]:
    item, presence, place = declared.item, declared.presence, declared.place
    name, lengths = item.name.text, tuple(length.capacity for length in declared.lengths)
    declared_hooks = claim_hooks(name, place)
    if not stands_alone(declared, "custom", diagnostics):
        return []
    if prod(lengths) > LARGEST:
        message = f"an array of {prod(lengths)} elements: it must have 1..{LARGEST}"
        diagnostics.error("array-length", message, item.type.span)
        return []
    methods = []
    for kind, written in declared_hooks.items():
        if written is None:
            message = f"nobody reads and writes `{name}`"
            hint = f"declare its hooks: `hook get_{name}, put_{name}`"
            diagnostics.error("custom-hooks", message, item.span, hint=hint)
            return []
        methods.append(written.method or written.kind)
        place.gathered.inner_hooks.append(Hook(kind, methods[-1], len(lengths)))
        place.gathered.inner_hook_spans.append((methods[-1], written.span))
    wire_name, codec = item.name.wire or name, types.codec(item.type)
    count = declared.lengths[0].count if lengths else None
    return [Custom(name, wire_name, methods[0], methods[1], presence, item.span, codec, lengths, count)]


def claim_hooks(name: str, place: Place) -> dict[str, tree.Hook | None]:
    """The hooks `get` and `put` of a field, None where one is not declared. Those of a refused field are not idle."""
    return {kind: place.gathered.codec_hooks.pop(f"{kind}_{name}", None) for kind in ("get", "put")}


def stands_alone(declared: Declared, word: str, diagnostics: Diagnostics) -> bool:
    """Has a `custom` or `tmp` nothing about it that it cannot have? A `custom` can be an array."""
    for clause_word, written in declared.found.by_word.items():
        if clause_word not in clause.PRESENCE:
            message = f"`{clause_word}` means nothing on `{word}`"
            diagnostics.error("misplaced-clause", message, written.span)
    if (declared.lengths and word == "tmp") or declared.item.local or declared.place.prefix.steps:
        message = f"`{word}` stands by itself in a device, a struct with a name, or a subsection"
        diagnostics.error("misplaced-item", message, declared.item.span)
        return False
    return True
