"""Reports for programs. Keys stay; more may come."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from vmsgen.compat.finding import Finding, Report, Verdict, Witness


def as_json(report: Report) -> str:
    """ASCII, ending with a line end."""
    return json.dumps(as_object(report), indent=2) + "\n"


def as_object(report: Report) -> dict[str, Any]:
    """What `json.dumps` takes."""
    return {
        "sender": report.sender,
        "receiver": report.receiver,
        "compatible": report.compatible,
        "certain": report.certain,
        "devices": [
            {
                "device": device,
                "versions": [_verdict(v) for v in report.verdicts if v.device == device],
                "findings": [_finding(f) for f in report.findings if f.device == device],
            }
            for device in dict.fromkeys(verdict.device for verdict in report.verdicts)
        ],
        "unchanged": list(report.unchanged),
        "only_in_receiver": list(report.only_in_receiver),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "version": verdict.version,
        "verdict": verdict.verdict,
        "loads_if": list(verdict.loads_if),
        "tried": verdict.tried,
        "failed": verdict.failed,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "category": finding.category,
        "path": finding.path,
        "versions": sorted(finding.versions),
        "why": finding.why,
        "do": finding.fix,
        "loads_if": finding.loads_if,
        "unproved": finding.unproved,
        "witness": None if finding.witness is None else _witness(finding.witness),
    }


def _witness(witness: Witness) -> dict[str, Any]:
    """`stream` is hex; `sent` and `received` are there for `misread` alone."""
    return {
        "version": witness.version,
        "stream": witness.data.hex(),
        "error": witness.code,
        "offset": witness.offset,
        "path": witness.path,
        "message": witness.message.removeprefix(":").strip(),
        "sent": _number(witness.sent),
        "received": _number(witness.received),
        "state": {name: _number(value) for name, value in witness.state},
        "hooks": dict(witness.answers),
    }


def _number(value: float | None) -> float | str | None:
    """JSON has no word for infinities and what is no number: they are text."""
    return str(value) if isinstance(value, float) and not isfinite(value) else value
