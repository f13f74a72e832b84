"""Results that are waited for."""

from __future__ import annotations

import asyncio

import pytest

from vmstate.migration.outcome import Outcome


def test_an_awaiter_whose_loop_has_ended_keeps_nobody_else_waiting() -> None:
    outcome: Outcome[int] = Outcome()

    async def begin() -> object:
        waiter = outcome.__await__()
        next(waiter)
        return waiter

    async def wait() -> int:
        return await outcome

    async def wait_and_settle() -> int:
        waiting = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        outcome.settle(5, None)
        return await asyncio.wait_for(waiting, 20)

    gone = asyncio.new_event_loop()
    left = gone.run_until_complete(begin())
    gone.close()
    assert asyncio.run(wait_and_settle()) == 5
    assert left is not None and outcome.get() == 5


def test_an_awaiter_that_gives_up_is_forgotten() -> None:
    outcome: Outcome[int] = Outcome()

    async def wait() -> int:
        return await outcome

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait(), 0.001)

    asyncio.run(give_up())
    assert outcome._waiting == []
    outcome.settle(5, None)
    assert asyncio.run(wait()) == 5
