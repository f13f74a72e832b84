"""From text to checked model, one pass a file: imports, names, constants, types, fields, layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema
from vmsgen.passes.imports import Imports, Reader, read_file
from vmsgen.passes.schema import Schemas

__all__ = ["compile_files", "compile_text"]


def compile_files(
    paths: Sequence[PurePath],
    diagnostics: Diagnostics,
    *,
    defines: Mapping[str, int] | None = None,
    read: Reader = read_file,
    bind: bool = False,
) -> tuple[Schema, ...]:
    """The schemas of the files, in order; empty if there are errors, which `diagnostics` then has, all of them.

    `bind`: states are structs of the program's own where the schema says so by `for`; else it is as if it did not.
    """
    imports = Imports(diagnostics, defines or {}, read)
    units = [imports.load(path) for path in paths]
    if None in units:
        return ()
    schemas = Schemas(defines or {}, diagnostics, bind)
    made = tuple(schemas.make(unit) for unit in units if unit)
    # What is wrong with an alias is found wherever it is used.
    diagnostics.found[:] = dict.fromkeys(diagnostics.found)
    return () if diagnostics.has_errors else made


def compile_text(
    text: str,
    diagnostics: Diagnostics,
    *,
    name: str = "schema.vms",
    defines: Mapping[str, int] | None = None,
    bind: bool = False,
) -> Schema | None:
    """The schema of one text that uses no other file, or None if there are errors. `bind` as for `compile_files`."""
    paths = [PurePath(name)]
    made = compile_files(paths, diagnostics, defines=defines, read=lambda path: _only(path, name, text), bind=bind)
    return made[0] if made else None


def _only(path: PurePath, name: str, text: str) -> str:
    if path != PurePath(name):
        raise FileNotFoundError(2, "there is only one text", str(path))
    return text
