"""Imports point one way: cli -> compat -> backend, interpret -> passes -> model -> syntax -> diagnostics."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RANKS = {
    "diagnostics": 0, "syntax": 1, "model": 2, "passes": 3, "backend": 4, "interpret": 4, "describe": 5, "compat": 5,
    "cli": 6, "integrations": 7,
}  # fmt: skip
COMPILER_ONLY = {"lark", "jinja2", "click", "rich", "vmsgen", "setuptools"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


COMPILER = sorted((ROOT / "vmsgen").rglob("*.py"))
RUNTIME = sorted((ROOT / "runtime" / "vmstate").rglob("*.py"))


@pytest.mark.parametrize("path", COMPILER, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_layer_imports_only_what_is_below_it(path: Path) -> None:
    parts = path.relative_to(ROOT / "vmsgen").parts
    if len(parts) == 1:
        return
    own = parts[0]
    for name in imports(path):
        if name.startswith("vmsgen."):
            other = name.split(".")[1]
            assert other == own or RANKS[other] < RANKS[own], f"{own} imports {other}"


@pytest.mark.parametrize("path", RUNTIME, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_runtime_knows_nothing_of_the_compiler(path: Path) -> None:
    # The bar on the terminal is drawn with rich where that is there; without it there are lines.
    optional = {"rich"} if path.name == "progress.py" else set()
    assert not {name.split(".")[0] for name in imports(path)} & (COMPILER_ONLY - optional)


def test_every_folder_of_the_compiler_has_a_rank() -> None:
    folders = {path.name for path in (ROOT / "vmsgen").iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(RANKS) | {"templates"}
