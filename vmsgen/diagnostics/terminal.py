"""Diagnostics for people: the line of the schema, carets below it, and what to do.

error[unknown-name]: `statsu` is not declared
  --> pckbd.vms:7:5
   |
 7 |     check statsu == 0
   |           ^^^^^^
   = hint: did you mean `status`?
   = write: status
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from vmsgen.diagnostics.diagnostic import Diagnostic, Severity
from vmsgen.diagnostics.source import Span

TAB = 4  # columns that a tab is drawn with
_RESET = "\x1b[0m"
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m", "frame": "\x1b[34m"}


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """All findings in their order, an empty line between them; empty if there are none."""
    return "\n".join(render_one(diagnostic, colour=colour) for diagnostic in diagnostics)


def render_one(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """One finding, ending with a line end."""
    severity = diagnostic.severity.value
    paint = _Paint(colour)
    places = [diagnostic.span, *(related.span for related in diagnostic.related)]
    width = max(len(str(_last_line(span))) for span in places)
    margin = " " * width
    lines = [paint(severity, f"{severity}[{diagnostic.code}]") + f": {_clean(diagnostic.message)}"]
    lines += _place(diagnostic.span, severity, width, paint)
    for related in diagnostic.related:
        lines.append(margin + paint("frame", " = ") + paint("note", "note") + f": {_clean(related.message)}")
        lines += _place(related.span, "note", width, paint)
    if diagnostic.hint is not None:
        lines.append(margin + paint("frame", " = ") + f"hint: {_clean(diagnostic.hint)}")
    if diagnostic.replacement is not None:
        lines.append(margin + paint("frame", " = ") + _fix(diagnostic.replacement))
    return "\n".join(lines) + "\n"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty if there is nothing."""
    counts = dict.fromkeys(Severity, 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    return ", ".join(
        f"{count} {severity.value}{'s' if count > 1 else ''}" for severity, count in counts.items() if count
    )


class _Paint:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, what: str, text: str) -> str:
        return f"{_COLOURS[what]}{text}{_RESET}" if self._colour else text


def _fix(replacement: str) -> str:
    return f"write: {_clean(replacement)}" if replacement else "write: nothing in its place"


def _last_line(span: Span) -> int:
    return span.source.line_and_column(max(span.start, span.end - 1))[0]


def _place(span: Span, severity: str, width: int, paint: _Paint) -> list[str]:
    """The arrow line and the source with its marks."""
    first, last = span.line, _last_line(span)
    margin = " " * width
    frame = margin + paint("frame", " |")
    where = f"{_clean(span.source.name)}:{first}:{span.column}"
    lines = [margin + paint("frame", "--> ") + where, frame]
    shown = [first] if first == last else [first, last]
    for line in shown:
        if line == last and last > first + 1:
            lines.append(paint("frame", "..."))
        text = span.source.line_text(line)
        lines.append((paint("frame", f"{line:>{width}} |") + f" {_drawn(text)}").rstrip())
        start, end = _columns(span, line, text)
        lines.append(frame + " " * (1 + start) + paint(severity, "^" * max(1, end - start)))
    return lines


def _columns(span: Span, line: int, text: str) -> tuple[int, int]:
    """The drawn columns of the part of `span` that is on `line`: first, and behind the last."""
    begin_line, begin_column = span.line, span.column
    begin = begin_column - 1 if line == begin_line else len(text) - len(text.lstrip())
    end = len(text)
    end_line, end_column = span.source.line_and_column(span.end)
    if line == end_line:
        end = min(end, end_column - 1)
    return len_drawn(text[:begin]), len_drawn(text[:end])


def len_drawn(text: str) -> int:
    """How many columns of a terminal `text` takes from the start of a line."""
    column = 0
    for char in text:
        if char == "\t":
            column += TAB - column % TAB
        else:
            column += _width(char)
    return column


def _width(char: str) -> int:
    if not _is_drawable(char):
        return len(_escaped(char))
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _is_drawable(char: str) -> bool:
    """Neither a control character nor one that turns the direction of the text or cannot be written out."""
    return (
        unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        and not 0x202A <= ord(char) <= 0x202E
        and not (0x2066 <= ord(char) <= 0x2069)
    )


def _escaped(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"


def _drawn(text: str) -> str:
    """A source line with tabs as blanks and control characters made visible, so that none reaches the terminal."""
    pieces: list[str] = []
    column = 0
    for char in text:
        if char == "\t":
            piece = " " * (TAB - column % TAB)
            column += len(piece)
        else:
            piece = char if _is_drawable(char) else _escaped(char)
            column += _width(char)
        pieces.append(piece)
    return "".join(pieces)


def _clean(text: str) -> str:
    """Text of a message: it may quote the source, so control characters are made visible there too."""
    return "".join(char if _is_drawable(char) else _escaped(char) for char in text)
