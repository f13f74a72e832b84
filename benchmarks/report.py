"""A result as tables: for the terminal, and as Markdown for a README. Nothing in them is typed by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.bars import BARS, COST_BARS, INSTRUCTION_BARS, WORKLOADS, Bar, CostBar
from benchmarks.callgrind.instructions import compiler
from benchmarks.result import OURS, Result, Row
from benchmarks.subject import OPERATIONS

COLUMNS = ("", "bytes", "time", "±", "ratio", "demanded")


def show(result: Result, console: Console) -> None:
    """One table a state and operation, then the instructions, then what the run was made on."""
    for state, workload in WORKLOADS.items():
        for operation in OPERATIONS:
            found = result.of(state, operation)
            if found:
                console.print(_table(f"{state} {operation}: {workload}", COLUMNS, map(_cells(result), found)))
    if result.instructions:
        header = ("", "instructions", "with set-up and call", "demanded")
        console.print(_table(f"C, {compiler()} -O2, callgrind instructions a call", header, _instruction_cells(result)))
    for note in result.notes:
        console.print(note, markup=False, highlight=False)
    console.print(_provenance(result), markup=False, highlight=False)


def markdown(result: Result) -> str:
    """The demanded pairs and the instructions as two Markdown tables."""
    lines = ["| state | operation | vmsgen | peer | ratio | demanded |", "|---|---|---:|---:|---:|---:|"]
    for bar in BARS:
        best = result.best(bar)
        measured = best.ratio if best else None
        demanded = f"≥ {bar.least:g} ×" + ("" if measured is None else _mark(measured >= bar.least))
        lines.append(_line(result, bar, best, demanded))
    for limit in COST_BARS:
        described = result.best(limit)
        measured = described.ratio if described else None
        lines.append(_line(result, limit, described, _at_most(limit, measured, " ×")))
    if result.instructions:
        lines += [
            "",
            f"| C, {compiler()} -O2 | instructions | with set-up and call | demanded |",
            "|---|---:|---:|---:|",
        ]
        lines += ["| " + " | ".join(cells) + " |" for cells in _instruction_cells(result)]
    lines += ["", *(f"**{state}**: {workload}.  " for state, workload in WORKLOADS.items())]
    lines += [*(f"{note}  " for note in result.notes), _provenance(result)]
    return "\n".join(lines) + "\n"


def _line(result: Result, bar: Bar | CostBar, other: Row | None, demanded: str) -> str:
    """One demanded pair: ours, the `other` beside it, and how they compare."""
    ours = next((row for row in result.of(bar.state, bar.operation) if row.family == OURS), None)
    mine = _time(ours.median_ns) if ours else "not measured"
    theirs = f"{other.name}: {_time(other.median_ns)}" if other else "not measured"
    ratio = _ratio(other.ratio if other else None)
    return f"| {bar.state} | {bar.operation} | {mine} | {theirs} | {ratio} | {demanded} |"


def _table(title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _cells(result: Result) -> Callable[[Row], tuple[str, ...]]:
    """Turns a row into the cells of COLUMNS; the bar stands beside the fastest way of its family."""

    def cells(row: Row) -> tuple[str, ...]:
        bar = next((bar for bar in BARS if result.best(bar) is row), None)
        demanded = ""
        if bar:
            demanded = f"≥ {bar.least:g}" + ("" if row.ratio is None else _mark(row.ratio >= bar.least))
        limit = next((limit for limit in COST_BARS if result.best(limit) is row), None)
        if limit:
            demanded = _at_most(limit, row.ratio)
        size, time, spread = str(row.size), _time(row.median_ns), f"{100 * row.spread_ns / row.median_ns:.0f} %"
        return row.name, size, time, spread, _ratio(row.ratio), demanded

    return cells


def _instruction_cells(result: Result) -> list[tuple[str, ...]]:
    cells: list[tuple[str, ...]] = []
    for found in result.instructions:
        key = (found.state, found.operation, found.avx2)
        bar = next((bar for bar in INSTRUCTION_BARS if (bar.state, bar.operation, bar.avx2) == key), None)
        label = f"{found.state} {found.operation}" + (", AVX2" if found.avx2 else "")
        demanded = f"≤ {bar.most:,}" + _mark(found.inside <= bar.most) if bar else ""
        cells.append((label, f"{found.inside:,.0f}", f"{found.around:,.0f}", demanded))
    return cells


def _at_most(limit: CostBar, measured: float | None, unit: str = "") -> str:
    if limit.most is None:
        return ""
    return f"≤ {limit.most:g}{unit}" + ("" if measured is None else _mark(measured <= limit.most))


def _mark(met: bool) -> str:
    return " met" if met else " MISSED"


def _ratio(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f} ×" if value >= 100 else f"{value:.1f} ×" if value >= 10 else f"{value:.2f} ×"


def _time(ns: float) -> str:
    """Three digits or four, in the unit that fits."""
    unit, size = ("ms", 1e6) if ns >= 1e6 else ("µs", 1e3) if ns >= 1e3 else ("ns", 1.0)
    value = ns / size
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}" if value >= 10 else f"{value:.2f} {unit}"


def _provenance(result: Result) -> str:
    where = result.machine
    rounds = max((row.rounds for row in result.rows), default=0)
    return (
        f"Medians of {rounds} interleaved rounds in one process{' (quick run)' if result.quick else ''}, "
        f"{where.cpu}, {where.cores} cores, {where.system}, {where.python}, {where.date}."
    )
