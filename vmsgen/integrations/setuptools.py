"""The setuptools plugin: a project with `[tool.vmsgen]` in its pyproject.toml gets its schemas built.

`pip install .`, `pip install -e .` and wheels compile the modules; an sdist carries the `.vms` files. setuptools calls
`finalize_distribution_options` for every project it builds; for one without the table it does nothing. The compiler
is imported by the build command alone.
"""

from __future__ import annotations

import configparser
import tomllib
from pathlib import Path
from typing import Any

from setuptools import Command, Distribution
from setuptools.discovery import FlatLayoutPackageFinder
from setuptools.errors import SetupError

from vmsgen.integrations.project import Settings, SettingsError, read_settings


def finalize_distribution_options(dist: Distribution) -> None:
    """Adds the command `build_vmsgen` to the build of a project that has `[tool.vmsgen]`.

    The project is the one in the current folder, as for setuptools itself, whose own reading of pyproject.toml comes
    later. Raises SetupError if the table is wrong.
    """
    root = Path.cwd()
    try:
        settings = read_settings(root)
    except SettingsError as error:
        raise SetupError(str(error)) from error
    if settings is None:
        return
    from vmsgen.integrations.build_command import BuildSchemas

    command: type[Command] = type("build_vmsgen", (BuildSchemas,), {"settings": settings})
    dist.cmdclass["build_vmsgen"] = command
    dist.cmdclass["build"] = _build_with_schemas(dist.get_command_class("build"))
    # The extensions themselves are known only once the schemas are compiled; that there will be some is known now,
    # and decides about the wheel's name and whether build_ext runs at all.
    dist.has_ext_modules = lambda: True  # type: ignore[method-assign]
    packages = _packages_without_schema_folders(root, dist, settings)
    if packages is not None:
        dist.packages = packages


def _build_with_schemas(base: type[Any]) -> type[Any]:
    """A `build` command that runs build_vmsgen straight after build_py.

    Not before: build_py copies what an earlier editable install left in the source folder, and must not come last.
    """
    steps = list(base.sub_commands)
    place = next((index + 1 for index, (name, _) in enumerate(steps) if name == "build_py"), 0)
    steps.insert(place, ("build_vmsgen", None))
    return type("build", (base,), {"sub_commands": steps})


def _packages_without_schema_folders(root: Path, dist: Distribution, settings: Settings) -> list[str] | None:
    """The packages of a project that left finding them to setuptools, or None to leave it so.

    With `schemas/` beside `mydevices/`, setuptools takes both for packages and refuses to choose. Folders of schemas
    without any Python are none. Whatever is stated explicitly, or still ambiguous, stays setuptools' business.
    """
    if dist.packages is not None or dist.py_modules is not None or dist.package_dir or _layout_is_stated(root):
        return None
    if (root / "src").is_dir():
        return None
    schema_folders = {
        path.parts[0]
        for path in settings.schemas
        if len(path.parts) > 1 and not any((root / path.parts[0]).rglob("*.py"))
    }
    found = FlatLayoutPackageFinder.find(str(root))
    kept = [name for name in found if name.split(".")[0] not in schema_folders]
    if len(kept) < len(found) and len({name.split(".")[0] for name in kept}) == 1:
        return kept
    return None


def _layout_is_stated(root: Path) -> bool:
    """Whether pyproject.toml or setup.cfg says where the packages are."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    table = project.get("tool", {}).get("setuptools", {})
    legacy = configparser.ConfigParser(interpolation=None)
    legacy.read(root / "setup.cfg", encoding="utf-8")
    options = legacy.options("options") if legacy.has_section("options") else []
    names = {name.replace("-", "_") for name in [*table, *options]}
    return bool(names & {"packages", "py_modules", "package_dir"})
