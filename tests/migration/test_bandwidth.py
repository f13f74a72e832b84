"""How fast a channel is thought to be."""

from __future__ import annotations

from vmstate.migration.bandwidth import Bandwidth


def test_it_is_measured_over_a_tenth_of_a_second() -> None:
    bandwidth = Bandwidth(10.0)
    for now, sent in ((10.001, 500_000), (10.09, 700_000)):  # into buffers, perhaps
        bandwidth.note(now, sent)
        assert bandwidth.value is None and bandwidth.expected(1) is None and bandwidth.allowed(0.3) == 0
    bandwidth.note(10.125, 1_000_000)
    assert bandwidth.value == 8_000_000 and bandwidth.expected(4_000_000) == 0.5
    assert bandwidth.allowed(0.5) == 2_800_000
    bandwidth.note(10.2, 9_000_000)
    assert bandwidth.value == 8_000_000
    bandwidth.note(10.25, 1_125_000)
    assert bandwidth.value == 1_000_000


def test_it_stays_while_nothing_is_sent() -> None:
    bandwidth = Bandwidth(0.0)
    bandwidth.note(0.125, 1000)
    bandwidth.note(10.0, 1000)
    assert bandwidth.value == 8000
