"""Expressions whose parts have no value."""

from __future__ import annotations

import pytest

from tests.semantics.conftest import MakeSide
from tests.sides import Refused
from tests.states import state_of


@pytest.mark.parametrize("a", [2**64 - 1, 2**64 - 2, 2**63])
def test_a_divisor_that_leaves_64_bits(side: MakeSide, a: int) -> None:
    """Its interval says that it is not 0."""
    divisors = side("divisors")
    assert divisors.save(state_of(divisors.device, {"a": a, "b": 7})) == Refused("arithmetic", "")
    assert divisors.load(state_of(divisors.device, {}), a.to_bytes(8, "big") + b"\7") == Refused("arithmetic", "", 9)


def test_a_divisor_within_them(side: MakeSide) -> None:
    divisors = side("divisors")
    wire = (2**62).to_bytes(8, "big") + b"\7"
    assert divisors.save(state_of(divisors.device, {"a": 2**62, "b": 7})) == wire
    assert divisors.load(state_of(divisors.device, {}), wire) is None
