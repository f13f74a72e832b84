"""One tiny schema a mistake, and beside it the diagnostics, as they are drawn.

`VMSGEN_REGENERATE=1` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

import pytest

from vmsgen.backend.clashes import refuse_clashes
from vmsgen.diagnostics import Diagnostics, terminal
from vmsgen.passes import compile_files

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASES = sorted(path.stem for path in HERE.glob("*.vms"))

ELSEWHERE = {
    "stray-doc": "a warning; tests/unit/syntax",
    "too-deep": "tests/unit/syntax",
    "struct-version": "a warning; tests/unit/passes",
    "shadowed-subsection": "a warning; tests/unit/passes",
    "never-true": "a warning; tests/unit/passes",
    "always-true": "a warning; tests/unit/passes",
    "absent-field": "a warning; tests/unit/passes",
    "always-missing": "a warning; tests/unit/passes",
}


def findings(case: str) -> Diagnostics:
    diagnostics = Diagnostics()
    made = compile_files([PurePath(f"{case}.vms")], diagnostics, read=lambda path: (HERE / path).read_text())
    refuse_clashes(made, diagnostics)
    return diagnostics


@pytest.mark.parametrize("case", CASES)
def test_is_refused_in_these_words(case: str) -> None:
    diagnostics = findings(case)
    assert diagnostics.has_errors
    found = terminal.render(diagnostics, colour=False).rstrip() + "\n"
    expected = HERE / f"{case}.expected"
    if os.environ.get("VMSGEN_REGENERATE"):
        expected.write_text(found)
    assert found == expected.read_text()


def test_every_code_has_a_case() -> None:
    """A new refusal needs a schema here first."""
    codes: set[str] = set()
    for folder in ("passes", "syntax", "backend"):
        for path in (ROOT / "vmsgen" / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            codes |= set(re.findall(r'(?:diagnostics\.(?:error|warning)|self\.refuse)\(\s*"([a-z-]+)"', text))
    shown = {finding.code for case in CASES for finding in findings(case)}
    assert codes - shown - set(ELSEWHERE) == set()
    assert len(codes) > 40
