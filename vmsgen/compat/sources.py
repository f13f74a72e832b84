"""Schemas to compare: files, folders, or what `git show` has of them at another revision."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema
from vmsgen.passes import compile_files
from vmsgen.passes.imports import Reader, read_file

GIT = "git:"


class SourceError(Exception):
    """What was named cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Schemas:
    """The paths to compile, and how to read them and what they use."""

    paths: tuple[PurePath, ...]
    read: Reader

    def compile(self, diagnostics: Diagnostics, defines: Mapping[str, int]) -> tuple[Schema, ...]:
        """Empty if there are errors, which `diagnostics` then has."""
        return compile_files(self.paths, diagnostics, defines=defines, read=self.read)


def locate(name: str, other: str) -> Schemas:
    """`FILE`, `FOLDER`, `git:REV` (of the path that `other` names) or `git:REV:PATH`. Raises SourceError."""
    if not name.startswith(GIT):
        return _in_files(Path(name))
    revision, _, path = name.removeprefix(GIT).partition(":")
    if not revision or revision.startswith("-"):
        raise SourceError(f"{name}: a revision is missing; write git:HEAD~1 or git:v1.0:schemas")
    if not path:
        path = other.removeprefix(GIT).partition(":")[2] if other.startswith(GIT) else other
    if not path:
        raise SourceError(f"{name}: of which path? Write {name}:PATH")
    return _in_git(revision, Path(path))


def _in_files(path: Path) -> Schemas:
    if path.is_dir():
        paths = tuple(sorted(path.rglob("*.vms")))
        if not paths:
            raise SourceError(f"{path}: there is no .vms file in this folder")
        return Schemas(paths, read_file)
    if not path.exists():
        raise SourceError(f"{path}: there is no such file or folder")
    return Schemas((path,), read_file)


def _in_git(revision: str, path: Path) -> Schemas:
    # A path that is gone may still be in the revision: the nearest folder leads to the repository.
    folder = next(place for place in (path.absolute(), *path.absolute().parents) if place.is_dir())
    top = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    wanted = f"{revision}^{{commit}}"
    commit = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted, of=revision).split()[-1]
    try:
        inside = PurePosixPath(path.resolve().relative_to(top.resolve()))
    except ValueError:
        raise SourceError(f"{path} is not in the repository {top.name}") from None
    listed = _git(top, "ls-tree", "-r", "-z", "--name-only", commit, "--", str(inside)).split("\0")
    names = sorted(name for name in listed if name.endswith(".vms"))
    if not names:
        raise SourceError(f"{revision} has no schema at {inside}")

    def read(wanted: PurePath) -> str:
        # Names stay those of the repository, so that `use` finds its way among them.
        try:
            return _git(top, "show", f"{commit}:{wanted.as_posix()}").removeprefix("\ufeff")
        except SourceError as problem:
            raise FileNotFoundError(2, f"{revision} does not have it", str(wanted)) from problem

    return Schemas(tuple(PurePosixPath(name) for name in names), read)


def _git(folder: Path, *arguments: str, of: str = "") -> str:
    """What git prints. Raises SourceError; `of` is the revision that a failure is about."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError as problem:
        raise SourceError(f"git cannot be run: {problem.strerror}") from problem
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise SourceError(f"git knows no revision {of}" if of else said or f"git {arguments[0]} failed")
    return done.stdout.decode("utf-8")
