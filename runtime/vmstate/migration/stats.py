"""What a migration tells of itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """In the order in which a migration goes through them; the last three are ends."""

    SETUP = "setup"
    ACTIVE = "active"
    SWITCHOVER = "switchover"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        return self in (Status.COMPLETED, Status.CANCELLED, Status.FAILED)


@dataclass(frozen=True)
class Stats:
    """Times in seconds, sizes in bytes, rates in bytes a second.

    `transferred` is what was sent, `remaining` what live state still has to send; `total` is their sum. `rounds` counts
    how often all live state had nothing more for now. `expected_downtime`: how long the machine would stand still if it
    were halted now; `downtime`: how long it did, None until then. `bandwidth` is measured, None at first; `limit` is
    what it may be, 0 for as much as there can be.
    """

    status: Status
    elapsed: float
    transferred: int
    remaining: int
    rounds: int
    bandwidth: float | None
    limit: int
    downtime_limit: float
    expected_downtime: float | None
    downtime: float | None

    @property
    def total(self) -> int:
        return self.transferred + self.remaining

    @property
    def fraction(self) -> float:
        """How much of it is done, 0 to 1. It falls when the machine dirties faster than is sent."""
        if self.status == Status.COMPLETED:
            return 1.0
        return self.transferred / self.total if self.total else 0.0
