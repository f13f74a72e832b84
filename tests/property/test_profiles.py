"""The short run draws the same examples every time, the long one new ones."""

from __future__ import annotations

from hypothesis import settings


def test_only_the_long_run_draws_anew() -> None:
    assert settings.get_profile("default").derandomize
    assert not settings.get_profile("long").derandomize
    assert settings.get_profile("long").max_examples == 5_000
