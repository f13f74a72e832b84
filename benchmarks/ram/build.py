"""Compiles the harness: as a library to be timed, as a program to be counted."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.callgrind.instructions import RUNTIME, compiler

HERE = Path(__file__).resolve().parent
PATTERNS = ("errors.c", "pages.c", "xbzrle*.c", "dirty*.c", "ram_*.c")


def build(output: Path) -> tuple[Path, Path]:
    """The library and the program, in `output`."""
    output.mkdir(parents=True, exist_ok=True)
    sources = [HERE / "harness.c", *(path for pattern in PATTERNS for path in sorted((RUNTIME / "src").glob(pattern)))]
    command = [
        compiler(),
        "-std=gnu11",
        "-O2",
        "-g",
        "-Wall",
        "-Wextra",
        f"-I{RUNTIME / 'include'}",
        *map(str, sources),
    ]
    library, program = output / "libharness.so", output / "harness"
    subprocess.run([*command, "-shared", "-fPIC", "-o", str(library)], check=True)
    subprocess.run([*command, "-DPROGRAM", "-o", str(program)], check=True)
    return library, program
