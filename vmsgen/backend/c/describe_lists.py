"""Descriptions of lists whose elements are described in one of few ways: one text is copied after the other."""

from __future__ import annotations

from vmsgen.backend.c.describe import Describer
from vmsgen.backend.c.describe_body import Shown
from vmsgen.backend.c.kinds import EachKind, Kinds, each_kind, kinds
from vmsgen.backend.c.refusals import Trail, spelled
from vmsgen.backend.c.text import spread
from vmsgen.model.types import List, Map
from vmsgen.model.wire import Field


class ListDescriber(Describer):
    """A Describer for functions; constant texts need no more than that."""

    def container(self, field: Field, type_: List | Map, shown: Shown, at: Trail) -> None:
        found = kinds(type_.element) if isinstance(type_, List) else None
        if found is None:
            super().container(field, type_, shown, at)
            return
        assert isinstance(type_, List)
        self.head(shown)
        self.text.flush()
        text, size = spelled(field.target), self.ask.fresh("list_size")
        self.lines.add(f"int64_t {size} = 1;")
        self.copies(each_kind(self.lines, self.ask, type_.element, text), found, size)
        self.finish(size)

    def copies(self, each: EachKind, found: Kinds, size: str) -> None:
        """The text of every element, with a comma behind it."""
        lines, at = self.lines, self.ask.fresh("at")
        lines.add(f"uint8_t *{at} = w->p;")
        with lines.block(each.loop):
            lines.add(f"{at} = vms_text_room(w, {at}, {max(len(said) for said, _ in found.texts) + 2});")
            lines.fail(f"!{at}", "return -1;")
            lines.add(f"switch ({each.kind}) {{")
            for number, (said, bytes_) in enumerate(found.texts):
                lines.add(f"case {number}:" if number < len(found.texts) - 1 else "default:")
                lines.depth += 1
                spread(lines, f"{at} = VMS_TEXT_AT({at}, ", f"{said}, ", ");")
                lines.add(f"{size} += {bytes_ + 1};")
                lines.add("break;")
                lines.depth -= 1
            lines.add("}")
        lines.add(f"vms_text_done(w, {at});")
