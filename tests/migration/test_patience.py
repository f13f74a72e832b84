"""When one more round is worth it."""

from __future__ import annotations

from vmstate.migration.patience import Patience


def test_rounds_go_on_while_they_halve_what_is_left() -> None:
    patience = Patience()
    assert not patience.within_round(5000, 3)
    assert patience.another(1000, 1000, 5000, 3)
    assert patience.within_round(5999, 3)
    assert not patience.within_round(6000, 3)  # as much was sent as there was
    assert patience.another(499, 1000, 6000, 3)
    assert patience.within_round(6100, 3)
    assert not patience.within_round(6100, 4)  # all was sent, in fewer bytes
    assert not patience.another(250, 1000, 6100, 4)


def test_little_is_little_enough() -> None:
    assert not Patience().another(1, 64, 0, 0)
    assert Patience().another(2, 64, 0, 0)
    assert not Patience().another(0, 0, 0, 0)
