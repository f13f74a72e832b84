"""States that are structs of the program's own: `for "SerialState" in "hw/char/serial.h"`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmsgen.model.types import Struct, innermost

if TYPE_CHECKING:
    from vmsgen.model.description import Description


@dataclass(frozen=True)
class Binding:
    """`type` as C spells it, `SerialState` or `struct uart`; `header` as C includes it."""

    type: str
    header: str


def is_kept_by_members(description: Description) -> bool:
    """Are there members that the schema does not know, in its struct or in one that it embeds?

    They are none of a load's business: what is kept before one, and put back if it is refused, is the declared members.
    """
    return not description.own or any(map(is_kept_by_members, embedded(description)))


def embedded(description: Description) -> list[Description]:
    """The structs in its memory, arrays of them included; not those in memory outside of it."""
    found = (innermost(member.type) for member in description.members)
    return [element.description for element in found if isinstance(element, Struct)]
