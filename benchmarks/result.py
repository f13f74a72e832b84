"""A run's outcome as data: what the tables, the JSON and the Markdown are all made from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bars import BARS, COST_BARS, WORKLOADS, Bar, CostBar
from benchmarks.callgrind.instructions import Instructions
from benchmarks.measure import Timing, ratio

OURS = "vmsgen"


@dataclass(frozen=True)
class Row:
    """One subject's figures. `ratio` is its time over vmsgen's; None where vmsgen was not measured."""

    state: str
    operation: str
    family: str
    name: str
    size: int
    median_ns: float
    spread_ns: float
    rounds: int
    batch: int
    ratio: float | None


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int
    system: str
    python: str
    date: str


@dataclass(frozen=True)
class Result:
    machine: Machine
    quick: bool
    rows: tuple[Row, ...]
    instructions: tuple[Instructions, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, state: str, operation: str) -> list[Row]:
        """The rows of one table half, fastest first."""
        rows = [row for row in self.rows if (row.state, row.operation) == (state, operation)]
        return sorted(rows, key=lambda row: row.median_ns)

    def best(self, bar: Bar | CostBar) -> Row | None:
        """The fastest way of the bar's family."""
        return next((row for row in self.of(bar.state, bar.operation) if row.family == bar.family), None)

    def as_json(self) -> dict[str, Any]:
        bars = []
        for bar in BARS:
            best = self.best(bar)
            bars.append(dataclasses.asdict(bar) | {"peer": best.name if best else None, **_verdict(bar, best)})
        costs = []
        for limit in COST_BARS:
            best = self.best(limit)
            measured = best.ratio if best else None
            met = None if measured is None else measured <= limit.most
            costs.append(dataclasses.asdict(limit) | {"measured": measured, "met": met})
        return dataclasses.asdict(self) | {"bars": bars, "costs": costs, "workloads": WORKLOADS}


def _verdict(bar: Bar, best: Row | None) -> dict[str, Any]:
    measured = best.ratio if best else None
    return {"measured": measured, "met": None if measured is None else measured >= bar.least}


def rows(timings: Sequence[Timing]) -> list[Row]:
    """The rows of the timings of one state and operation, taken in the same rounds."""
    ours = next((timing for timing in timings if timing.subject.family == OURS), None)
    return [
        Row(
            state=timing.subject.state,
            operation=timing.operation,
            family=timing.subject.family,
            name=timing.subject.name,
            size=timing.size,
            median_ns=timing.median,
            spread_ns=_spread(timing.rounds),
            rounds=len(timing.rounds),
            batch=timing.batch,
            ratio=ratio(timing, ours) if ours else None,
        )
        for timing in timings
    ]


def _spread(rounds: Sequence[float]) -> float:
    """Half the distance between the quartiles, in the rounds' unit."""
    if len(rounds) < 2:
        return 0.0
    low, _, high = statistics.quantiles(rounds, n=4)
    return (high - low) / 2


def machine() -> Machine:
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        date=dt.datetime.now(dt.UTC).date().isoformat(),
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
