"""Under the sanitizers what runs is really built with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import vmstate._native

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not os.environ.get("VMS_SANITIZE"), reason="without VMS_SANITIZE nothing is built with sanitizers")
def test_runtime_and_generated_extensions_are_built_with_sanitizers(modules: dict[str, ModuleType]) -> None:
    generated = modules["uart"].Uart.__native__
    for extension in (vmstate._native, generated, SimpleNamespace(__file__=os.__file__)):
        instrumented = b"__asan_report_load" in Path(extension.__file__).read_bytes()
        assert instrumented == (extension.__file__ != os.__file__), extension.__file__


def test_a_run_that_skips_everything_fails(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("import pytest\n\n@pytest.mark.skip\ndef test_one():\n    pass\n")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "VMS_SANITIZE": "1"}
    sanitized = subprocess.run(run, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert sanitized.returncode == 1, sanitized.stdout
    assert "under sanitizers no test passed" in sanitized.stdout
