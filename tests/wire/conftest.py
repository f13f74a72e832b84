"""The devices of wire.vms and of schemas/examples as modules, built once a session."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from vmsgen.cli.build import build

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "schemas" / "examples"
FOLDERS = {"wire": HERE, "names": HERE, "rest": HERE.parent / "native"}
NAMES = ("wire", "names", "rest", "pckbd", "ide_drive", "ide_slot", "ide_slot_old", "kvmcpu")


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    folder = tmp_path_factory.mktemp("wire") / "wire_devices"
    build([FOLDERS.get(name, EXAMPLES) / f"{name}.vms" for name in NAMES], folder)
    sys.path.insert(0, str(folder.parent))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(f"wire_devices.{name}") for name in NAMES})
    finally:
        sys.path.remove(str(folder.parent))
