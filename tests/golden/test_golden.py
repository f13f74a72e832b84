"""Every emitted file of one schema, as it stood when somebody last read it.

`VMSGEN_REGENERATE=1` writes them anew; read the difference before it is committed. The cffi binding `_uart.c` is not
kept: most of it is cffi's own text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from vmsgen.cli.build import build

HERE = Path(__file__).parent
KEPT = ("uart.h", "uart.c", "uart.py", "uart.pyi")


def emitted(folder: Path) -> dict[str, str]:
    paths = build([HERE / "uart.vms"], folder, emit_only=True)
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize("name", KEPT)
def test_emitted_as_somebody_read_it(name: str, tmp_path: Path) -> None:
    found = emitted(tmp_path)[name]
    golden = HERE / "uart" / name
    if os.environ.get("VMSGEN_REGENERATE"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_the_same_wherever_and_whenever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = emitted(tmp_path / "a place with a space")
    monkeypatch.chdir(tmp_path)
    second = emitted(Path("elsewhere"))
    assert first == second
    for name, text in first.items():
        assert str(tmp_path) not in text and str(HERE) not in text, name
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b", text), name
