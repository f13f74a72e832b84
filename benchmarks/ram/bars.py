"""What is demanded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """`least`: of the peer's time over ours. `most`: of a figure, in its unit. `cache`: of the pages in a cache."""

    row: str
    peer: str
    least: float | None = None
    most: float | None = None
    cache: bool = False


BARS = (
    Bar("pages, no zeros", "memcpy", least=0.95),
    Bar("pages, half zeros", "memcpy", least=0.95),
    Bar("pages, all zeros", "memcpy", least=1.1),
    Bar("pages, no zeros", "numpy", least=2),
    Bar("pages, half zeros", "numpy", least=2),
    Bar("pages, all zeros", "numpy", least=2),
    Bar("xbzrle, unchanged", "memcpy", least=1.1),
    Bar("xbzrle, unchanged", "numpy", least=40, cache=True),
    Bar("xbzrle, 1 word", "numpy", least=40, cache=True),
    Bar("xbzrle, 8 words", "numpy", least=40, cache=True),
    Bar("xbzrle, 64 words", "numpy", least=40, cache=True),
    Bar("bitmap scan", "ms", most=5),
)

INSTRUCTION_BARS = {
    "send": 100,
    "zero": 400,
    "load": 80,
    "xbzrle 0": 1100,
    "xbzrle 1": 1700,
    "xbzrle 8": 2300,
    "xbzrle 64": 6800,
}
"""A page, in the library's own code: copying a page is the C library's, and stands beside."""
