"""Building the machine's devices, as any user builds his."""

from __future__ import annotations

import fcntl
import importlib
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = (Path(__file__).with_name("tinyvm.vms"), ROOT / "schemas" / "examples" / "ide_drive.vms")
PACKAGE = "tinyvm_devices"
FOLDER = ROOT / "build" / "tinyvm"


class BuildError(Exception):
    """The modules could not be built; the message is what the compiler said."""


def build(folder: Path = FOLDER) -> tuple[ModuleType, ModuleType]:
    """The modules `tinyvm` and `ide_drive`, from a package in `folder`; compiled if they are not there, or older."""
    output = folder / PACKAGE
    output.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _up_to_date(output):
            _compile(output)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(f"{PACKAGE}.tinyvm"), importlib.import_module(f"{PACKAGE}.ide_drive")


def _compile(output: Path) -> None:
    # The program of the environment that this runs in, wherever that is and whatever PATH says.
    vmsgen = Path(sysconfig.get_path("scripts")) / "vmsgen"
    if not vmsgen.exists():
        raise BuildError(f"{vmsgen} is not there: install the project first, `make setup`")
    command = [vmsgen, "build", *map(str, SCHEMAS), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError((done.stderr or done.stdout).strip() or f"vmsgen ended with status {done.returncode}")
    (output / ".built").touch()


def _up_to_date(output: Path) -> bool:
    """vmsgen looks for itself, but it takes half a second to start, and each process of a migration would wait."""
    stamp = output / ".built"
    made_from = [*SCHEMAS, *(ROOT / "runtime" / "include").glob("*.h"), *(ROOT / "templates").rglob("*.j2")]
    made_from += (ROOT / "vmsgen").rglob("*.py")
    return stamp.exists() and all(path.stat().st_mtime < stamp.stat().st_mtime for path in made_from)
