"""What hooks code: `custom` fields, old versions, opaque devices."""

from __future__ import annotations

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.questions import Questions
from vmsgen.backend.c.refusals import Direction, Trail
from vmsgen.backend.names import hook_name
from vmsgen.model.wire import Custom


def custom(ask: Questions, item: Custom) -> None:
    """A field that the hooks `get` and `put` read and write, an array element by element."""
    ask.lines.blank()
    method = item.get if ask.direction.loading else item.put
    at = Trail((), item.name)
    if not item.lengths:
        by_hook(ask.lines, ask.direction, method, "", at)
        return
    with each(ask.lines, "", lengths(ask, item), at, 0, 0) as one:
        by_hook(ask.lines, ask.direction, method, indices(one.at), one.at)


def lengths(ask: Questions, item: Custom) -> list[str]:
    """C for the dimensions of an array, outermost first; statements that its count needs first are added."""
    capacity, *inner = item.lengths
    outer = str(capacity) if item.count is None else ask.count(item.count, capacity, "count", Trail((), item.name))
    return [outer, *map(str, inner)]


def indices(at: Trail) -> str:
    """What the hook of an element is handed between the cursor and `opaque`."""
    return "".join(f"{index}, " for _, index in at.around)


def by_hook(lines: Lines, direction: Direction, method: str, handed: str, at: Trail) -> None:
    """Calls a hook that reads or writes bytes itself; without one it is an error.

    `handed` stands between the cursor and `opaque`: `version, `, `i0, ` or nothing.
    """
    name, cursor = hook_name(method), direction.cursor
    refuse = "vms_refuse_hook" if direction.loading else "vms_not_saved_hook"
    lines.fail(f"!hooks || !hooks->{name}", *direction.refuse_text(at, "VMS_NO_HOOK", method))
    with lines.block(""):
        lines.add(f"int failed = hooks->{name}(s, {cursor}, {handed}{cursor}->opaque);")
        lines.fail(f"failed && {cursor}->error.code == VMS_OK", f"{refuse}({cursor}, {string(method)}, failed);")
        lines.fail("failed", *direction.inside(at))
        lines.add(f"vms_hook_ran(&{cursor}->error, {string(method)});")
