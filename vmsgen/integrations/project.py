"""`[tool.vmsgen]` of a project's pyproject.toml, read and checked.

    [tool.vmsgen]
    schemas = ["schemas/*.vms"]     # globs, from the project's root; each must find something
    package = "mydevices"           # pckbd.vms becomes the module mydevices.pckbd
    defines = { NCPUS = 4 }         # constants set from outside, as `-D NCPUS=4` does

Imports the standard library only: this runs in every setuptools build of an environment that has vmsgen.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEYS = ("schemas", "package", "defines")

# What a constant may be: what `-D` takes, too.
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1

# An sdist is made without compiling, so the files that a schema uses are found by their spelling. A hit inside a
# comment costs nothing: only files that exist are taken.
_USE = re.compile(r'\buse\s+"([^"\n]+)"')


class SettingsError(Exception):
    """`[tool.vmsgen]` does not say what to build; the text says what to write instead."""


@dataclass(frozen=True)
class Settings:
    """What one project asks vmsgen to build. Paths are relative to the project's root."""

    schemas: tuple[Path, ...]
    package: str
    defines: Mapping[str, int]


def read_settings(root: Path) -> Settings | None:
    """The settings of the project in `root`, or None if it has no `[tool.vmsgen]`.

    Raises SettingsError for a table that is there but wrong. A pyproject.toml that is not TOML is left to
    setuptools, which reports it better.
    """
    try:
        document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    table = document.get("tool", {}).get("vmsgen")
    return None if table is None else _checked(root, table)


def _checked(root: Path, table: Any) -> Settings:
    if not isinstance(table, dict):
        raise SettingsError("[tool.vmsgen] must be a table")
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"it knows {', '.join(KEYS)}"
            raise SettingsError(f"[tool.vmsgen] has no key `{key}`; {hint}")
    return Settings(
        schemas=_schemas(root, table.get("schemas")),
        package=_package(table.get("package")),
        defines=_defines(table.get("defines", {})),
    )


def _schemas(root: Path, patterns: Any) -> tuple[Path, ...]:
    if not isinstance(patterns, list) or not patterns or not all(isinstance(item, str) and item for item in patterns):
        raise SettingsError('[tool.vmsgen] needs `schemas`, a list of paths or globs: schemas = ["schemas/*.vms"]')
    found: set[Path] = set()
    for pattern in patterns:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise SettingsError(f"[tool.vmsgen] schemas: `{pattern}` must lie inside the project")
        matches = [path.relative_to(root) for path in root.glob(pattern) if path.is_file()]
        if not matches:
            raise SettingsError(f"[tool.vmsgen] schemas: nothing matches `{pattern}`")
        found.update(matches)
    _refuse_same_module(found)
    return tuple(sorted(found))


def _refuse_same_module(paths: Iterable[Path]) -> None:
    by_stem: dict[str, Path] = {}
    for path in sorted(paths):
        other = by_stem.setdefault(path.stem, path)
        if other != path:
            raise SettingsError(
                f"[tool.vmsgen] schemas: {other.as_posix()} and {path.as_posix()} would both become the module "
                f"`{path.stem}`; rename one"
            )


def _package(package: Any) -> str:
    if not isinstance(package, str) or not all(part.isidentifier() for part in package.split(".")):
        raise SettingsError('[tool.vmsgen] needs `package`, the package that gets the modules: package = "mydevices"')
    return package


def _defines(defines: Any) -> dict[str, int]:
    if not isinstance(defines, dict):
        raise SettingsError("[tool.vmsgen] defines must be a table of integers: defines = { NCPUS = 4 }")
    for name, value in defines.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(f"[tool.vmsgen] defines: `{name}` must be an integer, not {value!r}")
        if not _LOWEST <= value <= _HIGHEST:
            raise SettingsError(f"[tool.vmsgen] defines: `{name}` = {value} does not fit 64 bits")
    return dict(defines)


def with_used_files(root: Path, schemas: Iterable[Path]) -> list[Path]:
    """`schemas` and every file that they `use`, directly or not, that exists inside `root`; sorted, relative to it."""
    root = root.resolve()
    seen: set[Path] = set()
    todo = [(root / path).resolve() for path in schemas]
    while todo:
        path = todo.pop()
        if path in seen or not path.is_file() or not path.is_relative_to(root):
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8", errors="replace")
        todo.extend((path.parent / used).resolve() for used in _USE.findall(text))
    return sorted(path.relative_to(root) for path in seen)
