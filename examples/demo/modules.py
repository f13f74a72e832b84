"""Building the modules that the demo needs, and getting at their classes."""

from __future__ import annotations

import importlib
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeGuard

import vmstate

__all__ = ["ROOT", "BuildError", "build", "device_class"]

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas" / "qemu"
PACKAGE = "demo_devices"


class BuildError(Exception):
    """The modules could not be built; the message is what the compiler said."""


def build(names: Iterable[str], folder: Path) -> None:
    """Compile the schemas of those names into the package `demo_devices` in `folder`, as far as they changed."""
    output = folder / PACKAGE
    output.mkdir(parents=True, exist_ok=True)
    schemas = [str(SCHEMAS / f"{name}.vms") for name in sorted(set(names))]
    # The program of the environment that this runs in, wherever that is and whatever PATH says.
    vmsgen = Path(sysconfig.get_path("scripts")) / "vmsgen"
    if not vmsgen.exists():
        raise BuildError(f"{vmsgen} is not there: install the project first, `make setup`")
    done = subprocess.run([vmsgen, "build", *schemas, "-o", str(output)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError((done.stderr or done.stdout).strip() or f"vmsgen ended with status {done.returncode}")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def device_class(name: str) -> type[vmstate.Device]:
    """The one device class of a generated module; its structs are classes too, but of another kind."""
    module = importlib.import_module(f"{PACKAGE}.{name}")
    (found,) = (value for value in vars(module).values() if _is_device(value) and value.__module__ == module.__name__)
    return found


def _is_device(value: Any) -> TypeGuard[type[vmstate.Device]]:
    return isinstance(value, type) and issubclass(value, vmstate.Device)
