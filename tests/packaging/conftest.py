"""Everything here lies in folders with a space in their names, and is built once a session."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.packaging.environments import copy_source, run


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packaging") / "a path with a space"


@pytest.fixture(scope="session")
def sdist(workshop: Path) -> Path:
    """The source distribution, built from a clean copy of the tree."""
    source = copy_source(workshop / "source")
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", workshop / "dist", cwd=source)
    (archive,) = (workshop / "dist").glob("*.tar.gz")
    return archive


@pytest.fixture(scope="session")
def wheel(workshop: Path, sdist: Path) -> Path:
    """The wheel, built from the source distribution."""
    target = workshop / "wheels"
    run(
        sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index", "--no-deps",
        "--no-build-isolation", "--wheel-dir", target, sdist, cwd=workshop,
    )  # fmt: skip
    (archive,) = target.glob("*.whl")
    return archive
