"""What of a wire program belongs to one version of it."""

from __future__ import annotations

from dataclasses import replace

from vmsgen.model.wire import Custom, Field, Group, Presence, Repeat, Run, Tmp, Unused, WireItem
from vmsgen.passes.layout import lay_out


def at_version(items: tuple[WireItem, ...], version: int) -> tuple[WireItem, ...]:
    """The items that a stream of this version has, without version tests; runs reach as far as they can."""
    return lay_out(_chosen(items, version))


def _chosen(items: tuple[WireItem, ...], version: int) -> tuple[WireItem, ...]:
    chosen: list[WireItem] = []
    for item in items:
        if isinstance(item, Run):
            chosen += _chosen(item.items, version)
            continue
        if isinstance(item, Group | Repeat):
            item = replace(item, items=_chosen(item.items, version))
        if isinstance(item, Field | Unused | Group | Repeat | Custom | Tmp):
            presence = item.presence
            if version < presence.since or (presence.before is not None and version >= presence.before):
                continue
            item = replace(item, presence=Presence(condition=presence.condition))
            if isinstance(item, Group) and item.presence.always:
                chosen += item.items
                continue
        chosen.append(item)
    return tuple(chosen)
