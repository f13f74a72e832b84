"""Whether one more round is worth it, when the machine could be halted already."""

from __future__ import annotations

_LITTLE = 64
"""Less than this part of what may be left is little enough."""


class Patience:
    """What is left when the limit is reached takes about as long as the limit allows. As long as a round halves it,
    another one is made while the machine runs: it costs little, and the machine stands still for less.
    """

    def __init__(self) -> None:
        self._before: int | None = None
        self._end: tuple[int, int] | None = None

    def within_round(self, sent: int, rounds: int) -> bool:
        """Is the round that was worth it not yet over? `sent` bytes and so many rounds were all of them so far."""
        if self._end is not None and (rounds > self._end[0] or sent >= self._end[1]):
            self._end = None
        return self._end is not None

    def another(self, left: int, allowed: int, sent: int, rounds: int) -> bool:
        """Begins one, if it is worth it, with `left` bytes to send of those that are `allowed`."""
        worth = left * _LITTLE > allowed and (self._before is None or left * 2 < self._before)
        self._before = left
        if worth:
            self._end = rounds, sent + left
        return worth
