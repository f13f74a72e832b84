"""Saves in older versions: modules and the oracle write the same bytes, and find the same value in the way.

The two are written apart: natively objects are loaded again and compared, the oracle does the same with plain values.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import vmstate
from tests.property.native import build, fill, make
from tests.property.strategies.chooser import Dice
from tests.property.strategies.schemas import SchemaText, schemas
from tests.property.strategies.values import make_answers, make_state
from tests.property.test_native_agrees import same_path
from tests.property.test_oracle import compiled
from vmsgen.interpret import Refusal, State, encode
from vmsgen.interpret.lost import lost
from vmsgen.interpret.state import copy_value
from vmsgen.model.description import Description

pytestmark = pytest.mark.native

DEVICES, STATES, MODULES = 6, 10, 4


def oracle_saves(device: Description, state: State, version: int, hooks: dict[str, Any]) -> bytes | tuple[str, str]:
    try:
        body = encode(device, copy_value(state), hooks, version)
        path = lost(device, state, version, hooks)
    except Refusal as refusal:
        return refusal.code, refusal.path
    return body if path is None else ("inexpressible", path)


def native_saves(target: Any, version: int) -> bytes | tuple[str, str]:
    try:
        return bytes(target.save(version=version))
    except vmstate.VMStateError as error:
        return error.code, error.path


def agree(native: bytes | tuple[str, str], oracle: bytes | tuple[str, str]) -> bool:
    if isinstance(native, bytes) or isinstance(oracle, bytes):
        return native == oracle
    return native[0] == oracle[0] and same_path(*native, oracle[1])


@settings(
    max_examples=MODULES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(schemas(devices=DEVICES), st.randoms(use_true_random=True))
def test_older_versions_agree(tmp_path_factory: pytest.TempPathFactory, drawn: SchemaText, random: Random) -> None:
    schema, choose = compiled(drawn), Dice(random)
    module = build(drawn.text, f"drawn_{schema.digest[:16]}", tmp_path_factory.mktemp("older"))
    for device in schema.devices:
        replies = {method: lambda *_, reply=reply: reply for method, reply in
                   make_answers(choose, drawn.predicates[device.name]).items()}  # fmt: skip
        for _ in range(STATES):
            state = make_state(choose, device, replies, valid=choose.chance(90))
            target = make(module, device, replies)
            fill(target.cdata, device, state)
            for version in range(device.minimum_version, device.version):
                expected = oracle_saves(device, state, version, replies)
                found = native_saves(target, version)
                assert agree(found, expected), (
                    f"{device.name} at {version}: native {found!r}, oracle {expected!r}, {state}"
                )
