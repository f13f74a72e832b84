"""What only hooks can code: old versions and opaque devices. And whether a device is sent at all."""

from __future__ import annotations

from vmsgen.backend.c.coded import by_hook
from vmsgen.backend.c.expressions import Context, Expressions
from vmsgen.backend.c.function import Function, Names, function, static
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.refusals import LOAD, Direction, Trail, numbers
from vmsgen.backend.c.storage import PRESENT, resets
from vmsgen.backend.names import hook_name
from vmsgen.model.description import Description
from vmsgen.model.wire import HookPredicate


def old_functions(description: Description) -> list[Function]:
    """The call of `load_state_old`, where there are old versions."""
    hook = description.hook("load_state_old")
    if description.old_version is None or hook is None:
        return []
    names = Names(description)
    lines = Lines()
    resets(lines, description)
    if description.all_subsections and description.own:
        lines.add(f"s->{PRESENT} = 0;")
    by_hook(lines, LOAD, hook.method, "version, ", Trail((), ""))
    lines.add("return 0;")
    head = f"int {names.stem}_read_old({names.type} *s, vms_reader *r, uint32_t version{names.hooks})"
    return [static(function("", head, lines))]


def by_hook_function(names: Names, head: str, direction: Direction, method: str, version: str) -> Function:
    """A body that only the device model can code."""
    description = names.description
    lines = Lines()
    if description.opaque and direction.loading:
        bounds = numbers("version", 0, description.version)
        lines.fail(f"version > {description.version}", *LOAD.refuse(Trail((), ""), "VMS_VERSION", *bounds))
    by_hook(lines, direction, method, version, Trail((), ""))
    lines.add("return vms_left_over(r);" if description.opaque and direction.loading else "return 0;")
    return function("", head, lines)


def needed_function(description: Description) -> Function | None:
    """Is the section of the device sent at all? 1, 0, or -1 where a hook failed or the question has no answer."""
    if description.needed is None:
        return None
    names = Names(description)
    lines = Lines()
    match description.needed:
        case HookPredicate(method):
            name = hook_name(method)
            call = f"hooks->{name}(s, {description.version}, opaque)"
            lines.add(f"return hooks && hooks->{name} ? {call} : 1;")
        case condition:
            value = Expressions(Context(held="s", version=str(description.version))).emit(condition)
            if value.faults:
                lines.add("vms_fault fault = {VMS_OK};")
                lines.add(f"int needed = {value.operand} != 0;")
                lines.add("return fault.code ? -1 : needed;")
            else:
                lines.add(f"return {value.operand} != 0;")
    return function("", names.needed, lines)
