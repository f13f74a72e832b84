"""Compiles the extension modules of emitted files, beside them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sysconfig
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vmsgen.backend.extension import ExtensionSpec, extensions

SUFFIX = ".abi3.so"

_DIGEST = re.compile(rb'\.digest = "([0-9a-f]{16})"')
"""That of the schema, in the binding's source and so in the module."""


class CompileError(Exception):
    """The C compiler failed, or there is none; the message has what it said."""


def modules(emitted: Sequence[Path]) -> list[Path]:
    """The extension modules that `compile_modules` makes."""
    return [path.with_suffix(SUFFIX) for path in emitted if path.suffix == ".c" and path.name.startswith("_")]


def compile_modules(emitted: Sequence[Path], progress: Callable[[str], None] = lambda name: None) -> list[Path]:
    """Compiles what `old_modules` tells, on all cores; returns what it compiled. Raises CompileError.

    `progress` is told the name of each module when it is done, from whichever thread did it.
    """
    work = _work(emitted)

    def run(one: tuple[ExtensionSpec, Path]) -> Path:
        _compile(*one)
        progress(one[0].name)
        return one[1]

    try:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            return list(pool.map(run, work))
    finally:
        # When nobody is at work in it any more; what is not empty stays.
        for folder in {_build_folder(target) for _, target in work}:
            with contextlib.suppress(OSError):
                folder.rmdir()


def old_modules(emitted: Sequence[Path]) -> list[Path]:
    """The extension modules that `compile_modules` would compile.

    They are missing, older than their sources, or made from another schema: these do not have its digest, as what is no
    module at all does not. Whether one is whole otherwise, the import tells.
    """
    return [target for _, target in _work(emitted)]


def _work(emitted: Sequence[Path]) -> list[tuple[ExtensionSpec, Path]]:
    folders = {path.stem: path.parent for path in emitted if path.suffix == ".c"}
    work = [(spec, folders[spec.name] / f"{spec.name}{SUFFIX}") for spec in extensions(emitted)]
    return [(spec, target) for spec, target in work if _older(target, spec)]


def _older(target: Path, spec: ExtensionSpec) -> bool:
    if not target.exists():
        return True
    headers = [header for folder in spec.include_dirs for header in Path(folder).glob("*.h")]
    sources = [*map(Path, spec.sources), *headers]
    if not all(path.exists() for path in sources):
        return True
    if target.stat().st_mtime_ns < max(path.stat().st_mtime_ns for path in sources):
        return True
    digest = _DIGEST.search(sources[0].read_bytes())
    return digest is not None and digest[1] not in target.read_bytes()


def _build_folder(target: Path) -> Path:
    return target.parent / ".build"


def _compile(spec: ExtensionSpec, target: Path) -> None:
    # Here, not above: a check of a schema needs no compiler, nor what finds one.
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    build = _build_folder(target) / spec.name
    extension = Extension(
        spec.name,
        sources=[str(Path(source).absolute()) for source in spec.sources],
        include_dirs=list(spec.include_dirs),
        define_macros=list(spec.define_macros),
        extra_compile_args=list(spec.extra_compile_args),
        py_limited_api=True,
    )
    command = build_ext(Distribution({"name": spec.name, "ext_modules": [extension]}))
    command.build_temp, command.build_lib, command.force = str(build), str(build), True
    try:
        command.ensure_finalized()
        command.run()
    except Exception as problem:
        raise CompileError(f"cannot compile {spec.name}: {problem}{_advice()}") from problem
    shutil.move(str(command.get_ext_fullpath(spec.name)), target)
    with contextlib.suppress(OSError):
        shutil.rmtree(build)


def _advice() -> str:
    """What is missing on this machine, if that is why."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler):
        return f"\nThere is no `{compiler}`; install a C compiler: on Debian and Ubuntu the package gcc"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "\nThere is no Python.h; install Python's headers: on Debian and Ubuntu the package python3-dev"
    return ""
