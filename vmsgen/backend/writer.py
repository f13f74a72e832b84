"""Writes emitted files, and touches only those whose text changed, so that nothing is compiled without a reason."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def stale(files: Mapping[Path, str]) -> list[Path]:
    """The files that are missing, or whose text is another."""
    return [path for path, text in files.items() if _read(path) != text]


def write(files: Mapping[Path, str]) -> list[Path]:
    """Brings the files up to date, each in one piece; returns those that it wrote. Raises OSError."""
    written = stale(files)
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            file.write(files[path])
        try:
            # As any new file would be readable, and not as a temporary one is, for the owner alone.
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise
    return written


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
