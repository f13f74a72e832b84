"""Generated C and the oracle agree: same bytes, same verdict, same error, same state after it.

A module takes seconds to build, so each holds several devices, and each device gets several states and their streams.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.property.device_model import Model
from tests.property.native import build, make, read
from tests.property.pair import Pair, agree
from tests.property.strategies.chooser import Dice
from tests.property.strategies.schemas import draw_schemas
from tests.property.strategies.values import make_answers
from tests.sides import compiled
from vmsgen.interpret import State

pytestmark = pytest.mark.native

DEVICES = 6

# No shrinking: every step of it would build a module. The failing state, stream and schema are in the report.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
SLOW = [HealthCheck.too_slow]


# So many schemas, with DEVICES × states pairs of a schema and a state in each: 5 × 6 × 17 = 510.
@settings(max_examples=5, phases=PHASES, suppress_health_check=SLOW)
@given(st.randoms(use_true_random=True))
def test_native_and_oracle_agree(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    agree_on_a_schema(random, tmp_path_factory.mktemp("drawn"), states=17)


# 56 × 6 × 60 = 20160.
@pytest.mark.long
@settings(max_examples=56, phases=PHASES, suppress_health_check=SLOW)
@given(st.randoms(use_true_random=True))
def test_native_and_oracle_agree_at_length(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    agree_on_a_schema(random, tmp_path_factory.mktemp("drawn"), states=60)


def agree_on_a_schema(random: Random, folder: Path, states: int) -> None:
    choose = Dice(random)
    drawn = draw_schemas(choose, DEVICES, plain=False)
    note(drawn.text)
    schema = compiled(drawn.text)
    module = build(drawn.text, f"drawn_{schema.digest[:16]}", folder)
    for device in schema.devices:
        model = Model(device, make_answers(choose, drawn.predicates[device.name]), choose.chance(90))
        pair = Pair(device, make(module, device, model.native), model, State())
        pair.state = read(pair.target, device)
        for _ in range(states):
            agree(pair, choose)
