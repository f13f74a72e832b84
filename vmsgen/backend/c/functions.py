"""The functions of one description: parameters, hooks, versions, subsections, undo. Items: save.py, load.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vmsgen.backend.c.coded import by_hook
from vmsgen.backend.c.expressions import Context, Expressions
from vmsgen.backend.c.held import items_use_held, subsection_uses_held, uses_held
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.load import Loader
from vmsgen.backend.c.refusals import LOAD, SAVE, Direction, Trail, numbers
from vmsgen.backend.c.save import Saver
from vmsgen.backend.c.storage import PRESENT, resets
from vmsgen.backend.names import c_struct, hook_name
from vmsgen.model.description import Description, Group, HookPredicate, Repeat, Run, Subsection, Tmp, WireItem
from vmsgen.model.hooks import has_hooks, subsection_has_hooks, wire_has_hooks
from vmsgen.model.sizes import header_size
from vmsgen.model.types import Struct, owns_memory
from vmsgen.passes.project import at_version
from vmsgen.passes.types import size_of

STRING = re.compile(r'"(\\.|[^"\\])*"')

Owner = Description | Subsection | Tmp

ON_STACK = 4096
"""A larger state is remembered on the heap while it is loaded. Bytes of storage, padding aside."""


@dataclass(frozen=True)
class Function:
    """`linkage` is "" or "static "; `head` has the return type, the name and the parameters."""

    linkage: str
    head: str
    body: str


@dataclass(frozen=True)
class Names:
    """What the functions of one description are called and take."""

    description: Description

    @property
    def stem(self) -> str:
        return c_struct(self.description.name)

    @property
    def hooks(self) -> str:
        return f", const {self.stem}_hooks *hooks" if has_hooks(self.description) else ""

    def hooks_of(self, part: Subsection | Tmp) -> str:
        """The parameter of the functions of a part: only where it is used."""
        used = subsection_has_hooks(part) if isinstance(part, Subsection) else wire_has_hooks((part,))
        return self.hooks if used else ""

    @property
    def save_version(self) -> str:
        return f"int {self.stem}_save_version({self.saved}, vms_writer *w, uint32_t version{self.hooks})"

    @property
    def needed(self) -> str:
        return f"int {self.stem}_needed({self.saved}{', void *opaque' if self.hooks else ''}{self.hooks})"

    @property
    def saved(self) -> str:
        """Hooks may change what is saved; without them it is constant."""
        return ("" if has_hooks(self.description) else "const ") + f"struct {self.stem} *s"

    @property
    def held(self) -> str:
        return f", const struct {self.stem} *held" if uses_held(self.description) else ""

    @property
    def init(self) -> str:
        return f"void {self.stem}_init(struct {self.stem} *s)"

    @property
    def save(self) -> str:
        return f"int {self.stem}_save({self.saved}, vms_writer *w{self.hooks})"

    @property
    def read(self) -> str:
        return f"int {self.stem}_read(struct {self.stem} *s{self.held}, vms_reader *r, uint32_t version{self.hooks})"

    @property
    def load(self) -> str:
        return f"int {self.stem}_load(struct {self.stem} *s, vms_reader *r, uint32_t version{self.hooks})"

    def subsection(self, subsection: Subsection) -> str:
        return f"{self.stem}_{subsection.name}"


def sets_in_one_go(description: Description) -> bool:
    """Is every refusal decided before the first store? Then a load has nothing to undo."""
    if description.hooks or description.subsections or description.resets or uses_held(description):
        return False
    if description.old_version is not None:
        return False
    return len(description.wire) == 1 and isinstance(description.wire[0], Run)


# Save --------------------------------------------------------------------------------------------------------------


def save_functions(description: Description) -> list[Function]:
    names = Names(description)
    if description.opaque:
        return [_by_hook(names, names.save, SAVE, "save_state", "")]
    found = [_static(f) for tmp in tmps(description) for f in _save_tmp(names, tmp)]
    found += [f for sub in description.subsections for f in _save_subsection(names, sub)]
    body = Lines()
    saver = Saver(body, names.stem, str(description.version))
    saver.items(at_version(description.wire, description.version))
    _save_subsections(names, saver, description.subsections)
    found += _around_save(names, description, names.save, f"{names.stem}_write", body)
    if description.minimum_version < description.version:
        found += _save_version(names)
    return found


def _save_version(names: Names) -> list[Function]:
    """The same for any version that is read: the version is tested item by item."""
    description = names.description
    body = Lines()
    low, high = description.minimum_version, description.version
    tests = [f"version > {high}"] if low == 0 else [f"version < {low}", f"version > {high}"]
    bounds = numbers("version", low, high)
    body.fail(" || ".join(tests), *SAVE.refuse(Trail((), ""), "VMS_VERSION", *bounds))
    saver = Saver(body, names.stem, "version")
    saver.items(description.wire)
    _save_subsections(names, saver, description.subsections)
    return _around_save(names, description, names.save_version, f"{names.stem}_write_version", body)


def _save_subsection(names: Names, subsection: Subsection) -> list[Function]:
    found = [f for sub in subsection.subsections for f in _save_subsection(names, sub)]
    body = Lines()
    saver = Saver(body, names.stem, str(subsection.version))
    size = header_size(subsection)
    saver.room(str(size))
    header = f"\x05{chr(len(subsection.wire_name))}{subsection.wire_name}".encode("latin-1")
    body.add(f"memcpy(p, {_bytes(header + subsection.version.to_bytes(4, 'big'))}, {size});")
    saver.items(at_version(subsection.wire, subsection.version))
    _save_subsections(names, saver, subsection.subsections)
    name = names.subsection(subsection)
    head = f"int {name}_save({names.saved}, vms_writer *w{names.hooks_of(subsection)})"
    return found + [_static(f) for f in _around_save(names, subsection, head, f"{name}_write", body)]


def _save_tmp(names: Names, tmp: Tmp) -> list[Function]:
    body = Lines()
    Saver(body, names.stem, "0").items(at_version(tmp.items, 0))
    name = f"{names.stem}_{tmp.name}"
    head = f"int {name}_save({names.saved}, vms_writer *w{names.hooks_of(tmp)})"
    return _around_save(names, tmp, head, f"{name}_write", body)


def _save_subsections(names: Names, saver: Saver, subsections: tuple[Subsection, ...]) -> None:
    lines = saver.lines
    for subsection in subsections:
        lines.blank()
        call = f"{names.subsection(subsection)}_save(s, w{_pass(names.hooks_of(subsection))})"
        match subsection.needed:
            case None:
                lines.fail(call, "return -1;", beside=subsection.span)
                continue
            case HookPredicate(method):
                came = f"(int)(s->{PRESENT} >> {subsection.number} & 1)"
                test = saver.ask.predicate(method, came)
            case condition:
                test = saver.ask.condition(condition, Trail((), subsection.name))
        operand = test if test.isidentifier() else f"({test})"
        lines.fail(f"{operand} && {call}", "return -1;", beside=subsection.span)


def _around_save(names: Names, owner: Owner, head: str, inner: str, body: Lines) -> list[Function]:
    """`post_save` runs whatever happened after `pre_save`, so then what lies between is a function of its own."""
    pre, post = owner.hook("pre_save"), owner.hook("post_save")
    lines = Lines()
    if pre:
        _call(lines, "w", pre.method, "")
    if post is None:
        lines.blank()
        lines.lines += body.lines
        lines.blank()
        lines.add("return 0;")
        return [_function("", head, lines)]
    body.blank()
    body.add("return 0;")
    hooks = names.hooks if isinstance(owner, Description) else names.hooks_of(owner)
    version = ", uint32_t version" if "uint32_t version" in head else ""
    inner_head = f"int {inner}({names.saved}, vms_writer *w{version}{hooks})"
    name = hook_name(post.method)
    lines.blank()
    lines.add(f"int result = {inner}(s, w{', version' if version else ''}{_pass(hooks)});")
    lines.add(f"int failed = hooks && hooks->{name} ? hooks->{name}(s, w->opaque) : 0;")
    lines.fail("failed && !result", f"return vms_not_saved_hook(w, {string(post.method)}, failed);")
    lines.add("return result;")
    return [_function("static ", inner_head, body), _function("", head, lines)]


def _call(lines: Lines, cursor: str, method: str, version: str) -> None:
    """Calls a hook, if there is one."""
    name = hook_name(method)
    refuse = "vms_refuse_hook" if cursor == "r" else "vms_not_saved_hook"
    with lines.block(f"if (hooks && hooks->{name})"):
        lines.add(f"int failed = hooks->{name}(s, {version}{cursor}->opaque);")
        lines.fail("failed", f"return {refuse}({cursor}, {string(method)}, failed);")
        lines.add(f"vms_hook_ran(&{cursor}->error, {string(method)});")


# Load --------------------------------------------------------------------------------------------------------------


def load_functions(description: Description) -> list[Function]:
    names = Names(description)
    if description.opaque:
        return [_by_hook(names, names.load, LOAD, "load_state", "version, ")]
    if description.kind == "device" and sets_in_one_go(description):
        return [_load_in_one_go(names)]
    found = [_read_tmp(names, tmp) for tmp in tmps(description)]
    found += [f for sub in description.subsections for f in _read_subsection(names, sub)]
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
    loader = Loader(lines, names.stem, "version")
    owner = string(description.wire_name)
    loader.before_stores = [f"p = vms_end(r, p, {owner}, {len(description.wire_name)});", "if (!p)", "    return -1;"]
    loader.items(description.wire)
    lines.blank()
    lines.add("return 0;")
    return _function("", names.load, lines)


def _read(names: Names) -> Function:
    """Everything but the version test and the undo: what an embedding description calls."""
    description = names.description
    body = Lines()
    resets(body, description.resets)
    if description.subsections:
        body.add(f"s->{PRESENT} = 0;")
    _between_hooks(names, description, body)
    lines = body
    lines.blank()
    lines.add("return 0;")
    linkage = "static " if description.kind == "device" else ""
    return _function(linkage, names.read, lines)


def _between_hooks(names: Names, owner: Description | Subsection, lines: Lines) -> None:
    """pre_load, items, subsections, post_load."""
    pre, post = owner.hook("pre_load"), owner.hook("post_load")
    if pre:
        lines.blank()
        _call(lines, "r", pre.method, "")
    loader = Loader(lines, names.stem, "version")
    loader.declared_p = isinstance(owner, Subsection)
    loader.items(owner.wire)
    _read_subsections(names, owner, lines)
    if post:
        lines.blank()
        _call(lines, "r", post.method, "version, ")


def _read_tmp(names: Names, tmp: Tmp) -> Function:
    lines = Lines()
    if pre := tmp.hook("pre_load"):
        _call(lines, "r", pre.method, "")
    Loader(lines, names.stem, "0").items(tmp.items)
    lines.blank()
    name = f"{names.description.name}_{tmp.name}"
    lines.fail(f"vms_no_subsection(r, {string(name)}, {len(name)})", "return -1;")
    if post := tmp.hook("post_load"):
        lines.blank()
        _call(lines, "r", post.method, "0, ")
    lines.blank()
    lines.add("return 0;")
    held = f", const struct {names.stem} *held" if items_use_held(tmp.items) else ""
    head = f"int {names.stem}_{tmp.name}_read(struct {names.stem} *s{held}, vms_reader *r{names.hooks_of(tmp)})"
    return _function("static ", head, lines)


def _read_subsections(names: Names, owner: Description | Subsection, lines: Lines) -> None:
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
            call = f"{names.subsection(subsection)}_read(s{held}, r{_pass(names.hooks_of(subsection))})"
            lines.add(f"{'else ' if number else ''}if ({test})")
            lines.add(f"    failed = {call};", subsection.span)
        lines.add("else")
        lines.add("    failed = vms_refuse_subsection(r);")
        lines.fail("failed", "return -1;")


def _read_subsection(names: Names, subsection: Subsection) -> list[Function]:
    found = [f for sub in subsection.subsections for f in _read_subsection(names, sub)]
    lines = Lines()
    size = header_size(subsection)
    lines.add(f"const uint8_t *p = vms_take(r, {size}, {string(f'{subsection.name}:{size}')});")
    lines.fail("!p", "return -1;")
    where = f"p + {size - 4}"
    lines.add(f"uint32_t version = vms_get32({where});")
    _refuse_versions(lines, subsection, subsection.name, where)
    lines.add(f"s->{PRESENT} |= UINT64_C(1) << {subsection.number};")
    _between_hooks(names, subsection, lines)
    lines.blank()
    lines.add("return 0;")
    held = f", const struct {names.stem} *held" if subsection_uses_held(subsection) else ""
    parameters = f"struct {names.stem} *s{held}, vms_reader *r{names.hooks_of(subsection)}"
    head = f"int {names.subsection(subsection)}_read({parameters})"
    return [*found, _function("static ", head, lines)]


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
    if large:
        lines.add(f"struct {names.stem} *undo = (struct {names.stem} *)malloc(sizeof *undo);")
        nothing = ", ".join(["vms_unsigned(sizeof *undo)"] * 3)
        lines.fail("!undo", f'return vms_refuse(r, VMS_MEMORY, "", r->p, {nothing});')
    else:
        lines.add(f"struct {names.stem} undo;")
    copy, size = ("undo", "sizeof *undo") if large else ("&undo", "sizeof undo")
    owns = owns_memory(Struct(description))
    held = f", {copy}" if uses_held(description) else ""
    lines.add(f"vms_remember({copy}, s, {size});")
    if owns:
        lines.add(f"{names.stem}_share({copy});")
    read = f"{names.stem}_read(s{held}, r, version{_pass(names.hooks)})"
    if description.old_version is not None:
        read = f"(old ? {names.stem}_read_old(s, r, version, hooks) : {read})"
    lines.add(f"int failed = {read} || vms_left_over(r);")
    if owns:
        lines.fail("failed", f"{names.stem}_clear(s);", f"vms_remember(s, {copy}, {size});")
        lines.add("else")
        lines.add(f"    {names.stem}_clear({copy});")
    else:
        lines.fail("failed", f"vms_remember(s, {copy}, {size});")
    if large:
        lines.add("free(undo);")
    lines.add("return failed ? -1 : 0;")
    return _function("", names.load, lines)


def _load_old(names: Names, lines: Lines) -> None:
    """Versions before the oldest that the fields can tell go to a hook."""
    description = names.description
    low, middle, high = description.old_version or 0, description.minimum_version, description.version
    lines.add(f"bool old = version < {middle};")
    tests = [f"version > {high}"] if low == 0 else [f"version < {low}", f"version > {high}"]
    bounds = numbers("version", low, high)
    lines.fail(" || ".join(tests), *LOAD.refuse(Trail((), ""), "VMS_VERSION", *bounds))


def old_functions(description: Description) -> list[Function]:
    """The call of `load_state_old`, where there are old versions."""
    hook = description.hook("load_state_old")
    if description.old_version is None or hook is None:
        return []
    names = Names(description)
    head = f"int {names.stem}_read_old(struct {names.stem} *s, vms_reader *r, uint32_t version{names.hooks})"
    return [_static(_by_hook(names, head, LOAD, hook.method, "version, "))]


def _by_hook(names: Names, head: str, direction: Direction, method: str, version: str) -> Function:
    """A body that only the device model can code."""
    description = names.description
    lines = Lines()
    if description.opaque and direction.loading:
        bounds = numbers("version", 0, description.version)
        lines.fail(f"version > {description.version}", *LOAD.refuse(Trail((), ""), "VMS_VERSION", *bounds))
    by_hook(lines, direction, method, version, "")
    lines.add("return vms_left_over(r);" if description.opaque and direction.loading else "return 0;")
    return _function("", head, lines)


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
    return _function("", names.needed, lines)


def _pass(parameter: str) -> str:
    return ", hooks" if parameter else ""


def _function(linkage: str, head: str, lines: Lines) -> Function:
    """The function; parameters that this description has no use for are said to be unused."""
    code = "\n".join(re.sub(STRING, "", line).split("/*")[0] for line in lines.lines)
    unused = [
        name
        for name in ("s", "w", "opaque", "version", "held", "hooks")
        if re.search(rf"\b{name}[,)]", head) and not re.search(rf"(?<!\.)(?<!->)\b{name}\b", code)
    ]
    notes = [f"    (void){name};" for name in unused]
    return Function(linkage, head, "\n".join([*notes, *lines.lines]))


def tmps(description: Description) -> list[Tmp]:
    """All `tmp` fields, those of subsections and groups included."""

    def walk(items: tuple[WireItem, ...]) -> Iterator[Tmp]:
        for item in items:
            if isinstance(item, Tmp):
                yield item
            elif isinstance(item, Group | Repeat | Run):
                yield from walk(item.items)

    programs = [description.wire, *(sub.wire for sub in description.all_subsections)]
    return [tmp for program in programs for tmp in walk(program)]


def _static(function: Function) -> Function:
    return replace(function, linkage="static ")


def _bytes(data: bytes) -> str:
    """A string literal of exactly these bytes; octal escapes, so that none runs into what follows."""
    out = []
    for byte in data:
        char = chr(byte)
        plain = 32 <= byte < 127 and char not in '"\\?'
        out.append(char if plain else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
