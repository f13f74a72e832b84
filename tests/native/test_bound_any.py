"""Drawn schemas, bound to structs of the program's own: they do what they do with structs that the schema makes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.native.own_structs import HEADER, OwnStructs, bound_text, devices_header
from tests.native.test_native import SANITIZE
from tests.property.pair import streams
from tests.property.strategies.chooser import Dice
from tests.property.strategies.schemas import draw_schemas
from tests.property.strategies.values import alter, make_state
from tests.sides import compiled
from vmsgen.cli.build import build
from vmsgen.diagnostics import Diagnostics
from vmsgen.model.schema import Schema
from vmsgen.passes import compile_text
from vmstate.locations import get_include, get_sources

pytestmark = pytest.mark.native

HERE = Path(__file__).parent
STATES = 6


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=True))
def test_bound_states_do_as_others(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    compare(random, tmp_path_factory.mktemp("bound"))


@pytest.mark.long
@settings(max_examples=60, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=True))
def test_bound_states_do_as_others_at_length(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    compare(random, tmp_path_factory.mktemp("bound"))


def compare(random: Random, folder: Path) -> None:
    drawn = draw_schemas(Dice(random), 6, plain=False).text
    # Nobody answers here, and only states of ours know what came in the last load.
    drawn = re.sub(r" needed hook \w+", "", drawn)
    schema = compiled(drawn)
    text = bound_text(drawn, schema)
    note(text)
    bound = compile_text(text, Diagnostics(), bind=True)
    assert bound is not None
    structs = OwnStructs(bound, random)
    note(structs.header)
    commands = loads(schema, random)
    expected = outcome(folder / "emitted", drawn, schema, "", "", commands)
    found = outcome(folder / "own", text, bound, structs.header, structs.functions, commands)
    assert found == expected
    assert "save" in expected


def loads(schema: Schema, random: Random) -> str:
    """A line for each stream: number of the device, version, bytes."""
    choose, lines = Dice(random), []
    for number, device in enumerate(schema.devices):
        for _ in range(STATES):
            for version, body in streams(device, make_state(choose, device), {}):
                changed = [body[: random.randrange(len(body) + 1)], alter(choose, body), alter(choose, body)]
                lines += [f"{number} {version} {data.hex()}\n" for data in (body, *changed, body)]
    return "".join(lines)


def outcome(folder: Path, text: str, schema: Schema, header: str, functions: str, commands: str) -> str:
    folder.mkdir()
    (folder / "any.vms").write_text(text)
    build([folder / "any.vms"], folder, c_only=True)
    (folder / HEADER).write_text(header)
    (folder / "devices.h").write_text(devices_header(schema, functions, "any"))
    sanitize = SANITIZE if os.environ.get("VMS_SANITIZE") else []
    where = [f"-I{get_include()}", "-iquote", str(folder), "-iquote", str(HERE)]
    sources = [str(HERE / "bound_any_main.c"), str(folder / "any.c"), *get_sources()]
    command = ["gcc", "-std=c11", "-g0", "-O0", *sanitize, *where, "-o", str(folder / "program"), *sources]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run([str(folder / "program")], input=commands, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
