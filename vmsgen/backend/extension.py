"""What must be compiled for the emitted files: one extension a module."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vmstate.locations import get_include, get_sources

_INCLUDE = re.compile(r'^#include "([^"/]+)\.h"', re.MULTILINE)


@dataclass(frozen=True)
class ExtensionSpec:
    """`name` has no package: `_uart`. Paths are as those that came in; macros are (name, value).

    The sources' own folder is none of `include_dirs`: they find what is beside them without, and a schema called
    `limits` would hide the C library's own header.
    """

    name: str
    sources: tuple[str, ...]
    include_dirs: tuple[str, ...]
    define_macros: tuple[tuple[str, str], ...]
    extra_compile_args: tuple[str, ...]


def extensions(emitted: Iterable[Path]) -> list[ExtensionSpec]:
    """The extensions for the emitted `_NAME.c`, each with the C of its own schema and of those that it uses."""
    paths = sorted(Path(path) for path in emitted)
    bindings = [path for path in paths if path.suffix == ".c" and path.with_name(path.name[1:]) in paths]
    return [_extension(path) for path in bindings if path.name.startswith("_")]


def _extension(binding: Path) -> ExtensionSpec:
    folder = binding.parent

    return ExtensionSpec(
        name=binding.stem,
        sources=(
            str(binding),
            *(str(folder / f"{stem}.c") for stem in _used(folder, binding.stem[1:])),
            *get_sources(),
        ),
        include_dirs=(get_include(),),
        define_macros=(("Py_LIMITED_API", "0x030b0000"),),
        extra_compile_args=("-std=c11", "-O2", "-fvisibility=hidden"),
    )


def _used(folder: Path, stem: str) -> list[str]:
    """The schema's stem, and those of all that its header includes, directly or not."""
    found: dict[str, None] = {}
    todo = [stem]
    while todo:
        name = todo.pop(0)
        header = folder / f"{name}.h"
        if name in found or not header.is_file():
            continue
        found[name] = None
        todo += _INCLUDE.findall(header.read_text(encoding="utf-8"))
    return list(found)
