"""What a load asks of the bytes of a run before it stores anything of them."""

from __future__ import annotations

from vmsgen.backend.c.arrays import each
from vmsgen.backend.c.ctypes import SCALARS
from vmsgen.backend.c.expressions import truth
from vmsgen.backend.c.items import asks, read_again
from vmsgen.backend.c.lines import Lines
from vmsgen.backend.c.questions import Questions, scalar_value
from vmsgen.backend.c.refusals import spelled, trail
from vmsgen.backend.c.scalars import get, get_at
from vmsgen.model.expressions import Path
from vmsgen.model.types import Array, Scalar, dimensions, innermost
from vmsgen.model.wire import Check, Field, Repeat, WireItem
from vmsgen.passes.layout import fixed_size

Locals = dict[Path, tuple[str, Scalar]]
"""C variables with what stands in the bytes for a place in the state."""


class RunQuestions:
    """Adds to one function's lines."""

    def __init__(self, lines: Lines, ask: Questions) -> None:
        self.lines = lines
        self.ask = ask

    def items(self, items: tuple[WireItem, ...], p: str, offset: int, local: Locals, needed: set[Path]) -> None:
        """Reads what is asked about into locals, and asks."""
        for item in items:
            at = f"{p} + {offset}" if offset else p
            match item:
                case Check():
                    self.ask.check(item, self.ask.context(local), at)
                case Field(type=Scalar() as scalar) if item.target in needed or asks(item):
                    name = self.ask.fresh(trail(item.target).last.replace(".", "_").replace("[", "_").replace("]", ""))
                    self.lines.add(f"{SCALARS[scalar.kind]} {name} = {get(scalar, p, offset)};", item.span)
                    local[item.target] = (name, scalar)
                    self._scalar(item, scalar, name, at, local)
                case Field(type=Array()) if asks(item):
                    self.elements(item, at, str(dimensions(item.type)[0]), local)
                case Repeat() if any(asks(inner) for inner in item.items):
                    index, q = f"i{item.depth}", f"q{item.depth}"
                    each_size = (fixed_size(item) or 0) // item.capacity
                    with self.lines.block(f"for (size_t {index} = 0; {index} < {item.capacity}; {index}++)"):
                        self.lines.add(f"const uint8_t *{q} = {at} + {each_size} * {index};")
                        self.items(item.items, q, 0, dict(local), read_again(item.items))
            offset += fixed_size(item) or 0

    def _scalar(self, item: Field, scalar: Scalar, name: str, where: str, local: Locals) -> None:
        at = trail(item.target)
        value = scalar_value(name, scalar)
        stored = item.storage
        if isinstance(stored, Scalar) and stored.kind != scalar.kind:
            self.ask.fits(value, stored, at, where)
        held = spelled(item.target, "held")
        if isinstance(stored, Scalar) and stored.kind == "bool":
            held = truth(held)
        self.ask.constraints(item.constraints, value, held, self.ask.context(local), at, where)

    def elements(self, item: Field, p: str, outer: str, local: Locals) -> None:
        """The constraints of an array's elements, from the bytes at `p`."""
        scalar = innermost(item.type)
        assert isinstance(scalar, Scalar)
        at = trail(item.target)
        lengths = [outer, *map(str, dimensions(item.type)[1:])]
        with each(self.lines, "", lengths, at, item.start, len(at.around)) as element:
            where = f"{p} + {scalar.size} * ({element.flat})" if scalar.size > 1 else f"{p} + {element.flat}"
            where = where.replace(f"({element.flat})", element.flat) if element.flat.isalnum() else where
            self.lines.add(f"{SCALARS[scalar.kind]} value = {get_at(scalar, where)};")
            value = scalar_value("value", scalar)
            self.ask.constraints(item.constraints, value, "", self.ask.context(local), element.at, where)
