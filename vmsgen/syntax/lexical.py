"""What is wrong where no token begins: stray characters, open strings, numbers that are none."""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from vmsgen.diagnostics import Diagnostic, Severity, Source, Span

_WORD = re.compile(r"\w+")
_SUFFIX = re.compile(r"(0x[0-9A-Fa-f_]+?|\d[\d_]*?)(?:[uUlL]+)\Z")
_LINE = re.compile(r"[^\n]*")


class _Say(Protocol):
    def __call__(
        self, message: str, end: int, hint: str | None = None, replacement: str | None = None
    ) -> Diagnostic: ...


def unreadable(source: Source, offset: int) -> Diagnostic:
    """The diagnostic for the character at `offset`, where no token could be read."""
    text = source.text
    char = text[offset]
    line = _LINE.match(text, offset)
    line_end = line.end() if line else offset + 1

    def say(message: str, end: int, hint: str | None = None, replacement: str | None = None) -> Diagnostic:
        return Diagnostic(Severity.ERROR, "syntax", message, Span(source, offset, end), hint, replacement)

    if char == '"':
        return say("this string is never closed", line_end, 'a string ends with `"` on its own line')
    if char == "'":
        return say("found `'`", offset + 1, 'strings stand in `"`')
    if char == "`":
        return say("found a lone back-quote", offset + 1, "a name in back-quotes is written `` `name` ``")
    if char == ";":
        return say("found `;`", offset + 1, "nothing separates fields or declarations: leave the `;` out", "")
    if char == "#":
        return say("found `#`", offset + 1, "comments begin with `//`; `use` and `const` take the place of directives")
    if char.isdigit() and char.isascii():
        return _number(say, text, offset)
    if not char.isprintable():
        return say(f"unknown character U+{ord(char):04X}", offset + 1)
    named = unicodedata.name(char, "")
    known = f" ({named})" if named and not char.isascii() else ""
    hint = "a name is made of the letters a to z and A to Z, digits and `_`" if char.isalpha() else None
    return say(f"unknown character `{char}`{known}", offset + 1, hint)


def _number(say: _Say, text: str, offset: int) -> Diagnostic:
    word = _WORD.match(text, offset)
    number = word.group() if word else text[offset]
    end = offset + len(number)
    message = f"`{number if len(number) <= 40 else number[:37] + '...'}` is no number"
    suffixed = _SUFFIX.match(number)
    if suffixed:
        return say(message, end, "numbers have no suffix", suffixed.group(1))
    if re.fullmatch(r"0[0-7]+", number):
        return say(message, end, f"octal numbers are written `0o{number[1:]}`")
    return say(message, end, "numbers are written `10`, `0x1f`, `0b101`, `0o17`, with `_` between digits if you like")
