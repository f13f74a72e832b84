"""How generated C says no: the call that notes the error, and what leads to the field."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.backend.c.lines import string
from vmsgen.backend.names import member_name
from vmsgen.model.expressions import Constant, IndexStep, LoopStep, MemberStep, Path

NOTHING = "vms_unsigned(0)"


def numbers(found: object, low: object, high: object) -> tuple[str, str, str]:
    """C for what was found and what is allowed, of values that are not negative."""
    return f"vms_unsigned({found})", f"vms_unsigned({low})", f"vms_unsigned({high})"


@dataclass(frozen=True)
class Trail:
    """The names on the way to a field, cut where an array is walked: `ranges` [i0] `cfg`.

    `last` is the name behind the last index; `around` are the arrays before it, outermost first, with their indices.
    """

    around: tuple[tuple[str, str], ...]
    last: str

    def element(self, index: str) -> Trail:
        """One element of what the trail leads to."""
        return Trail((*self.around, (self.last, index)), "")


def trail(path: Path) -> Trail:
    around: list[tuple[str, str]] = []
    name = ""
    for step in path.steps:
        match step:
            case MemberStep(text):
                name += f".{text}" if name else text
            case IndexStep(Constant(value), _):
                name += f"[{value}]"
            case IndexStep():
                name += "[]"
            case LoopStep(depth):
                around.append((name, f"i{depth}"))
                name = ""
    return Trail(tuple(around), name)


@dataclass(frozen=True)
class Direction:
    """What differs between refusing a load and a save."""

    cursor: str  # "r" or "w"
    loading: bool

    def refuse(self, at: Trail, code: str, found: str, low: str, high: str, where: str = "") -> list[str]:
        """Statements, the last one a return. `where` is C for the refused byte; on save there is none."""
        name = string(at.last)
        if self.loading:
            call = f"vms_refuse(r, {code}, {name}, {where or 'r->p'}, {found}, {low}, {high})"
        else:
            call = f"vms_not_saved(w, {code}, {name}, {found}, {low}, {high})"
        return self.led_to(call, at)

    def refuse_text(self, at: Trail, code: str, text: str, where: str = "") -> list[str]:
        name = string(at.last)
        if self.loading:
            call = f"vms_refuse_text(r, {code}, {name}, {where or 'r->p'}, {string(text)})"
        else:
            call = f"vms_not_saved_text(w, {code}, {name}, {string(text)})"
        return self.led_to(call, at)

    def led_to(self, call: str, at: Trail) -> list[str]:
        """The call, and the arrays that the field is in."""
        if not at.around:
            return [f"return {call};"]
        statements = [f"{call};"]
        for name, index in reversed(at.around):
            statements.append(f"vms_within_element(&{self.cursor}->error, {string(name)}, {index});")
        statements[-1] = "return " + statements[-1]
        return statements

    def inside(self, at: Trail) -> list[str]:
        """What is added to the path of an error that a nested call has noted already."""
        statements = []
        if at.last or not at.around:
            statements.append(f"vms_within(&{self.cursor}->error, {string(at.last)});")
        for name, index in reversed(at.around):
            statements.append(f"vms_within_element(&{self.cursor}->error, {string(name)}, {index});")
        statements[-1] = "return " + statements[-1]
        return statements


LOAD = Direction("r", True)
SAVE = Direction("w", False)


def spelled(path: Path, state: str = "s") -> str:
    """C for a place without variable indices in it, but for those of loops."""
    text = state
    for number, step in enumerate(path.steps):
        match step:
            case MemberStep(name, own):
                text += ("->" if number == 0 else ".") + member_name(name, own)
            case LoopStep(depth):
                text += f"[i{depth}]"
            case IndexStep(Constant(value), _):
                text += f"[{value}]"
            case IndexStep():
                raise AssertionError("targets have constant indices")
    return text
