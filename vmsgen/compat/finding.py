"""What a comparison comes to, as data."""

from __future__ import annotations

from dataclasses import dataclass

from vmsgen.interpret import State

WIRE, SEMANTIC, ADVICE = "wire", "semantic", "advice"

LOADS, MAY, UNLESS, BREAKS = "loads", "may break", "loads unless", "will break"
"""Verdicts, the better ones first. `loads unless` is of some states, `will break` of every one; both were seen."""


@dataclass(frozen=True)
class Witness:
    """A body that the sender writes and the receiver refuses, or takes for something else.

    `code` is the refusal's (`truncated`, `range` …), or `misread`. `offset` is where, in bytes from the start of the
    body; `path` the receiver's name of what it was reading. Of a misread number `sent` and `received` are the values.
    `saved` is the state that it was written from, None where the receiver takes no section of the device at all;
    `state` those numbers of it that are not as at reset. `answers` is what the device model said to predicates.
    """

    version: int
    data: bytes
    code: str
    path: str
    offset: int
    message: str
    sent: float | None = None
    received: float | None = None
    state: tuple[tuple[str, float], ...] = ()
    answers: tuple[tuple[str, bool], ...] = ()
    saved: State | None = None


@dataclass(frozen=True)
class Finding:
    """`why` it matters, `fix` what to do, `loads_if` what keeps it from happening (empty: nothing does).

    `witness` is a stream that shows it. Where the rule is one that breaks and no stream was found it is `unproved`.
    """

    rule: str
    category: str
    device: str
    path: str
    versions: tuple[int, ...]
    why: str
    fix: str
    loads_if: str = ""
    witness: Witness | None = None
    unproved: bool = False


@dataclass(frozen=True)
class Verdict:
    """What becomes of streams of one version.

    `tried` streams were written and loaded, `failed` of them were refused or misread.
    """

    device: str
    version: int
    verdict: str
    tried: int
    failed: int
    loads_if: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything about one pair of schemas, in one direction. `unchanged` devices are the same on both sides."""

    verdicts: tuple[Verdict, ...] = ()
    findings: tuple[Finding, ...] = ()
    sender: str = "OLD"
    receiver: str = "NEW"
    only_in_receiver: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def of(self, *verdicts: str) -> tuple[str, ...]:
        """The devices that have one of the verdicts for some version."""
        return tuple(dict.fromkeys(v.device for v in self.verdicts if v.verdict in verdicts))

    @property
    def compatible(self) -> bool:
        """Was no stream found that breaks?"""
        return not self.of(UNLESS, BREAKS)

    @property
    def certain(self) -> bool:
        """Nor anything that may break one?"""
        return self.compatible and not self.of(MAY)
