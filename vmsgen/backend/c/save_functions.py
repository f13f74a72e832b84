"""The functions that save a description: items, subsections, `tmp`s, and `post_save` around them all."""

from __future__ import annotations

from vmsgen.backend.c.function import Function, Names, call_hook, function, parts, passed, static
from vmsgen.backend.c.hook_functions import by_hook_function
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.refusals import SAVE, Trail, numbers
from vmsgen.backend.c.save import Saver
from vmsgen.backend.names import hook_name
from vmsgen.model.description import Description, Subsection
from vmsgen.model.sizes import header_size
from vmsgen.model.wire import HookPredicate, Tmp
from vmsgen.passes.project import at_version


def save_functions(description: Description) -> list[Function]:
    names = Names(description)
    if description.opaque:
        return [by_hook_function(names, names.save, SAVE, "save_state", "")]
    found: list[Function] = []
    for part in parts(description, saved=True):
        found += map(static, _save_tmp(names, part) if isinstance(part, Tmp) else _save_subsection(names, part))
    body = Lines()
    saver = Saver(body, names.description, str(description.version))
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
    saver = Saver(body, names.description, "version")
    saver.items(description.wire)
    _save_subsections(names, saver, description.subsections)
    return _around_save(names, description, names.save_version, f"{names.stem}_write_version", body)


def _save_subsection(names: Names, subsection: Subsection) -> list[Function]:
    body = Lines()
    saver = Saver(body, names.description, str(subsection.version))
    size = header_size(subsection)
    saver.room(str(size))
    header = f"\x05{chr(len(subsection.wire_name))}{subsection.wire_name}".encode("latin-1")
    body.add(f"memcpy(p, {_bytes(header + subsection.version.to_bytes(4, 'big'))}, {size});")
    saver.items(at_version(subsection.wire, subsection.version))
    _save_subsections(names, saver, subsection.subsections)
    name = names.subsection(subsection)
    head = f"int {name}_save({names.saved}, vms_writer *w{names.hooks_of(subsection)})"
    return _around_save(names, subsection, head, f"{name}_write", body)


def _save_tmp(names: Names, tmp: Tmp) -> list[Function]:
    body = Lines()
    saver = Saver(body, names.description, "0")
    saver.items(at_version(tmp.items, 0))
    _save_subsections(names, saver, tmp.subsections)
    name = f"{names.stem}_{tmp.name}"
    head = f"int {name}_save({names.saved}, vms_writer *w{names.hooks_of(tmp)})"
    return _around_save(names, tmp, head, f"{name}_write", body)


def _save_subsections(names: Names, saver: Saver, subsections: tuple[Subsection, ...]) -> None:
    lines = saver.lines
    for subsection in subsections:
        lines.blank()
        # `needed` stands in the subsection, so `version` is the subsection's.
        ask = saver.ask.of_version(str(subsection.version))
        call = f"{names.subsection(subsection)}_save(s, w{passed(names.hooks_of(subsection))})"
        match subsection.needed:
            case None:
                lines.fail(call, "return -1;", beside=subsection.span)
                continue
            case HookPredicate(method):
                test = ask.predicate(method, names.has_come(subsection))
            case condition:
                test = ask.condition(condition, Trail((), subsection.name))
        operand = test if test.isidentifier() else f"({test})"
        lines.fail(f"{operand} && {call}", "return -1;", beside=subsection.span)


def _around_save(
    names: Names, owner: Description | Subsection | Tmp, head: str, inner: str, body: Lines
) -> list[Function]:
    """`post_save` runs whatever happened after `pre_save`, so then what lies between is a function of its own."""
    pre, post = owner.hook("pre_save"), owner.hook("post_save")
    lines = Lines()
    if pre:
        call_hook(lines, "w", pre.method, "")
    if post is None:
        lines.blank()
        lines.lines += body.lines
        lines.blank()
        lines.add("return 0;")
        return [function("", head, lines)]
    body.blank()
    body.add("return 0;")
    hooks = names.hooks if isinstance(owner, Description) else names.hooks_of(owner)
    version = ", uint32_t version" if "uint32_t version" in head else ""
    inner_head = f"int {inner}({names.saved}, vms_writer *w{version}{hooks})"
    name = hook_name(post.method)
    lines.blank()
    lines.add(f"int result = {inner}(s, w{', version' if version else ''}{passed(hooks)});")
    lines.add(f"int failed = hooks && hooks->{name} ? hooks->{name}(s, w->opaque) : 0;")
    lines.fail("failed && !result", f"return vms_not_saved_hook(w, {string(post.method)}, failed);")
    lines.add("return result;")
    return [function("static ", inner_head, body), function("", head, lines)]


def _bytes(data: bytes) -> str:
    """A string literal of exactly these bytes; octal escapes, so that none runs into what follows."""
    out = []
    for byte in data:
        char = chr(byte)
        plain = 32 <= byte < 127 and char not in '"\\?'
        out.append(char if plain else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
