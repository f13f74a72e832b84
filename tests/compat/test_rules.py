"""A pair of folders for each rule, `old` and `new`, and beside them what is said of the two.

A folder has the name of its rule, with anything behind it, or begins with `compatible`. `VMSGEN_REGENERATE=1` writes
the expected texts anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.compat.witnesses import expect_to_fail
from vmsgen.compat import Report, compare
from vmsgen.compat.finding import ADVICE
from vmsgen.compat.render import as_text
from vmsgen.compat.rules import EVERYTHING
from vmsgen.compat.sources import locate
from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema

HERE = Path(__file__).parent / "rules"
CASES = sorted(path.name for path in HERE.iterdir() if path.is_dir())
BY_NAME = {about.id: about for about in EVERYTHING}

UNPROVED = {
    "opaque-device",
    "old-version",
    "equal-added-unused",
    "form-changed-custom",
    "form-changed-custom-array",
    "array-length-custom",
    "count-changed-custom",
    "field-added-custom",
    "field-removed-custom",
    "field-moved-custom",
    "field-resized-behind-custom",
    "stream-differs-behind-custom",
}
"""What a stream cannot show: hooks decide, or how the receiver is set up."""


OF_MACHINES = {"unknown-section", "unmigratable"}
"""Refusals of a whole machine; a device alone would load the body."""


def schemas(case: str, side: str) -> tuple[Schema, ...]:
    diagnostics = Diagnostics()
    made = locate(str(HERE / case / side), "").compile(diagnostics, {})
    assert not diagnostics.has_errors, diagnostics.found
    return made


def report(case: str, backward: bool = False) -> Report:
    return compare(schemas(case, "old"), schemas(case, "new"), backward=backward)


def rule_of(case: str) -> str | None:
    """None for those that are compatible."""
    if case.startswith("compatible"):
        return None
    return max((name for name in BY_NAME if case.startswith(name)), key=len)


@pytest.mark.parametrize("case", CASES)
def test_says_this(case: str) -> None:
    found = as_text(report(case)) + "\nAnd back:\n\n" + as_text(report(case, backward=True))
    expected = HERE / case / "expected"
    if os.environ.get("VMSGEN_REGENERATE"):
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.parametrize("case", CASES)
def test_claims_what_a_stream_shows(case: str) -> None:
    made, rule = report(case), rule_of(case)
    if rule is None:
        assert made.certain and not any(finding.witness for finding in made.findings)
        return
    of_rule = [finding for finding in made.findings if finding.rule == rule]
    assert of_rule
    if BY_NAME[rule].category == ADVICE:
        assert not any(finding.witness or finding.unproved for finding in of_rule)
    elif case in UNPROVED:
        assert made.compatible and not made.certain and all(finding.unproved for finding in of_rule)
    else:
        assert not made.compatible and any(finding.witness for finding in of_rule)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("backward", [False, True])
def test_the_oracle_agrees_with_every_witness(case: str, backward: bool) -> None:
    old, new = ({d.wire_name: d for s in schemas(case, side) for d in s.devices} for side in ("old", "new"))
    senders, receivers = (new, old) if backward else (old, new)
    for finding in report(case, backward).findings:
        if finding.witness is not None and finding.witness.code not in OF_MACHINES:
            expect_to_fail(senders[finding.device], receivers[finding.device], finding)


def test_every_rule_has_a_case() -> None:
    assert {rule_of(case) for case in CASES} == {None, *BY_NAME}
