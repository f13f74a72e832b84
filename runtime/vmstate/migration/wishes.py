"""What the user may change while a migration runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Wishes:
    """What the user may change while it runs: seconds, bytes a second (0: as many as there can be)."""

    downtime_limit: float
    bandwidth: int


def positive(value: float, name: str) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number, not {value!r}")
    if not 0 <= value < 1 << 62:
        raise ValueError(f"{name} is at least 0, not {value}")
    return value
