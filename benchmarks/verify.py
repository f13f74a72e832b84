"""Before anything is timed: every subject saves and restores what it should."""

from __future__ import annotations

from benchmarks.subject import Subject, compile_restore, compile_save
from benchmarks.values import blank, reference


class WrongResultError(Exception):
    """A subject's bytes or values are not what they must be. A benchmark of wrong results says nothing."""


def verify(subject: Subject, expected: bytes) -> None:
    """Raises WrongResultError unless saves give `expected` (where the format can) and restores give equal values."""
    values = reference(subject.state)
    held = subject.make(values)
    _same(subject, "the values it was made with", subject.values(held), values)
    data = expected
    if subject.save:
        data = bytes(compile_save(subject)(held))
        if subject.vmstate_bytes:
            _same(subject, "saved bytes", data, expected)
        _same(subject, "values after the save", subject.values(held), values)
    if subject.restore:
        other = subject.make(blank(subject.state))
        if subject.values(other) == values:
            raise WrongResultError(f"{subject.name}, state {subject.state}: blank values equal the reference")
        compile_restore(subject)(other, data)
        _same(subject, "restored values", subject.values(other), values)
        if subject.save:
            _same(subject, "bytes of the restored object", bytes(compile_save(subject)(other)), data)


def _same(subject: Subject, what: str, found: object, expected: object) -> None:
    if found == expected:
        return
    detail = ""
    if isinstance(found, dict) and isinstance(expected, dict):
        names = [name for name in expected if name not in found or found[name] != expected[name]]
        detail = f" in {', '.join(names) or 'extra fields'}"
    elif isinstance(found, bytes) and isinstance(expected, bytes):
        at = next((i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), "the end")
        detail = f" from byte {at} on ({len(found)} bytes, {len(expected)} expected)"
    raise WrongResultError(f"{subject.name}, state {subject.state}: {what} differ{detail}")
