"""How much a migration sends by when: one rate for all of its connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from vmstate.file import File
from vmstate.migration import connections
from vmstate.migration.allocation import Allocation
from vmstate.migration.connections import Connections


def test_a_tenth_of_the_rate_for_each_tenth_of_a_second() -> None:
    allocation = Allocation(1000, 8.0, 500)
    assert allocation.wait(8.0, 599) == 0
    assert allocation.wait(8.0, 600) == pytest.approx(0.1)
    assert allocation.wait(8.0625, 899) == pytest.approx(0.2375)  # three windows' bytes
    assert allocation.wait(8.21, 899) == pytest.approx(0.09)
    assert allocation.wait(8.31, 899) == 0
    assert allocation.wait(20.01, 1000) == 0  # what was not sent is lost
    assert allocation.wait(20.01, 1099) == 0 and allocation.wait(20.01, 1100) == pytest.approx(0.09)


def test_no_rate_and_a_tiny_one() -> None:
    assert Allocation(0, 0.0, 0).wait(0.0, 1 << 60) == 0
    assert Allocation(1, 0.0, 0).wait(0.0, 1) == pytest.approx(0.1)


class Lane:
    """A connection that counts what it is given, and holds a rate of its own if it is told one."""

    def __init__(self) -> None:
        self.put_position = 0
        self.rates: list[int] = []

    def set_rate_limit(self, rate: int) -> None:
        self.rates.append(rate)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(connections.time, "monotonic", lambda: now[0])
    return now


def opened(count: int, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> tuple[Connections, list[Lane]]:
    """A main connection and `count` more; who waits on them lets the clock go on."""
    lanes = [Lane() for _ in range(1 + count)]
    following: Iterator[Any] = iter(lanes)
    way = Connections(lambda wake: cast(File, next(following)))
    for _ in lanes:
        way.open()

    def waited(seconds: float) -> bool:
        clock[0] += seconds
        return False

    monkeypatch.setattr(way._cancelled, "wait", waited)
    return way, lanes


@pytest.mark.parametrize("count", [1, 2, 4, 8])
@pytest.mark.parametrize("spread", [False, True], ids=["on one", "on all"])
def test_connections_share_one_rate(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, count: int, spread: bool
) -> None:
    """However many there are, and whichever of them carries what is sent."""
    way, lanes = opened(count, clock, monkeypatch)
    rate, packet, packets = 20_000_000, 500_000, 400
    way.limit(rate)
    for number in range(packets):
        lanes[1 + (number % count if spread else 0)].put_position += packet
        way.wait(lambda: rate, lambda: None)
    assert way.position == 200_000_000 and clock[0] == pytest.approx(10.0)
    assert lanes[0].rates == [0] and not any(lane.rates for lane in lanes[1:])
    way.end()


def test_a_rate_that_changes_while_it_is_waited_for(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    way, lanes = opened(2, clock, monkeypatch)
    rates = [1000]
    way.limit(1000)
    lanes[2].put_position = 1_000_000  # a thousand seconds' worth

    def look() -> None:
        rates[0] = 0 if clock[0] > 1.02 else 1000

    way.wait(lambda: rates[0], look)
    assert clock[0] == pytest.approx(1.1)
    way.end()


def test_whoever_looks_meanwhile_may_end_it(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver may refuse, or be gone: nobody waits for a rate then."""
    way, lanes = opened(1, clock, monkeypatch)
    way.limit(1000)
    lanes[1].put_position = 1_000_000

    def look() -> None:
        if clock[0] > 0.2:
            raise KeyError

    with pytest.raises(KeyError):
        way.wait(lambda: 1000, look)
    assert clock[0] == pytest.approx(0.25)
    way.end()


def test_a_file_that_is_alone_keeps_its_rate_itself() -> None:
    """It may have operations for that."""
    rates: list[int] = []
    over = [True, False]

    def set_rate_limit(rate: int) -> int:
        rates.append(rate)
        return rate

    with File.from_ops(
        lambda buf, pos: len(buf),
        rate_limit=lambda: over.pop(0),
        set_rate_limit=set_rate_limit,
        get_rate_limit=lambda: rates[-1],
    ) as file:
        way = Connections(lambda wake: file)
        way.open()
        way.limit(5000)
        way.limit(5000)
        way.wait(lambda: 5000, lambda: None)
        way.limit(0)
        way.end()
    assert rates == [5000, 0] and over == []
