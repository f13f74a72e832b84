"""`python -m benchmarks.ram`: times, then instructions; prints ratios."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.ram import timing
from benchmarks.ram.bars import BARS, INSTRUCTION_BARS
from benchmarks.ram.build import build
from benchmarks.ram.counting import Counted, count
from benchmarks.result import machine

OUTPUT = Path(__file__).resolve().parents[2] / "build" / "benchmarks" / "ram"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ram", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="256 MiB and 5 rounds in place of 2 GiB and 15")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to FILE")
    parser.add_argument("--no-callgrind", action="store_true", help="do not count instructions")
    options = parser.parse_args(arguments)
    size, rounds = (256 << 20, 5) if options.quick else (2 << 30, 15)
    console = Console(width=None if sys.stdout.isatty() else 110)
    library, program = build(OUTPUT)
    rows = [*timing.pages(library, size, rounds), *timing.changes(library, min(size, 256 << 20), rounds)]
    rows.append(timing.scan(library, rounds))
    console.print(_times(rows))
    counted: list[Counted] = []
    if options.no_callgrind or not shutil.which("valgrind"):
        console.print("Instructions were not counted.")
    else:
        counted = [count(program, *what.split()) for what in INSTRUCTION_BARS]
        console.print(_instructions(counted))
    where = machine()
    console.print(f"Medians of {rounds} interleaved rounds, {where.cpu}, {where.cores} cores, {where.date}.")
    if options.json:
        figures = {"rows": rows, "instructions": counted, "machine": [where]}
        text = {name: [dataclasses.asdict(each) for each in found] for name, found in figures.items()}
        options.json.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    return 0


def _times(rows: Sequence[timing.Row]) -> Table:
    table = Table(title="Guest memory", title_justify="left", title_style="bold")
    for column in ("", "workload", "vmstate", "peer", "ratio", "demanded"):
        table.add_column(column, justify="left" if column in ("", "workload", "peer") else "right", no_wrap=True)
    for row in rows:
        ours = row.seconds[timing.OURS] * 1e3
        if not row.ratios:
            bar = next(bar for bar in BARS if bar.row == row.name)
            assert bar.most is not None
            table.add_row(
                row.name, row.workload, f"{ours:.2f} ms", "", "", f"≤ {bar.most:g} ms{_mark(ours <= bar.most)}"
            )
        for peer, ratio in row.ratios.items():
            key = (row.name, peer, "cache" in row.workload)
            least = next((bar.least for bar in BARS if (bar.row, bar.peer, bar.cache) == key), None)
            demanded = "" if least is None else f"≥ {least:g}{_mark(ratio >= least)}"
            table.add_row(row.name, row.workload, f"{ours:.1f} ms", peer, f"{ratio:.2f} ×", demanded)
    return table


def _instructions(counted: Sequence[Counted]) -> Table:
    table = Table(title="Callgrind instructions a page", title_justify="left", title_style="bold")
    for column in ("", "own", "in the C library", "demanded of its own"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for each in counted:
        most = INSTRUCTION_BARS[each.what]
        table.add_row(each.what, f"{each.own:.0f}", f"{each.libc:.0f}", f"≤ {most}{_mark(each.own <= most)}")
    return table


def _mark(met: bool) -> str:
    return " met" if met else " MISSED"


if __name__ == "__main__":
    sys.exit(main())
