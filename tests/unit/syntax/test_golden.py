"""The example schemas of the language reference, and every form it lists: the whole tree, with places.

`VMSGEN_REGENERATE=1` writes the outlines anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.syntax.outline import outline, parsed

FOLDER = Path(__file__).parent / "golden"
SCHEMAS = sorted(FOLDER.glob("*.vms"))


def test_the_schemas_are_there() -> None:
    assert {"pckbd", "ide", "everything", "rest"} <= {path.stem for path in SCHEMAS}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.stem)
def test_tree(schema: Path) -> None:
    text = outline(parsed(schema.read_text(encoding="utf-8")))
    expected = schema.with_suffix(".tree")
    if os.environ.get("VMSGEN_REGENERATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
