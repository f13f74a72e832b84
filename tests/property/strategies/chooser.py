"""Choices under short names, made by Hypothesis or by dice, and integers as the schema language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from vmsgen.model.types import Scalar

T = TypeVar("T")

INTEGERS = ("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64")


class Chooser(Protocol):
    def number(self, low: int, high: int) -> int: ...
    def binary(self, size: int) -> bytes: ...

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.number(0, len(choices) - 1)]

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) < percent

    def value(self, kind: str) -> int:
        """Any value that a scalar type can have."""
        interval = Scalar(kind).interval
        return self.number(interval.low, interval.high)


@dataclass(frozen=True)
class Drawn(Chooser):
    """Every choice is Hypothesis' own: it can steer and shrink each. It takes only so many in one example."""

    draw: DrawFn

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def binary(self, size: int) -> bytes:
        return self.draw(st.binary(min_size=size, max_size=size))


@dataclass(frozen=True)
class Dice(Chooser):
    """Any number of choices from one that Hypothesis made, `st.randoms(use_true_random=True)`."""

    random: Random

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def binary(self, size: int) -> bytes:
        return self.random.randbytes(size)


def literal(value: int) -> str:
    """A number that may stand anywhere in an expression."""
    return f"({value})" if value < 0 else str(value)
