"""Fresh virtual environments that need no network: what they are given is linked in from the running one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]

RUNTIME_NEEDS = ("cffi",)
COMPILER_NEEDS = ("cffi", "click", "jinja2", "lark", "rich", "setuptools")

_NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", "*.so", ".*_cache", ".hypothesis", ".benchmarks"
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment without pip; the running pip installs into it."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def install(self, *arguments: str | Path) -> None:
        """Installs offline, so whatever a distribution requires must be in the environment already, or pip fails."""
        run(
            sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check",
            "install", "--no-index", "--no-build-isolation", *arguments, cwd=self.folder,
        )  # fmt: skip

    def run(self, *arguments: str | Path) -> str:
        """Runs a command of the environment, in its folder, where nothing of the source tree is importable."""
        return run(self.folder / "bin" / str(arguments[0]), *arguments[1:], cwd=self.folder)


def make_environment(folder: Path, borrowed: Iterable[str]) -> Environment:
    """A fresh environment in `folder` that sees the distributions `borrowed` and what they require, no others."""
    venv.create(folder, with_pip=False, symlinks=True)
    shelf = folder / "borrowed"
    shelf.mkdir()
    _borrow(borrowed, shelf)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "lib" / version / "site-packages" / "borrowed.pth").write_text(f"{shelf}\n", encoding="utf-8")
    return Environment(folder)


def _borrow(names: Iterable[str], shelf: Path) -> None:
    todo, seen = list(names), set[str]()
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            link = shelf / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))).resolve())
        requirements = [Requirement(text) for text in distribution.requires or []]
        todo += [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]


def copy_source(folder: Path) -> Path:
    """A copy of this project without anything that was built in it."""
    shutil.copytree(ROOT, folder, ignore=_NOT_SOURCE)
    return folder


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command; a failure is an AssertionError with all that it said."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
