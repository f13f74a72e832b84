"""The functions that describe: of a device or struct, and of the parts of it whose shape depends on the state."""

from __future__ import annotations

from collections.abc import Iterator

from vmsgen.backend.c.coded import by_hook, indices
from vmsgen.backend.c.describe import constant_text
from vmsgen.backend.c.describe_body import counted_bytes
from vmsgen.backend.c.describe_lists import ListDescriber
from vmsgen.backend.c.function import Function, Names, call_hook, function, parts, passed, static
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.refusals import SAVE, Trail, numbers
from vmsgen.backend.c.storage import PRESENT
from vmsgen.backend.names import hook_name
from vmsgen.model.description import Description, Subsection
from vmsgen.model.wire import Custom, Group, Run, Tmp, WireItem
from vmsgen.passes.project import at_version

Owner = Description | Subsection | Tmp


def describe_head(names: Names) -> str:
    return f"int64_t {names.stem}_describe({names.saved}, vms_writer *w{names.hooks})"


def describe_version_head(names: Names) -> str:
    return f"int64_t {names.stem}_describe_version({names.saved}, vms_writer *w, uint32_t version{names.hooks})"


def describe_functions(description: Description) -> list[Function]:
    names = Names(description)
    if description.opaque:
        return _opaque(names)
    found = [static(_counted(names, item)) for item in _customs(description)]
    for part in parts(description, saved=True):
        found += map(static, _part(names, part, part.name, 0 if isinstance(part, Tmp) else part.version))
    versions = description.minimum_version < description.version
    if versions:
        found += _any_version(names)
    head = describe_head(names)
    made = constant_text(names.stem, description, description.version)
    if made is None and versions:
        lines = Lines()
        hooks = passed(names.hooks)
        lines.add(f"return {names.stem}_describe_version(s, w, {description.version}{hooks});")
        return [*found, function("", head, lines)]
    if made is None:
        return [*found, *_around(names, description, head, _body(names, description, description.version))]
    describer = _describer(names, description.version)
    describer.text.add(made[0])
    describer.text.flush()
    describer.lines.add(f"return {made[1]};")
    return [*found, function("", head, describer.lines)]


def _describer(names: Names, version: int | None) -> ListDescriber:
    return ListDescriber(names.stem, version, PRESENT if names.description.own else "", bool(names.hooks))


def _body(names: Names, owner: Owner, version: int | None) -> Lines:
    describer = _describer(names, version)
    describer.owner(owner)
    describer.text.flush()
    lines = Lines()
    lines.add(f"int64_t size = {describer.fixed};")
    lines.lines += describer.lines.lines
    lines.add("return size;")
    return lines


def _any_version(names: Names) -> list[Function]:
    description = names.description
    low, high = description.minimum_version, description.version
    lines = Lines()
    tests = [f"version > {high}"] if low == 0 else [f"version < {low}", f"version > {high}"]
    lines.fail(" || ".join(tests), *SAVE.refuse(Trail((), ""), "VMS_VERSION", *numbers("version", low, high)))
    lines.lines += _body(names, description, None).lines
    return _around(names, description, describe_version_head(names), lines)


def _part(names: Names, part: Subsection | Tmp, name: str, version: int) -> list[Function]:
    """Nothing, if it is constant: then its text is part of a longer one."""
    if constant_text(names.stem, part, version) is not None:
        return []
    head = f"int64_t {names.stem}_{name}_describe({names.saved}, vms_writer *w{names.hooks})"
    return _around(names, part, head, _body(names, part, version))


def _around(names: Names, owner: Owner, head: str, body: Lines) -> list[Function]:
    """The hooks run as for a save: what they do may decide what is sent."""
    pre, post = owner.hook("pre_save"), owner.hook("post_save")
    lines = Lines()
    if pre:
        call_hook(lines, "w", pre.method, "")
    if post is None:
        lines.lines += body.lines
        return [function("", head, lines)]
    version = ", uint32_t version" if "uint32_t version" in head else ""
    inner = head.split("(")[0].removeprefix("int64_t ") + "_inner"
    name = hook_name(post.method)
    lines.add(f"int64_t size = {inner}(s, w{', version' if version else ''}{passed(names.hooks)});")
    lines.add(f"int failed = hooks && hooks->{name} ? hooks->{name}(s, w->opaque) : 0;")
    lines.fail("failed && size >= 0", f"return vms_not_saved_hook(w, {string(post.method)}, failed);")
    lines.add("return size;")
    inner_head = f"int64_t {inner}({names.saved}, vms_writer *w{version}{names.hooks})"
    return [function("static ", inner_head, body), function("", head, lines)]


def _counted(names: Names, item: Custom) -> Function:
    """The bytes of a custom field, or of one element of it, by its hook."""
    lines, at = Lines(), Trail((), item.name)
    for number in range(len(item.lengths)):
        at = at.element(f"i{number}")
    by_hook(lines, SAVE, item.put, indices(at), at)
    lines.add("return 0;")
    element = "".join(f", size_t {index}" for _, index in at.around)
    head = f"int {names.stem}_{item.name}_bytes({names.saved}, vms_writer *w{element}{names.hooks})"
    return function("", head, lines)


def _opaque(names: Names) -> list[Function]:
    describer = _describer(names, names.description.version)
    lines = describer.lines
    size = counted_bytes(lines, describer.ask, "data", f"{names.stem}_save")
    for text in ('"size": ', ', "fields": [{"name": "data", "size": '):
        describer.text.add(text)
        describer.text.number(size)
    describer.text.add(', "type": "buffer"}]')
    describer.text.flush()
    lines.add(f"return {size};")
    return [function("", describe_head(names), lines)]


def _customs(description: Description) -> list[Custom]:
    def walk(items: tuple[WireItem, ...]) -> Iterator[Custom]:
        for item in items:
            if isinstance(item, Custom):
                yield item
            elif isinstance(item, Group | Run | Tmp):
                yield from walk(item.items)

    written = (part for part in parts(description, saved=True) if isinstance(part, Subsection))
    programs = [description.wire, *(at_version(part.wire, part.version) for part in written)]
    return [custom for program in programs for custom in walk(program)]
