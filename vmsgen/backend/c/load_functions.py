"""The functions that load a description: versions, items, subsections, hooks, and the undo around them all."""

from __future__ import annotations

from vmsgen.backend.c.ctypes import kept_type
from vmsgen.backend.c.function import Function, Names, call_hook, function, parts, passed
from vmsgen.backend.c.held import subsection_uses_held, tmp_uses_held, uses_held
from vmsgen.backend.c.hook_functions import by_hook_function
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.load import Loader
from vmsgen.backend.c.refusals import LOAD, Trail, numbers
from vmsgen.backend.c.storage import PRESENT, resets
from vmsgen.model.binding import is_kept_by_members
from vmsgen.model.description import Description, Subsection
from vmsgen.model.sizes import header_size
from vmsgen.model.types import Struct, owns_memory
from vmsgen.model.wire import Run, Tmp
from vmsgen.passes.types import size_of

ON_STACK = 4096
"""A larger state is remembered on the heap while it is loaded. Bytes of storage, padding aside."""


def sets_in_one_go(description: Description) -> bool:
    """Is every refusal decided before the first store? Then a load has nothing to undo."""
    if description.hooks or description.all_subsections or description.resets or uses_held(description):
        return False
    if description.old_version is not None:
        return False
    return len(description.wire) == 1 and isinstance(description.wire[0], Run)


def load_functions(description: Description) -> list[Function]:
    names = Names(description)
    if description.opaque:
        return [by_hook_function(names, names.load, LOAD, "load_state", "version, ")]
    if description.kind == "device" and sets_in_one_go(description):
        return [_load_in_one_go(names)]
    found = [
        _read_tmp(names, part) if isinstance(part, Tmp) else _read_subsection(names, part)
        for part in parts(description)
    ]
    found.append(_read(names))
    found.append(_load(names))
    return found


def _refuse_versions(lines: Lines, owner: Description | Subsection, path: str, where: str) -> None:
    low, high = owner.minimum_version, owner.version
    if low == high:
        test = f"version != {high}"
    elif low == 0:
        test = f"version > {high}"
    else:
        test = f"version < {low} || version > {high}"
    refusal = (
        f"return vms_refuse(r, VMS_VERSION, {string(path)}, {where}, vms_unsigned(version), "
        f"vms_unsigned({low}), vms_unsigned({high}));"
    )
    lines.fail(test, refusal)


def _load_in_one_go(names: Names) -> Function:
    description = names.description
    lines = Lines()
    _refuse_versions(lines, description, "", "r->p")
    loader = Loader(lines, names.description, "version")
    owner = string(description.wire_name)
    loader.before_stores = [f"p = vms_end(r, p, {owner}, {len(description.wire_name)});", "if (!p)", "    return -1;"]
    loader.items(description.wire)
    lines.blank()
    lines.add("return 0;")
    return function("", names.load, lines)


def _read(names: Names) -> Function:
    """Everything but the version test and the undo: what an embedding description calls."""
    description = names.description
    body = Lines()
    resets(body, description)
    if description.all_subsections:
        body.add(f"s->{PRESENT} = 0;" if description.own else "uint64_t noted = 0, *came = &noted;")
    _between_hooks(names, description, body)
    lines = body
    lines.blank()
    lines.add("return 0;")
    linkage = "static " if description.kind == "device" else ""
    return function(linkage, names.read, lines)


def _between_hooks(names: Names, owner: Description | Subsection, lines: Lines) -> None:
    """pre_load, items, subsections, post_load."""
    pre, post = owner.hook("pre_load"), owner.hook("post_load")
    if pre:
        lines.blank()
        call_hook(lines, "r", pre.method, "")
    loader = Loader(lines, names.description, "version")
    loader.declared_p = isinstance(owner, Subsection)
    loader.items(owner.wire)
    _read_subsections(names, owner, lines)
    if post:
        lines.blank()
        call_hook(lines, "r", post.method, "version, ")


def _read_tmp(names: Names, tmp: Tmp) -> Function:
    lines = Lines()
    if pre := tmp.hook("pre_load"):
        call_hook(lines, "r", pre.method, "")
    Loader(lines, names.description, "0").items(tmp.items)
    _read_subsections(names, tmp, lines)
    if post := tmp.hook("post_load"):
        lines.blank()
        call_hook(lines, "r", post.method, "0, ")
    lines.blank()
    lines.add("return 0;")
    parameters = f"{names.type} *s{names.held_where(tmp_uses_held(tmp))}{names.came_where(bool(tmp.subsections))}"
    head = f"int {names.stem}_{tmp.name}_read({parameters}, vms_reader *r{names.hooks_of(tmp)})"
    return function("static ", head, lines)


def _read_subsections(names: Names, owner: Description | Subsection | Tmp, lines: Lines) -> None:
    lines.blank()
    wire_name = owner.wire_name
    if not owner.subsections:
        lines.fail(f"vms_no_subsection(r, {string(wire_name)}, {len(wire_name)})", "return -1;")
        return
    lines.add("size_t len;")
    peek = f"vms_peek_subsection(r, {string(wire_name)}, {len(wire_name)}, &len)"
    with lines.block(f"for (const uint8_t *name; (name = {peek}) != NULL; )"):
        lines.add("int failed;")
        for number, subsection in enumerate(owner.subsections):
            text = subsection.wire_name
            test = f"len == {len(text)} && memcmp(name, {string(text)}, {len(text)}) == 0"
            held = ", held" if subsection_uses_held(subsection) else ""
            came = "" if names.description.own else ", came"
            call = f"{names.subsection(subsection)}_read(s{held}{came}, r{passed(names.hooks_of(subsection))})"
            lines.add(f"{'else ' if number else ''}if ({test})")
            lines.add(f"    failed = {call};", subsection.span)
        lines.add("else")
        lines.add("    failed = vms_refuse_subsection(r);")
        lines.fail("failed", "return -1;")


def _read_subsection(names: Names, subsection: Subsection) -> Function:
    lines = Lines()
    lines.fail(f"{names.came} >> {subsection.number} & 1", "return vms_refuse_repeated(r);")
    size = header_size(subsection)
    lines.add(f"const uint8_t *p = vms_take(r, {size}, {string(f'{subsection.name}:{size}')});")
    lines.fail("!p", "return -1;")
    where = f"p + {size - 4}"
    lines.add(f"uint32_t version = vms_get32({where});")
    _refuse_versions(lines, subsection, subsection.name, where)
    lines.add(f"{names.came} |= UINT64_C(1) << {subsection.number};")
    _between_hooks(names, subsection, lines)
    lines.blank()
    lines.add("return 0;")
    held = names.held_where(subsection_uses_held(subsection))
    parameters = f"{names.type} *s{held}{names.came_where(True)}, vms_reader *r{names.hooks_of(subsection)}"
    head = f"int {names.subsection(subsection)}_read({parameters})"
    return function("static ", head, lines)


def _load(names: Names) -> Function:
    """The version test, and the undo."""
    description = names.description
    lines = Lines()
    if description.old_version is not None:
        _load_old(names, lines)
    else:
        _refuse_versions(lines, description, "", "r->p")
    lines.blank()
    large = sum(size_of(member.type) for member in description.members) > ON_STACK
    type_ = kept_type(description)
    if large:
        lines.add(f"{type_} *undo = ({type_} *)malloc(sizeof *undo);")
        nothing = ", ".join(["vms_unsigned(sizeof *undo)"] * 3)
        lines.fail("!undo", f'return vms_refuse(r, VMS_MEMORY, "", r->p, {nothing});')
    else:
        lines.add(f"{type_} undo;")
    copy, size = ("undo", "sizeof *undo") if large else ("&undo", "sizeof undo")
    owns = owns_memory(Struct(description))
    held = f", {copy}" if uses_held(description) else ""
    remember, put_back, kept = f"vms_remember({copy}, s, {size});", f"vms_remember(s, {copy}, {size});", names.stem
    if is_kept_by_members(description):
        remember, put_back = f"{names.stem}_keep({copy}, s);", f"{names.stem}_put_back(s, {copy});"
        kept = f"{names.stem}_kept"
    lines.add(remember)
    if owns:
        lines.add(f"{kept}_share({copy});")
    read = f"{names.stem}_read(s{held}, r, version{passed(names.hooks)})"
    if description.old_version is not None:
        read = f"(old ? {names.stem}_read_old(s, r, version, hooks) : {read})"
    lines.add(f"int failed = {read} || vms_left_over(r);")
    if owns:
        lines.fail("failed", f"{names.stem}_clear(s);", put_back)
        lines.add("else")
        lines.add(f"    {kept}_clear({copy});")
    else:
        lines.fail("failed", put_back)
    if large:
        lines.add("free(undo);")
    lines.add("return failed ? -1 : 0;")
    return function("", names.load, lines)


def _load_old(names: Names, lines: Lines) -> None:
    """Versions before the oldest that the fields can tell go to a hook."""
    description = names.description
    low, middle, high = description.old_version or 0, description.minimum_version, description.version
    lines.add(f"bool old = version < {middle};")
    tests = [f"version > {high}"] if low == 0 else [f"version < {low}", f"version > {high}"]
    bounds = numbers("version", low, high)
    lines.fail(" || ".join(tests), *LOAD.refuse(Trail((), ""), "VMS_VERSION", *bounds))
