"""Fields as text whose values are no plain numbers, or lie outside of the state: what VMState has beside its arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.property.strategies.body import Body, StructType
from tests.property.strategies.chooser import INTEGERS
from tests.property.strategies.fields import length

if TYPE_CHECKING:
    from tests.property.strategies.descriptions import DescriptionWriter

HOOKS = ("pre_load", "post_load", "pre_save", "post_save")
DOUBLES = ("f64", "cpudouble")


class Outside:
    """Adds items to bodies of one description."""

    def __init__(self, writer: DescriptionWriter) -> None:
        self.writer = writer
        self.choose = writer.choose

    def item(self, body: Body) -> bool:
        """Adds one; False if the one that was drawn cannot stand here."""
        shape = self.choose.number(0, 99)
        if shape < 16:
            return self.double(body)
        if shape < 30:
            return self.bitmap(body)
        if shape < 48:
            return self.missing(body)
        if shape < 62:
            return self.contained(body, self.list_of)
        if shape < 72:
            return self.contained(body, self.map_of)
        if shape < 86:
            return self.allocated(body)
        if shape < 91:
            return self.pinned(body)
        if shape < 94:
            return self.tmp(body)
        return self.custom(body)

    def keep(self, body: Body, when: str) -> str:
        return " else keep" if (when or body.conditional) and not body.depth and self.choose.chance(20) else ""

    def double(self, body: Body) -> bool:
        choose, when = self.choose, self.writer.presence(body)
        lengths = "" if choose.chance(50) else f"[{length(choose, body.names, 4).text}]"
        default = f" = {choose.number(0, 9)}" if choose.chance(20) else ""
        body.line(f"{self.writer.name()} : {choose.one(DOUBLES)}{lengths}{default}{when}{self.keep(body, when)}")
        return True

    def bitmap(self, body: Body) -> bool:
        choose, when = self.choose, self.writer.presence(body)
        if choose.chance(25):
            size = f"{choose.number(1, 130)}][{length(choose, body.names, 2).text}"
        elif choose.chance(40):
            size = length(choose, body.names, 6).text
        else:
            size = str(choose.number(1, 200))
        alloc = " alloc" if not body.depth and choose.chance(25) else ""
        self.writer.owns = self.writer.owns or bool(alloc)
        body.line(f"{self.writer.name()} : bitmap[{size}]{alloc}{when}{self.keep(body, when)}")
        return True

    def missing(self, body: Body) -> bool:
        """Arrays whose elements may be missing, also sent in parts."""
        choose, name, when = self.choose, self.writer.name(), self.writer.presence(body)
        struct = self.writer.struct(body) if choose.chance(40) else None
        element = struct.name if struct else choose.one((*INTEGERS, "bool", "timer", *DOUBLES))
        if choose.chance(15) and struct is None and not body.depth and not body.braces:
            body.line(f"local {name} : {element}?[4]")
            body.line(f"send {name}[{choose.number(0, 2)} +: {choose.number(1, 2)}]{when}")
            return True
        first = self.writer.length_of(body, struct) if struct else length(choose, body.names, 4)
        self.writer.owns = self.writer.owns or bool(struct and struct.owns)
        lengths = f"[{first.text}]"
        lengths += f"[{choose.number(1, 2)}]" if choose.chance(20) else ""
        body.line(f"{name} : {element}?{lengths}{when}{self.keep(body, when)}")
        return True

    def allocated(self, body: Body) -> bool:
        if body.depth:
            return False
        choose, name, when = self.choose, self.writer.name(), self.writer.presence(body)
        size = f"[{length(choose, body.names, 4).text}]"
        columns = f"[{choose.number(1, 3)}]" if choose.chance(20) else ""
        if choose.chance(25):
            body.line(f"{name} : buffer{size} alloc{when}{self.keep(body, when)}")
        elif self.writer.structs and choose.chance(40):
            element = choose.one(self.writer.structs).name
            body.line(f"{name} : {element}{size}{columns} alloc{when}{self.keep(body, when)}")
        else:
            kind = choose.one((*INTEGERS, "bool", "timer", *DOUBLES))
            asked = choose.one(("", "", " in 0..4", f" where {name} % 2 == 0")) if kind in INTEGERS else ""
            body.line(f"{name} : {kind}{size}{columns}{asked} alloc{when}{self.keep(body, when)}")
        self.writer.owns = True
        return True

    # Containers: elements are saved at their own version and loaded at the field's, so the two must be equal --------

    def contained(self, body: Body, make: Callable[[list[StructType]], tuple[str, list[StructType]]]) -> bool:
        if body.depth or (body.braces and not body.tmp) or not self.writer.structs:
            return False
        structs = [self.choose.one(self.writer.structs) for _ in range(2)]
        text, used = make(structs)
        when = self.version_of(body, used)
        if when is None:
            return False
        body.line(f"{self.writer.name()} : {text}{when}{self.keep(body, when)}")
        self.writer.owns = True
        return True

    def list_of(self, structs: list[StructType]) -> tuple[str, list[StructType]]:
        return f"list<{structs[0].name} max {self.choose.number(1, 4)}>", structs[:1]

    def map_of(self, structs: list[StructType]) -> tuple[str, list[StructType]]:
        most = self.choose.number(1, 4)
        if self.choose.chance(60):
            return f"map<u64, {structs[0].name} max {most}>", structs[:1]
        return f"map<{structs[1].name}, {structs[0].name} max {most}>", structs

    def version_of(self, body: Body, used: list[StructType]) -> str | None:
        """`since`, a condition or nothing, so that elements are loaded at their own version; None if nothing does."""
        low, high = body.versions
        wanted = {struct.versions[1] for struct in used}
        if max(wanted) <= low and not self.choose.chance(30):
            return ""
        if len(wanted) == 1 and low < max(wanted) <= high:
            return f" since {max(wanted)}"
        if max(wanted) > low and (self.writer.plain or not body.names.numbers):
            return None
        when = self.writer.presence(body)
        return when if " when " in when else "" if max(wanted) <= low else None

    # What versions and hooks are for --------------------------------------------------------------------------------

    def pinned(self, body: Body) -> bool:
        struct = self.writer.struct(body)
        if struct is None:
            return False
        self.writer.owns = self.writer.owns or struct.owns
        choose, name, when = self.choose, self.writer.name(), self.writer.presence(body)
        lengths = f"[{choose.number(1, 2)}]" if choose.chance(30) else ""
        body.line(f"{name} : {struct.name} at {choose.number(*struct.versions)}{lengths}{when}{self.keep(body, when)}")
        return True

    def tmp(self, body: Body) -> bool:
        if body.depth or body.braces:
            return False
        choose, name, when = self.choose, self.writer.name(), self.writer.presence(body)
        inner = Body(body.names.copy(versions=()), (0, 0), [], body.indent + "    ", 0, False, True, True)
        if choose.chance(50):
            first = choose.number(0, 3)
            inner.line("hook " + ", ".join(HOOKS[first : first + choose.number(1, 4)]))
        if choose.chance(15):
            inner.line(f"unused[{choose.number(1, 3)}]")
        else:
            self.writer.scalar(inner, "")
            for _ in range(choose.number(0, 2)):
                self.writer.item(inner)
        self.writer.subsections(inner, f"{self.writer.called}_{name}", choose.one((0, 0, 1, 2)))
        body.lines += [f"{body.indent}{name} : tmp {{", *inner.lines, f"{body.indent}}}{when}"]
        return True

    def custom(self, body: Body) -> bool:
        if body.depth or body.braces or not self.writer.codes:
            return False
        choose, name, when = self.choose, self.writer.name(), self.writer.presence(body)
        lengths = f"[{length(choose, body.names, 3).text}]" if choose.chance(50) else ""
        lengths += f"[{choose.number(1, 2)}]" if lengths and choose.chance(30) else ""
        self.writer.hook_lines.append(f"    hook get_{name}, put_{name}")
        body.line(f"{name} : custom{lengths}{when}")
        return True
