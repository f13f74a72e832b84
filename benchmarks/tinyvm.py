"""How long the machine of `examples/tinyvm` stands still when it moves to another process."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import machine
from examples.tinyvm import show
from examples.tinyvm.roles import Options

RUNS, QUICK_RUNS = 20, 3
WAYS = ("tcp", "unix")
OPTIONS = Options(seconds=0.3)


@dataclass(frozen=True)
class Row:
    """Milliseconds; `sent` in bytes, the median of all runs."""

    transport: str
    median: float
    worst: float
    sent: int
    limit: float
    runs: int


def measure(transport: str, options: Options, runs: int) -> Row:
    """Raises FailedError if a machine was not whole after it had moved: such a run counts for nothing."""
    halted = []
    for _ in range(runs):
        move = show.move(transport, options)
        if found := move.faults():
            raise show.FailedError(", ".join(found))
        halted.append(move.sender["halted"])
    times, sent = [each["downtime"] for each in halted], [each["sent"] for each in halted]
    return Row(
        transport, statistics.median(times), max(times), int(statistics.median(sent)), options.downtime * 1000, runs
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tinyvm", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RUNS} runs in place of {RUNS}, of 32 MiB")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to FILE")
    chosen = parser.parse_args(arguments)
    options = replace(OPTIONS, ram=32 << 20) if chosen.quick else OPTIONS
    found = [measure(way, options, QUICK_RUNS if chosen.quick else RUNS) for way in WAYS]
    where = machine()
    table = Table(
        title=f"downtime, {options.ram >> 20} MiB, {options.pace} steps a second, each writes to memory",
        title_justify="left",
    )
    for column in ("", "median, ms", "worst, ms", "MiB sent", "demanded"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for row in found:
        met = "met" if row.worst < row.limit else "MISSED"
        table.add_row(
            row.transport, f"{row.median:.1f}", f"{row.worst:.1f}", f"{row.sent >> 20}", f"< {row.limit:g} {met}"
        )
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    console.print(
        f"{found[0].runs} runs each, two processes, {where.cpu}, {where.cores} cores, {where.system}, "
        f"{where.python}, {where.date}.",
        markup=False,
        highlight=False,
    )
    if chosen.json:
        text = json.dumps({"machine": asdict(where), "rows": [asdict(row) for row in found]}, indent=1)
        chosen.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
