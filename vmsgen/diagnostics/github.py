"""Diagnostics as workflow commands, which GitHub shows beside the changed lines.

`::error file=a.vms,line=7,endLine=7,col=5,endColumn=11,title=unknown-name::message`
"""

from __future__ import annotations

from collections.abc import Iterable

from vmsgen.diagnostics.diagnostic import Diagnostic


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """One command a line; empty if there is nothing."""
    return "".join(_command(diagnostic) + "\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    end_line, end_column = span.source.line_and_column(span.end)
    properties = {"file": span.source.name, "line": str(span.line), "endLine": str(end_line)}
    if end_line == span.line:  # columns mean something on a single line only
        properties |= {"col": str(span.column), "endColumn": str(max(end_column, span.column + 1))}
    properties["title"] = diagnostic.code
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{diagnostic.severity.value} {written}::{_data(_message(diagnostic))}"


def _message(diagnostic: Diagnostic) -> str:
    lines = [diagnostic.message]
    lines += [f"{related.span!r}: {related.message}" for related in diagnostic.related]
    if diagnostic.hint is not None:
        lines.append(f"hint: {diagnostic.hint}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
