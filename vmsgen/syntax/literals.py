"""Values of numbers, strings and names as written."""

from __future__ import annotations

import re

from vmsgen.diagnostics import Diagnostics, Span

# No number that fits 64 bits is longer, however generous its `_` separators are.
LONGEST_NUMBER = 160

ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)")

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def number_value(text: str, span: Span, diagnostics: Diagnostics) -> int:
    """The value of a decimal, `0x`, `0b` or `0o` number with `_` separators."""
    if len(text) > LONGEST_NUMBER:
        diagnostics.error("syntax", f"a number of {len(text)} characters", span, hint="numbers have at most 64 bits")
        return 0
    return int(text, 0)


def string_value(text: str, span: Span, diagnostics: Diagnostics) -> str:
    """The characters of a string token, quotes taken off and escapes replaced."""

    def replace(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == 3:
            return chr(int(escape[1:], 16))
        if escape in ESCAPES:
            return ESCAPES[escape]
        start = span.start + 1 + match.start()
        diagnostics.error(
            "syntax",
            f"unknown escape `\\{escape}`",
            Span(span.source, start, start + 2),
            hint='a string knows `\\\\`, `\\"`, `\\n`, `\\r`, `\\t`, `\\0` and `\\x` with two hexadecimal digits',
        )
        return escape

    return _ESCAPE.sub(replace, text[1:-1])


def name_text(text: str) -> str:
    """An identifier without its back-quotes."""
    return text.strip("`")
