"""Diagnostics for programs: one JSON object a finding, with keys that stay.

    {"severity": "error", "code": "syntax", "message": "…",
     "file": "a.vms", "start": {"offset": 4, "line": 1, "column": 5}, "end": {…},
     "hint": null, "replacement": null, "related": [{"message": "…", "file": …, "start": …, "end": …}]}

Offsets count characters from 0, lines and columns from 1; `end` is behind the last character.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from vmsgen.diagnostics.diagnostic import Diagnostic
from vmsgen.diagnostics.source import Source, Span


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON array of all findings, ending with a line end; ASCII, so that any stream takes it."""
    return json.dumps([as_object(diagnostic) for diagnostic in diagnostics], indent=2) + "\n"


def as_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """One finding as what `json.dumps` takes."""
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "hint": diagnostic.hint,
        "replacement": diagnostic.replacement,
        "related": [{"message": related.message, **_place(related.span)} for related in diagnostic.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "start": _position(span.source, span.start),
        "end": _position(span.source, span.end),
    }


def _position(source: Source, offset: int) -> dict[str, int]:
    line, column = source.line_and_column(offset)
    return {"offset": offset, "line": line, "column": column}
