"""What the Markdown of a run says of every bar, also of those that the run did not measure."""

from __future__ import annotations

from benchmarks.bars import BARS, COST_BARS, DESCRIBED
from benchmarks.report import markdown
from benchmarks.result import OURS, Machine, Result, Row

MACHINE = Machine("a processor", 2, "Linux x86_64", "CPython 3.11.2", "2025-01-31")


def row(family: str, median: float, ratio: float) -> Row:
    return Row("T", "save", family, family, 4, median, 1.0, 20, 100, ratio)


def lines(*rows: Row) -> list[str]:
    return markdown(Result(MACHINE, False, rows)).splitlines()


def test_no_bar_is_left_out_when_nothing_was_measured() -> None:
    limits = [bar for bar in COST_BARS if bar.most is not None]
    shown = [line for line in lines() if "≥" in line or "≤" in line]
    assert len(shown) == len(BARS) + len(limits)
    assert lines().count("| N | save | not measured | not measured | - |  |") == len(COST_BARS) - len(limits) == 1
    assert shown[0] == "| T | save | not measured | not measured | - | ≥ 1 × |"
    assert shown[-len(limits)] == "| T | save | not measured | not measured | - | ≤ 3 × |"


def test_a_cost_that_was_measured_is_met_or_missed() -> None:
    ours = row(OURS, 50, 1)
    assert "| T | save | 50.0 ns | vmsgen with description: 100 ns | 2.00 × | ≤ 3 × met |" in lines(
        ours, row(DESCRIBED, 100, 2)
    )
    assert "| T | save | 50.0 ns | vmsgen with description: 200 ns | 4.00 × | ≤ 3 × MISSED |" in lines(
        ours, row(DESCRIBED, 200, 4)
    )
    assert "| T | save | 50.0 ns | not measured | - | ≤ 3 × |" in lines(ours)
