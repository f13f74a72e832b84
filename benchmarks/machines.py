"""A thousand devices of state M in one save: `python -m benchmarks.machines`.

All ways make the same bytes: a frame around each device, no description. The first gives them as `bytes`, the others
write them to /dev/null; the loops join what they have, and write it once. The bars are for the machine. The last rows
are saves with their description, five times as long as all else: of devices that hold the same things as before, and
after one of them has got its subsection, or lost it, so that another text is said of it.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import vmsgen_side
from benchmarks.peers import struct_object
from benchmarks.result import machine
from benchmarks.values import BUSY, reference
from vmstate import File, Machine, Switches

DEVICES = 1000
ROUNDS, QUICK_ROUNDS = 25, 5
TURN = 0.01
"""Seconds that each way has at a time."""
BARS = {"struct by hand": 75.0, "loop over save()": 5.0}
DESCRIBED, ONE_CHANGED = "Machine.save_to, described", "the same, one of them changed"
AT_MOST = 3.0
MODULES = Path(__file__).resolve().parent.parent / "build" / "benchmarks" / "modules"

_header, _footer = struct.Struct(">BIB5sII").pack, struct.Struct(">BI").pack
_START = b"QEVM\0\0\0\3\7\0\0\0\1x"


def loop(devices: Sequence[Any]) -> bytes:
    """What somebody writes who has objects with save() and no machine."""
    parts = [_START]
    for number, device in enumerate(devices):
        parts += (_header(4, number, 5, b"mixed", number, 1), device.save(), _footer(0x7E, number))
    parts.append(b"\0")
    return b"".join(parts)


def ways(null: Any) -> tuple[dict[str, Callable[[], Any]], bytes]:
    """Name -> a save of all; and the bytes that each makes."""
    vmsgen_side.build(MODULES)
    ours = next(each for each in vmsgen_side.subjects(MODULES) if each.state == "M")
    theirs = next(each for each in struct_object.SUBJECTS if each.state == "M")
    native, plain = ([each.make(reference("M")) for _ in range(DEVICES)] for each in (ours, theirs))
    vm = Machine("x", switches=Switches(description=False))
    for device in native:
        vm.register(device, name="mixed")
    (run,) = vm.runs(early=False)
    assert run.sections is not None
    described = Machine("x")
    for device in native:
        described.register(device, name="mixed")
    file = File.from_fd(null.fileno(), "w", close=False)

    def one_changed() -> None:
        native[3].status ^= BUSY
        described.save_to(file)

    whole = vm.dumps()
    assert whole == loop(native) == loop(plain) == _START + run.sections.save() + b"\0"
    return {
        "one native call": run.sections.save,
        "Machine.save_to": lambda: vm.save_to(file),
        "loop over save()": lambda: null.write(loop(native)),
        "struct by hand": lambda: null.write(loop(plain)),
        DESCRIBED: lambda: described.save_to(file),
        ONE_CHANGED: one_changed,
        "": file.close,
    }, whole


def run(save: Callable[[], Any], times: int) -> float:
    """Seconds for `times` saves."""
    start = time.perf_counter()
    for _ in range(times):
        save()
    return time.perf_counter() - start


def measure(saves: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds a save, by name, one entry a round. Turns are of about the same length for all."""
    found: dict[str, list[float]] = {name: [] for name in saves}
    gc.collect()
    gc.disable()
    try:
        turns = {name: max(1, round(TURN / min(run(save, 1) for _ in range(5)))) for name, save in saves.items()}
        for _ in range(rounds):
            for name, save in saves.items():
                found[name].append(run(save, turns[name]) / turns[name])
    finally:
        gc.enable()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.machines", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds in place of {ROUNDS}")
    rounds = QUICK_ROUNDS if parser.parse_args(arguments).quick else ROUNDS
    with Path("/dev/null").open("wb", buffering=0) as null:
        saves, whole = ways(null)
        close = saves.pop("")
        found = measure(saves, rounds)
        close()
    table = Table(title=f"{DEVICES} devices of state M in one save, {len(whole)} bytes", title_justify="left")
    for column in ("", "time", "of Machine.save_to", "of one native call", "demanded"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for name, times in found.items():
        ratios = [
            statistics.median(mine / base for mine, base in zip(times, found[other], strict=True))
            for other in ("Machine.save_to", "one native call")
        ]
        demanded = ""
        if name in BARS:
            demanded = f"≥ {BARS[name]:g} {'met' if ratios[0] >= BARS[name] else 'MISSED'}"
        elif name in (DESCRIBED, ONE_CHANGED):
            demanded = f"≤ {AT_MOST:g} {'met' if ratios[0] <= AT_MOST else 'MISSED'}"
        table.add_row(name, f"{statistics.median(times) * 1e6:.0f} µs", *(f"{each:.1f} ×" for each in ratios), demanded)
    where = machine()
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    console.print(
        f"Medians of {rounds} interleaved rounds in one process, {where.cpu}, {where.cores} cores, {where.system}, "
        f"{where.python}, {where.date}.",
        markup=False,
        highlight=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
