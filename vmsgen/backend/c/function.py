"""What all functions of one description share: names, parameters, calls of hooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vmsgen.backend.c.ctypes import kept_type, struct_type
from vmsgen.backend.c.held import uses_held
from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.storage import PRESENT
from vmsgen.backend.names import c_struct, hook_name
from vmsgen.model.description import Description, Subsection
from vmsgen.model.hooks import has_hooks, subsection_has_hooks, wire_has_hooks
from vmsgen.model.wire import Tmp, WireItem, tmps_in
from vmsgen.passes.project import at_version

STRING = re.compile(r'"(\\.|[^"\\])*"')


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
    def type(self) -> str:
        """Of what the functions work on."""
        return struct_type(self.description)

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
        return ("" if has_hooks(self.description) else "const ") + f"{self.type} *s"

    @property
    def held(self) -> str:
        return self.held_where(uses_held(self.description))

    def held_where(self, asked: bool) -> str:
        """The parameter of functions that ask what was there before a load."""
        return f", const {kept_type(self.description)} *held" if asked else ""

    def came_where(self, counted: bool) -> str:
        """The parameter of functions that note which subsections came, where the struct has no member for that."""
        return ", uint64_t *came" if counted and not self.description.own else ""

    @property
    def came(self) -> str:
        """C for the bits of the subsections that came in the load."""
        return f"s->{PRESENT}" if self.description.own else "*came"

    def has_come(self, subsection: Subsection) -> str:
        """C for whether a subsection came in the last load, as far as anybody knows: 1 or 0."""
        return f"(int)(s->{PRESENT} >> {subsection.number} & 1)" if self.description.own else "0"

    @property
    def keep(self) -> str:
        return f"void {self.stem}_keep({kept_type(self.description)} *kept, const {self.type} *s)"

    @property
    def put_back(self) -> str:
        return f"void {self.stem}_put_back({self.type} *s, const {kept_type(self.description)} *kept)"

    @property
    def init(self) -> str:
        return f"void {self.stem}_init({self.type} *s)"

    @property
    def save(self) -> str:
        return f"int {self.stem}_save({self.saved}, vms_writer *w{self.hooks})"

    @property
    def read(self) -> str:
        return f"int {self.stem}_read({self.type} *s{self.held}, vms_reader *r, uint32_t version{self.hooks})"

    @property
    def load(self) -> str:
        return f"int {self.stem}_load({self.type} *s, vms_reader *r, uint32_t version{self.hooks})"

    def subsection(self, subsection: Subsection) -> str:
        return f"{self.stem}_{subsection.name}"


def function(linkage: str, head: str, lines: Lines) -> Function:
    """The function; parameters that this description has no use for are said to be unused."""
    code = "\n".join(re.sub(STRING, "", line).split("/*")[0] for line in lines.lines)
    unused = [
        name
        for name in ("s", "w", "opaque", "version", "held", "hooks")
        if re.search(rf"\b{name}[,)]", head) and not re.search(rf"(?<!\.)(?<!->)\b{name}\b", code)
    ]
    notes = [f"    (void){name};" for name in unused]
    return Function(linkage, head, "\n".join([*notes, *lines.lines]))


def static(function: Function) -> Function:
    return replace(function, linkage="static ")


def call_hook(lines: Lines, cursor: str, method: str, version: str) -> None:
    """Calls a hook, if there is one."""
    name = hook_name(method)
    refuse = "vms_refuse_hook" if cursor == "r" else "vms_not_saved_hook"
    with lines.block(f"if (hooks && hooks->{name})"):
        lines.add(f"int failed = hooks->{name}(s, {version}{cursor}->opaque);")
        lines.fail("failed", f"return {refuse}({cursor}, {string(method)}, failed);")
        lines.add(f"vms_hook_ran(&{cursor}->error, {string(method)});")


def passed(parameter: str) -> str:
    return ", hooks" if parameter else ""


def parts(description: Description, saved: bool = False) -> Iterator[Subsection | Tmp]:
    """Its subsections and `tmp`s, those in others too: each comes before what it is a part of.

    `saved`: without what only older versions of a subsection have, as no save writes these.
    """
    return _parts(description.wire, description.subsections, saved)


def _parts(items: tuple[WireItem, ...], subsections: tuple[Subsection, ...], saved: bool) -> Iterator[Subsection | Tmp]:
    for tmp in tmps_in(items):
        yield from _parts(at_version(tmp.items, 0) if saved else tmp.items, tmp.subsections, saved)
        yield tmp
    for subsection in subsections:
        wire = at_version(subsection.wire, subsection.version) if saved else subsection.wire
        yield from _parts(wire, subsection.subsections, saved)
        yield subsection
