"""Text that generated C writes: constant pieces gathered to long ones, and lists whose first element is not certain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from vmsgen.backend.c.lines import Lines, string
from vmsgen.backend.c.questions import Questions

CHUNK = 4000
"""Characters of one literal: compilers need not take more than 4095."""
LINE = 80


class Text:
    """Constant text is held back until something else has to be written, or until the end."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.pending = ""

    def add(self, text: str) -> None:
        self.pending += text

    def flush(self) -> None:
        text, self.pending = self.pending, ""
        for start in range(0, len(text), CHUNK):
            self._literal(text[start : start + CHUNK])

    def _literal(self, text: str) -> None:
        pieces = [string(piece) for piece in cut(text)]
        head = "if (VMS_TEXT(w, "
        for number, piece in enumerate(pieces):
            end = "))" if number == len(pieces) - 1 else ""
            self.lines.add(f"{head if number == 0 else ' ' * len(head)}{piece}{end}")
        self.lines.add("    return -1;")

    def times(self, text: str, count: str) -> None:
        """One literal, as often as C's `count` says."""
        self.flush()
        pieces = [string(piece) for piece in cut(text)]
        head = "if (vms_text_times(w, "
        for number, piece in enumerate(pieces):
            end = f", {len(text)}, {count}))" if number == len(pieces) - 1 else ""
            self.lines.add(f"{head if number == 0 else ' ' * len(head)}{piece}{end}")
        self.lines.add("    return -1;")

    def number(self, value: str) -> None:
        """`value` is C for an int64_t."""
        self.flush()
        self.lines.fail(f"vms_text_number(w, {value})", "return -1;")


def cut(text: str) -> list[str]:
    """Pieces for a line each, ends of fields preferred."""
    pieces = [""]
    for field in re.findall(r".+?(?:\}, |\Z)", text):
        if len(pieces[-1]) + len(field) > LINE and pieces[-1]:
            pieces.append("")
        pieces[-1] += field
    return [piece[start : start + LINE] for piece in pieces for start in range(0, len(piece), LINE)]


class Listing:
    """The elements of a list. `opening` stands before the first, and is not there without one.

    It is not always known whether an element is the first: then a variable tells.
    """

    def __init__(self, text: Text, ask: Questions, name: str, opening: str) -> None:
        self.text, self.ask = text, ask
        self.name, self.opening = name, opening
        self.variable: str | None = None
        self.certain = False
        """Something stands in the list already, whatever happened."""

    def separate(self) -> None:
        """What comes before an element."""
        if self.certain:
            self.text.add(", ")
        elif self.variable is None:
            self.text.add(self.opening)
        else:
            self.text.flush()
            first = f'"{self.opening}"' if not self.opening else string(self.opening)
            lines = self.text.lines
            if self.opening:
                lines.fail(
                    f'vms_text(w, {self.variable} ? ", " : {first}, {self.variable} ? 2 : {len(self.opening)})',
                    "return -1;",
                )
            else:
                lines.fail(f'vms_text(w, ", ", {self.variable} ? 2 : 0)', "return -1;")
            lines.add(f"{self.variable} = true;")
        self.certain = True

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Around what may add elements, or none."""
        if not self.certain and self.variable is None:
            self.text.flush()
            self.variable = self.ask.fresh(self.name)
            self.text.lines.add(f"bool {self.variable} = false;")
        before = self.certain
        yield
        self.certain = before

    def close(self, ending: str) -> None:
        """`ending` follows if anything was listed."""
        if self.certain:
            self.text.add(ending)
        elif self.variable is not None:
            self.text.flush()
            self.text.lines.fail(f"{self.variable} && VMS_TEXT(w, {string(ending)})", "return -1;")


def quoted(text: str) -> str:
    """As a JSON string, in ASCII."""
    return json.dumps(text)
