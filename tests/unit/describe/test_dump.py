"""What `vmsgen describe` writes, literally."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmsgen.describe import dump
from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_text


def fields(text: str) -> list[Any]:
    diagnostics = Diagnostics()
    schema = compile_text(text + "\n", diagnostics)
    assert schema, diagnostics.found
    made: list[Any] = json.loads(dump(schema.devices, "none"))["d"]["Description"]["Fields"]
    return made


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("device d version 1 { an : { a : u8 }[2] }", (1, 1)),
        ("device d version 1..2 { an : { a : u8 }[2]  b : u8 since 2 }", (2, 1)),
        ("device d version 3..5 { an : { a : u8 }[2][3] }", (5, 3)),
    ],
)
def test_a_struct_without_a_name_is_read_at_the_versions_of_what_it_is_in(text: str, versions: tuple[int, int]) -> None:
    """A newer minimum would be a complaint of the checker about a change that breaks nothing."""
    inner = fields(text)[0]["Description"]
    while inner:
        assert (inner["version_id"], inner["minimum_version_id"]) == versions
        inner = inner["Fields"][0].get("Description")


def test_sizes_of_types_that_are_arrays() -> None:
    types = 'type Avr "avr" = u64[2]\ntype Level "level" = u32\ntype Config "config" = buffer[8]\n'
    items = "v : Avr  w : Avr[3]  l : Level[2]  c : Config  n : u8  m : Avr[n max 3]  unused[n * 8 max 80]"
    made = fields(f"{types}device d version 1 {{ {items} }}")
    assert [(field["field"], field["size"]) for field in made] == [
        ("v", 16), ("w", 16), ("l", 4), ("c", 8), ("n", 1), ("m", 16), ("unused", 8)
    ]  # fmt: skip


def test_a_tmp_has_version_0_with_all_that_is_in_it() -> None:
    found = fields("device d version 1..2 { t : tmp { hook pre_save  an : { a : u8 }[2] } }")[0]["Description"]
    assert (found["version_id"], found["minimum_version_id"]) == (0, 0)
    inner = found["Fields"][0]["Description"]
    assert (inner["version_id"], inner["minimum_version_id"]) == (0, 0)
