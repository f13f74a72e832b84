"""Constant text that generated C writes: as few and as long pieces as can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vmsgen.backend.c.lines import Lines, string

CHUNK = 4000
"""Characters of one literal: compilers need not take more than 4095."""
SHORT = 512
"""Characters that may stand in both branches of an `if`: every piece costs time, and these cost little room."""
LINE = 80


@dataclass(frozen=True)
class End:
    """Where one branch of an `if` ends: what is still to be written there, and which line it comes before.

    `otherwise`: that line closes an `if` without an `else`, and the text is for the `else` that it gets.
    """

    line: int
    depth: int
    text: str
    otherwise: bool = False


class Text:
    """Constant text is held back until something else has to be written, or until the end.

    Around an `if` short text is written in both branches, together with their own: that is one piece in place of three.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.pending = ""
        self.ends: list[End] = []
        """Of the `if` that ended last, if nothing was written since. `pending` comes after the text of each."""

    def add(self, text: str) -> None:
        self.pending += text

    def flush(self) -> None:
        if len(self.pending) <= SHORT:
            self._hand_out()
        ends, self.ends = self.ends, []
        for end in reversed(ends):
            self._write_end(end)
        text, self.pending = self.pending, ""
        self.lines.lines += self._pieces(text, self.lines.depth)

    @contextmanager
    def branch(self, head: str) -> Iterator[None]:
        """`if (…) { }`, around what is written there."""
        if self.ends or len(self.pending) > SHORT:
            self.flush()
        before = self.pending
        with self.lines.block(head):
            yield
            if len(self.pending) > SHORT:
                self.flush()
            if not self.ends:
                self.ends = [End(len(self.lines.lines), self.lines.depth, "")]
            self._hand_out()
        self.ends.append(End(len(self.lines.lines) - 1, self.lines.depth, before, True))

    def _hand_out(self) -> None:
        """What is pending goes to the ends, if there are any."""
        if self.ends:
            self.ends = [replace(end, text=end.text + self.pending) for end in self.ends]
            self.pending = ""

    def _write_end(self, end: End) -> None:
        lines = self.lines.lines
        if end.otherwise and end.text:
            indent = "    " * end.depth
            lines[end.line : end.line + 1] = [
                f"{indent}}} else {{",
                *self._pieces(end.text, end.depth + 1),
                f"{indent}}}",
            ]
        else:
            lines[end.line : end.line] = self._pieces(end.text, end.depth)

    def _pieces(self, text: str, depth: int) -> list[str]:
        """The statements that write constant text."""
        lines = Lines(depth)
        for start in range(0, len(text), CHUNK):
            literal(lines, "if (VMS_TEXT(w, ", text[start : start + CHUNK], "))")
        return lines.lines

    def times(self, text: str, count: str) -> None:
        """One literal, as often as C's `count` says."""
        self.flush()
        literal(self.lines, "if (vms_text_times(w, ", text, f", {len(text)}, {count}))")

    def number(self, value: str) -> None:
        """`value` is C for an int64_t."""
        self.flush()
        self.lines.fail(f"vms_text_number(w, {value})", "return -1;")


def literal(lines: Lines, head: str, text: str, end: str) -> None:
    """What writes `text`, and returns if that fails."""
    spread(lines, head, text, end)
    lines.add("    return -1;")


def spread(lines: Lines, head: str, text: str, end: str) -> None:
    """`head "text" end`, the literal on one line or several."""
    pieces = [string(piece) for piece in cut(text)]
    for number, piece in enumerate(pieces):
        lines.add(f"{head if number == 0 else ' ' * len(head)}{piece}{end if number == len(pieces) - 1 else ''}")


def cut(text: str) -> list[str]:
    """Pieces for a line each, ends of fields preferred."""
    pieces = [""]
    for field in re.findall(r".+?(?:\}, |\Z)", text):
        if len(pieces[-1]) + len(field) > LINE and pieces[-1]:
            pieces.append("")
        pieces[-1] += field
    return [piece[start : start + LINE] for piece in pieces for start in range(0, len(piece), LINE)]
