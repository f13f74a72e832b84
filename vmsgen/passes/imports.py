"""From the file that the user names to all files that it uses, parsed, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from vmsgen.diagnostics import Diagnostics, Related, Source, Span
from vmsgen.syntax import parse, tree

Reader = Callable[[PurePath], str]


@dataclass(frozen=True)
class Unit:
    """A parsed file and, for each of its `use` lines in order, the unit that it names.

    `digest` covers its own text, those of all files it uses, and the constants set from outside.
    """

    path: PurePath
    file: tree.File
    uses: tuple[Unit, ...]
    digest: str


@dataclass
class Imports:
    """Loads units; one object for all schemas of a build, so that a shared file is read and reported once."""

    diagnostics: Diagnostics
    defines: Mapping[str, int]
    read: Reader

    def __post_init__(self) -> None:
        self._units: dict[PurePath, Unit | None] = {}
        self._open: list[PurePath] = []

    def load(self, path: PurePath, used_by: Span | None = None) -> Unit | None:
        """The unit of a file, or None if it cannot be read or parsed; then diagnostics say why."""
        key = _normal(path)
        if key in self._units:
            return self._units[key]
        try:
            text = self.read(path)
        except (OSError, ValueError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "its name or its text is not UTF-8"
            place = used_by or Span(Source(str(path), ""), 0, 0)
            self.diagnostics.error("cannot-read", f"cannot read {path}: {why}", place)
            self._units[key] = None
            return None
        unit = None
        file = parse(Source(str(path), text), self.diagnostics)
        if file is not None:
            self._open.append(key)
            uses = self._load_uses(path, file)
            self._open.pop()
            if uses is not None:
                unit = Unit(path, file, uses, self._digest(text, uses))
        self._units[key] = unit
        return unit

    def _load_uses(self, path: PurePath, file: tree.File) -> tuple[Unit, ...] | None:
        units: list[Unit | None] = []
        seen: dict[PurePath, Span] = {}
        for use in (d for d in file.declarations if isinstance(d, tree.Use)):
            used = _normal(path.parent / use.path)
            if used in self._open:
                self.diagnostics.error("use-cycle", self._cycle(used), use.span)
                units.append(None)
            elif used in seen:
                first = Related(seen[used], "first used here")
                message = f"`{used}` is used twice"
                self.diagnostics.error("duplicate-use", message, use.span, related=(first,))
            else:
                seen[used] = use.span
                units.append(self.load(used, use.span))
        return None if None in units else tuple(unit for unit in units if unit)

    def _cycle(self, used: PurePath) -> str:
        """Why `used` cannot be used here: it is itself open, below what led to it."""
        circle = self._open[self._open.index(used) :]
        if len(circle) == 1:
            return f"`{used}` uses itself"
        return "files cannot use each other in a circle: " + " -> ".join(map(str, [*circle, used]))

    def _digest(self, text: str, uses: tuple[Unit, ...]) -> str:
        whole = hashlib.sha256(text.encode())
        for unit in uses:
            whole.update(bytes.fromhex(unit.digest))
        for name, value in sorted(self.defines.items()):
            whole.update(f"\0{name}={value}".encode())
        return whole.hexdigest()


def _normal(path: PurePath) -> PurePath:
    """`a/../b.vms` as `b.vms`, so that one file has one name."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] not in ("..", "/"):
            parts.pop()
        else:
            parts.append(part)
    return type(path)(*parts)


def read_file(path: PurePath) -> str:
    """Reads from the file system, as UTF-8; a byte order mark is no part of the text."""
    return Path(path).read_text(encoding="utf-8-sig")
