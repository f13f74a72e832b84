"""Checkpoint, run, rewind: `python -m benchmarks.rewinding`.

40 devices of state M and 256 MiB of RAM that was written before; a run writes a word into each of 64 pages, says so,
and changes a field of each device. The pages lie anywhere; "other pages": others every turn, which no cache holds. The
guest's part is one call of C, or a loop in Python. "By hand" its user copies the pages, and calls `save()` and
`restore()` of each device.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import importlib
import json
import mmap
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import cffi
from rich.console import Console
from rich.table import Table

from benchmarks.result import machine
from benchmarks.values import reference
from benchmarks.vmsgen_side import _fill_mixed as fill
from benchmarks.vmsgen_side import build
from vmstate import Machine

DEVICES, SIZE, PAGE, DIRTY = 40, 256 << 20, 4096, 64
BATCH, ROUNDS, QUICK_ROUNDS = 500, 15, 5
LEAST = 10_000
"""Turns a second, of a guest in C."""
OUTPUT = Path(__file__).resolve().parent.parent / "build" / "benchmarks"

GUEST = """
#include <stdint.h>
#include "vms_dirty.h"
static void run(uint8_t *memory, vms_dirty *dirty, const uint32_t *pages, uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i < count; i++) {
        *(volatile uint32_t *)(memory + (uint64_t)pages[i] * 4096 + value % 1024 * 4) = value;
        vms_dirty_mark(dirty, pages[i]);
    }
}
"""


@dataclass(frozen=True)
class Row:
    """Microseconds a turn, in the median of the rounds, and turns a second."""

    name: str
    microseconds: float
    a_second: float
    rounds: int


def guest_library(output: Path) -> Any:
    """The guest's part in C."""
    from vmstate import get_include

    ffi = cffi.FFI()
    ffi.cdef(
        "void guest_run(uintptr_t memory, uintptr_t dirty, const uint32_t *pages, uint32_t count, uint32_t value);"
    )
    output.mkdir(parents=True, exist_ok=True)
    source, library = output / "guest.c", output / "guest.so"
    source.write_text(
        GUEST + "void guest_run(uintptr_t m, uintptr_t d, const uint32_t *p, uint32_t n, uint32_t v)\n"
        "{ run((uint8_t *)m, (vms_dirty *)d, p, n, v); }\n",
        encoding="utf-8",
    )
    command = ["cc", "-O2", "-shared", "-fPIC", f"-I{get_include()}", str(source), "-o", str(library)]
    subprocess.run(command, check=True)
    return ffi, ffi.dlopen(str(library))


class Bench:
    """The machine, and the ways to make it go back and forth."""

    def __init__(self, output: Path) -> None:
        build(output / "modules")
        sys.path.insert(0, str(output))
        mixed = importlib.import_module("modules.mixed")
        self.vm = Machine("bench")
        self.devices = [fill(mixed.Mixed(), reference("M")) for _ in range(DEVICES)]
        for device in self.devices:
            self.vm.register(device)
        self.memory = mmap.mmap(-1, SIZE)
        filling = bytes(range(1, 257)[:255]) * (SIZE // 255 + 1)
        self.memory[:] = filling[:SIZE]
        del filling
        block = self.vm.add_ram("ram", self.memory)
        self.bitmap = self.vm.ram.marking.bitmaps[0]
        numbers = random.Random(1)
        self.turns = [numbers.sample(range(SIZE // PAGE), DIRTY) for _ in range(256)]
        self.turn = 0
        self.ffi, self.guest = guest_library(output)
        self.natively = [self.ffi.new("uint32_t[]", pages) for pages in self.turns]
        native: Any = block.address_in_memory
        self.places = native, int(importlib.import_module("vmstate._stream").ffi.cast("uintptr_t", self.bitmap.native))
        self.shadow = bytes(self.memory)

    def touch(self) -> None:
        self.turn += 1
        for device in self.devices:
            device.status = self.turn

    def by_c(self) -> None:
        self.touch()
        self.guest.guest_run(*self.places, self.natively[self.turn % 256], DIRTY, self.turn)

    def by_python(self) -> None:
        self.touch()
        memory, mark, value = self.memory, self.bitmap.mark, self.turn & 0xFF
        for page in self.turns[self.turn % 256]:
            memory[page * PAGE] = value
            mark(page)

    def same_pages(self) -> None:
        checkpoint = self.vm.checkpoint()
        self.touch()
        self.guest.guest_run(*self.places, self.natively[0], DIRTY, self.turn)
        self.vm.rewind(checkpoint)

    def natively_run(self) -> None:
        checkpoint = self.vm.checkpoint()
        self.by_c()
        self.vm.rewind(checkpoint)

    def run_in_python(self) -> None:
        checkpoint = self.vm.checkpoint()
        self.by_python()
        self.vm.rewind(checkpoint)

    def by_hand(self) -> None:
        bodies = [device.save() for device in self.devices]
        self.by_c()
        memory, shadow = self.memory, memoryview(self.shadow)
        for page in self.turns[self.turn % 256]:
            self.bitmap.take(page)
            memory[page * PAGE : (page + 1) * PAGE] = shadow[page * PAGE : (page + 1) * PAGE]
        for device, body in zip(self.devices, bodies, strict=True):
            device.restore(body, version=1)

    def check(self) -> None:
        """Does it do what is timed?"""
        status = self.devices[0].status
        for way in (self.natively_run, self.same_pages, self.run_in_python, self.by_hand):
            way()
            if self.devices[-1].status != status or self.memory[:] != self.shadow:
                raise SystemExit(f"wrong result, nothing was measured: {way.__name__}")


def measure(bench: Bench, rounds: int, batch: int) -> list[Row]:
    ways: dict[str, Callable[[], None]] = {
        "guest in C, other pages": bench.natively_run,
        "guest in C, the same pages": bench.same_pages,
        "guest in Python, other pages": bench.run_in_python,
        "guest in C, other pages, by hand": bench.by_hand,
        "guest in C alone, nothing kept": bench.by_c,
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    gc.collect()
    for turn in range(rounds + 1):
        for name, way in ways.items():
            start = perf_counter_ns()
            for _ in range(batch):
                way()
            if turn:  # the first round only warms up
                took[name].append((perf_counter_ns() - start) / batch / 1e3)
    return [Row(name, statistics.median(each), 1e6 / statistics.median(each), rounds) for name, each in took.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rewinding", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds in place of {ROUNDS}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to FILE")
    options = parser.parse_args(arguments)
    bench = Bench(OUTPUT / "rewinding")
    bench.check()
    rows = measure(bench, QUICK_ROUNDS if options.quick else ROUNDS, BATCH)
    title = f"Checkpoint, run, rewind: {DEVICES} devices of M, {SIZE >> 20} MiB, {DIRTY} pages written"
    table = Table(title=title, title_justify="left")
    for column in ("", "µs", "a second", "demanded"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for number, row in enumerate(rows):
        verdict = f"≥ {LEAST} {'met' if row.a_second >= LEAST else 'MISSED'}" if number == 0 else ""
        table.add_row(row.name, f"{row.microseconds:.1f}", f"{row.a_second:.0f}", verdict)
    where = machine()
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    console.print(
        f"Medians of {rows[0].rounds} interleaved rounds of {BATCH} turns, {where.cpu}, {where.cores} cores, "
        f"{where.system}, {where.python}, {where.date}.",
        markup=False,
        highlight=False,
    )
    if options.json:
        figures = {"machine": dataclasses.asdict(where), "rows": [dataclasses.asdict(row) for row in rows]}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
