"""The runtime's C as a library with a pkg-config file, for programs without Python."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path

_FLAGS = ("-std=c11", "-O2", "-fPIC")
# Relative to itself: the folder may be moved.
_PC = """\
prefix=${{pcfiledir}}/../..
Name: vmstate
Description: states of devices, machines and memory in QEMU's migration format
Version: {version}
Cflags: -I${{prefix}}/include
Libs: -L${{prefix}}/lib -lvmstate -pthread
"""


def build(folder: Path) -> Path:
    """Compiles `lib/libvmstate.a` into `folder`, with `include/` and `lib/pkgconfig/vmstate.pc`; returns that file.

    The compiler is `$CC`, or cc; `$CFLAGS` are added. Raises CalledProcessError if it fails, with what it said.
    """
    folder = folder.resolve()
    headers, libraries = folder / "include", folder / "lib"
    for place in (headers, libraries / "pkgconfig"):
        place.mkdir(parents=True, exist_ok=True)
    with as_file(files("vmstate.include")) as include, as_file(files("vmstate.src")) as sources:
        for header in sorted(include.glob("*.h")):
            if header.name != "vms_python.h":
                (headers / header.name).write_bytes(header.read_bytes())
        with tempfile.TemporaryDirectory() as work:
            found = [str(path) for path in sorted(sources.glob("*.c")) if not path.name.startswith("python_")]
            compiler = shlex.split(os.environ.get("CC", "cc")), shlex.split(os.environ.get("CFLAGS", ""))
            _run([*compiler[0], *_FLAGS, *compiler[1], f"-I{include}", "-c", *found], Path(work))
            archive = libraries / "libvmstate.a"
            archive.unlink(missing_ok=True)
            _run(["ar", "rcs", str(archive), *sorted(path.name for path in Path(work).glob("*.o"))], Path(work))
    described = libraries / "pkgconfig" / "vmstate.pc"
    described.write_text(_PC.format(version=version("vmsgen")), encoding="utf-8")
    return described


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
