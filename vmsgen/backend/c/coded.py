"""What hooks code: `custom` fields, old versions, opaque devices."""

from __future__ import annotations

from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.refusals import Direction
from vmsgen.backend.names import hook_name
from vmsgen.model.description import Custom


def custom(lines: Lines, direction: Direction, item: Custom) -> None:
    """A field that the hooks `get` and `put` read and write."""
    lines.blank()
    method = item.get if direction.loading else item.put
    by_hook(lines, direction, method, "", item.name)


def by_hook(lines: Lines, direction: Direction, method: str, version: str, path: str) -> None:
    """Calls a hook that reads or writes bytes itself; without one it is an error. `version`: `version, ` or nothing."""
    name, cursor = hook_name(method), direction.cursor
    nothing = (
        "vms_refuse_text(r, VMS_NO_HOOK, {}, r->p, {})"
        if direction.loading
        else "vms_not_saved_text(w, VMS_NO_HOOK, {}, {})"
    )
    refuse = "vms_refuse_hook" if direction.loading else "vms_not_saved_hook"
    lines.fail(f"!hooks || !hooks->{name}", f"return {nothing.format(string(path), string(method))};")
    with lines.block(""):
        lines.add(f"int failed = hooks->{name}(s, {cursor}, {version}{cursor}->opaque);")
        lines.fail(f"failed && {cursor}->error.code == VMS_OK", f"{refuse}({cursor}, {string(method)}, failed);")
        lines.fail("failed", f"return vms_within(&{cursor}->error, {string(path)});")
        lines.add(f"vms_hook_ran(&{cursor}->error, {string(method)});")
