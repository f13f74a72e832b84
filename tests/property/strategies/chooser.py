"""Hypothesis' `draw` under short names, and integers as the schema language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from vmsgen.model.types import Scalar

T = TypeVar("T")

INTEGERS = ("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64")


@dataclass(frozen=True)
class Chooser:
    draw: DrawFn

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one(self, choices: Sequence[T]) -> T:
        return self.draw(st.sampled_from(choices))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def value(self, kind: str) -> int:
        """Any value that a scalar type can have."""
        interval = Scalar(kind).interval
        return self.number(interval.low, interval.high)


def literal(value: int) -> str:
    """A number that may stand anywhere in an expression."""
    return f"({value})" if value < 0 else str(value)
