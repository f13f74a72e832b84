"""The warning `always-missing`, and that what it says is so."""

from __future__ import annotations

import pytest

from tests.sides import compiled
from tests.unit.passes.test_lints import warnings
from vmsgen.interpret import Refusal, State, decode, encode, reset_state

SLOTS = "struct Slots version 1 {\n    slots : u8?[2]\n}\nstruct Outer version 1 {\n    inner : Slots[2]\n}\n"
KEYED = "struct Key version 1 {\n    a : u8\n}\n"
HINT = "no `pre_load` of it puts that there; a list in place of `?` would not need one"


def of(field: str, structs: str = SLOTS) -> list[tuple[str, int, str | None]]:
    found = warnings(f"{structs}device d version 1 {{\n    n : u8 in 0..4\n    {field}\n}}\n")
    line = structs.count("\n") + 3
    assert all(entry == ("always-missing", line, HINT) for entry in found)
    return found


@pytest.mark.parametrize("type_", ["list<Slots max 4>", "list<Outer max 4>", "Slots[n max 4] alloc", "Outer[2] alloc"])
def test_elements_that_a_load_makes(type_: str) -> None:
    assert len(of(f"x : {type_}")) == 1


def test_values_of_a_map() -> None:
    assert len(of("x : map<Key, Slots max 4>", KEYED + SLOTS)) == 1


@pytest.mark.parametrize("type_", ["Slots", "Outer[3]", "u8?[4]", "list<Key max 4>", "Key[n max 4] alloc"])
def test_elements_that_are_there_before(type_: str) -> None:
    assert of(f"x : {type_}", KEYED + SLOTS) == []


def test_a_hook_may_put_them_there() -> None:
    own = SLOTS.replace("    slots :", "    hook pre_load\n    slots :")
    assert of("x : list<Slots max 4>", own) == of("x : list<Outer max 4>", own) == []
    around = SLOTS.replace("    inner :", "    hook pre_load\n    inner :")
    assert of("x : list<Outer max 4>", around) == []
    assert len(of("x : list<Slots max 4>", around)) == 1


def test_a_subsection_sends_them_too() -> None:
    subsection = "    subsection s version 1 needed a != 0 {\n        x : list<Slots max 4>\n    }\n"
    text = f"{SLOTS}device d version 1 {{\n    a : u8\n{subsection}}}\n"
    assert warnings(text) == [("always-missing", 10, HINT)]


def test_it_is_so() -> None:
    device = compiled(SLOTS + "device d version 1 { x : list<Slots max 4>  y : Slots }").devices[0]
    state = reset_state(device)
    state["y"]["slots"] = [7, None]
    data = encode(device, state)
    decode(device, state, data, 1)
    state["x"] = [State(slots=[None, None])]
    decode(device, state, encode(device, state), 1)
    state["x"] = [State(slots=[5, None])]
    with pytest.raises(Refusal) as refused:
        decode(device, state, encode(device, state), 1)
    assert (refused.value.code, refused.value.path, refused.value.offset) == ("marker", "x[0].slots[0]", 1)
