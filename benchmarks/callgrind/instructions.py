"""Builds the harness for each state and counts instructions a call, exactly.

Two runs of different length are subtracted, so that start-up, the first load and the dynamic linker's work cancel.
Callgrind counts a `rep movsb`, with which a C library may copy large blocks, once a byte: of state L's figures that can
be 65 536.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNTIME = HERE.parent.parent / "runtime"
DEVICES = {"T": "tiny", "M": "mixed", "L": "large"}
FEW, MANY = 16, 48


@dataclass(frozen=True)
class Instructions:
    """Instructions a call of one state's save or load.

    `inside` counts the function and all it calls; `around` also the cursor's set-up, the call and its loop.
    `avx2`: built with the AVX2 code that the library chooses at run time, rather than for plain x86-64.
    """

    state: str
    operation: str
    avx2: bool
    inside: float
    around: float


def compiler() -> str:
    """`$CC`, gcc otherwise."""
    return os.environ.get("CC", "gcc")


def has_avx2() -> bool:
    """Whether this machine, and so valgrind on it, runs AVX2."""
    try:
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and "avx2" in flags[1].split()


def count_all(generated: Path, output: Path, data: Mapping[str, bytes]) -> list[Instructions]:
    """Counts all states whose C lies in `generated`; `data` has the bytes to load by state. Programs go to `output`."""
    output.mkdir(parents=True, exist_ok=True)
    found = []
    for avx2 in (False, True) if has_avx2() else (False,):
        for state, device in DEVICES.items():
            sample = output / f"{device}.bin"
            sample.write_bytes(data[state])
            program = _build(device, generated, output, avx2)
            for operation in ("save", "load"):
                function = f"{device}_{operation}"
                inside = _difference(program, operation, sample, [f"--toggle-collect={function}"])
                around = _difference(program, operation, sample, [])
                found.append(Instructions(state, operation, avx2, inside, around))
    return found


def _build(device: str, generated: Path, output: Path, avx2: bool) -> Path:
    """Compiles the harness for one device."""
    program = output / (device + ("-avx2" if avx2 else "-plain"))
    sources = [
        HERE / "harness.c",
        generated / f"{device}.c",
        RUNTIME / "src" / "arrays.c",
        RUNTIME / "src" / "errors.c",
        RUNTIME / "src" / "expressions.c",
        RUNTIME / "src" / "describe.c",
        RUNTIME / "src" / "memory.c",
    ]
    command = [compiler(), "-std=c11", "-O2", "-g", "-Wall", "-Wextra"]
    command += [f"-DDEVICE={device}", f'-DDEVICE_HEADER="{device}.h"', *([] if avx2 else ["-DVMS_NO_AVX2"])]
    command += [f"-I{RUNTIME / 'include'}", f"-I{generated}", "-o", str(program), *map(str, sources)]
    subprocess.run(command, check=True)
    return program


def _difference(program: Path, operation: str, sample: Path, options: list[str]) -> float:
    few, many = (_collected(program, operation, count, sample, options) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _collected(program: Path, operation: str, count: int, sample: Path, options: list[str]) -> int:
    """Instructions that callgrind collected in one run of `count` calls."""
    profile = program.with_suffix(".callgrind")
    command = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={profile}", *options]
    subprocess.run([*command, str(program), operation, str(count), str(sample)], check=True)
    # `summary:` is absent from some versions' files when collection was toggled, `totals:` is always there
    totals = re.search(r"^totals: (\d+)", profile.read_text(encoding="utf-8"), re.MULTILINE)
    if totals is None or int(totals[1]) == 0:
        raise RuntimeError(f"callgrind collected nothing of {program.name} {operation}")
    return int(totals[1])
