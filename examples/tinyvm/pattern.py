"""What the guest does, as arithmetic: after so many steps everything in the machine is what these functions say.

So a machine that lost a step, or made one twice, is found out wherever it runs, by nobody's memory of what it was.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

PAGE = 4096
SLOTS = PAGE // 8
MULTIPLIER, INCREMENT, MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1
PERIOD = 64
"""Steps between two lines of the timer."""
LINE = 9
"""Bytes of each."""
CYCLE, TRANSFER = 2048, 512
"""Every so many steps the drive reads a sector, a byte a step."""
COLD_EVERY = 16
"""Every so many steps the guest writes to memory that it seldom touches, too."""
FIRMWARE = bytes(range(256)) * (PAGE // 256)
ZEROS = bytes(PAGE)
"""At reset the lower half of memory is full of the one, the upper half of the other."""


@dataclass(frozen=True)
class Region:
    """Pages that are written one after the other, round and round: the number of the write, slot after slot."""

    first: int
    pages: int

    def place(self, write: int) -> int:
        """Where the `write`th goes, from 1: a number of 8 bytes in memory."""
        round_, page = divmod(write - 1, self.pages)
        return (self.first + page) * SLOTS + round_ % SLOTS

    def page(self, index: int, writes: int, background: bytes) -> bytes:
        """What its page `index` holds after so many writes."""
        rounds = (writes - index + self.pages - 1) // self.pages if writes > index else 0
        if not rounds:
            return background
        since = max(0, rounds - SLOTS)
        found = array("Q", background)
        for number in range(since, rounds):
            found[number % SLOTS] = index + number * self.pages + 1
        return found.tobytes()


@dataclass(frozen=True)
class Layout:
    """Of memory with so many pages: a sixteenth of them are written all the time, the others now and then."""

    pages: int

    @property
    def hot(self) -> Region:
        return Region(0, max(1, self.pages // 16))

    @property
    def cold(self) -> Region:
        return Region(self.hot.pages, self.pages - self.hot.pages)

    def background(self, page: int) -> bytes:
        return FIRMWARE if page < self.pages // 2 else ZEROS

    def page(self, page: int, steps: int) -> bytes:
        """What a page of memory holds after so many steps."""
        hot = page < self.hot.pages
        region, writes = (self.hot, steps) if hot else (self.cold, steps // COLD_EVERY)
        return region.page(page - region.first, writes, self.background(page))


def accumulator(steps: int) -> int:
    """x' = x * MULTIPLIER + INCREMENT, so often, from 0: the step composed with itself, by squaring."""
    factor, term = 1, 0
    step_factor, step_term = MULTIPLIER, INCREMENT
    while steps:
        if steps & 1:
            factor, term = factor * step_factor & MASK, (term * step_factor + step_term) & MASK
        step_factor, step_term = step_factor * step_factor & MASK, (step_term * step_factor + step_term) & MASK
        steps >>= 1
    return term


def line(number: int) -> bytes:
    """What the guest prints when the timer fires for the `number`th time."""
    return b"%08x\n" % (number & 0xFFFFFFFF)


def sent(steps: int) -> int:
    """Bytes that have left the serial port."""
    lines, into = divmod(steps, PERIOD)
    return LINE * (lines - 1) + min(LINE, into + 1) if lines else 0


def console(steps: int) -> bytes:
    """All of them."""
    return b"".join(line(number) for number in range(1, steps // PERIOD + 1))[: sent(steps)]


def sector(number: int) -> bytes:
    """What is on the drive, and what the guest writes to the disk."""
    return _SECTORS[number & 0xFF]


_SECTORS = [bytes((first + 7 * at) & 0xFF for at in range(TRANSFER)) for first in range(256)]


def disk_sector(tick: int, sectors: int) -> int:
    """Where the guest writes on the disk when the timer fires for the `tick`th time: all over it, a power of two."""
    return (tick - 1) * 2053 % sectors


def disk(steps: int, sectors: int) -> bytes:
    """What is on a disk that was all zeros."""
    found, ticks = bytearray(sectors * TRANSFER), steps // PERIOD
    for tick in range(max(1, ticks - sectors + 1), ticks + 1):
        at = disk_sector(tick, sectors) * TRANSFER
        found[at : at + TRANSFER] = sector(tick)
    return bytes(found)
