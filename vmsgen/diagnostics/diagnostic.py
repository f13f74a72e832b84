"""A diagnostic, and the list that the passes add to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from vmsgen.diagnostics.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Related:
    """Another place that explains the diagnostic, such as the first of two equal names."""

    span: Span
    message: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    `code` is stable (`unknown-name`); `hint` says what to do about it; `replacement`, where there is one, is the text
    that the characters of `span` could be replaced with.
    """

    severity: Severity
    code: str
    message: str
    span: Span
    hint: str | None = None
    replacement: str | None = None
    related: tuple[Related, ...] = ()


@dataclass
class Diagnostics:
    """Collects findings, so that all of them can be shown at once."""

    found: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        replacement: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        self.found.append(Diagnostic(Severity.ERROR, code, message, span, hint, replacement, related))

    def warning(self, code: str, message: str, span: Span, *, hint: str | None = None) -> None:
        self.found.append(Diagnostic(Severity.WARNING, code, message, span, hint))

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.found)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.found)
