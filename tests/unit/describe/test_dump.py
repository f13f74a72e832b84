"""What `vmsgen describe` writes, literally."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmsgen.describe import dump
from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_text


def dumped(text: str) -> str:
    diagnostics = Diagnostics()
    schema = compile_text(text + "\n", diagnostics)
    assert schema, diagnostics.found
    return dump(schema.devices, "none")


def fields(text: str) -> list[Any]:
    made: list[Any] = json.loads(dumped(text))["d"]["Description"]["Fields"]
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


def versions(text: str) -> list[tuple[str, int]]:
    return [(field["field"], field["version_id"]) for field in fields(text)]


@pytest.mark.parametrize("oldest", [1, 2, 3])
def test_a_field_has_the_version_that_its_since_names(oldest: int) -> None:
    """Also where the oldest version makes it certain: raising that one would else be a complaint of the checker."""
    front = "struct Element version 2 { a : u8 }\n"
    items = "a : u8  b : u8 since 2  group since 2 { c : u8  d : u16 since 3  unused[1] }  e : { f : u8 } since 2"
    items += "  group since 2 { g : { h : u8 }[2] }  l : list<Element max 2> since 2"
    text = f"{front}device d version {oldest}..3 {{ {items} }}"
    assert versions(text) == [
        ("a", 0), ("b", 2), ("c", 2), ("d", 3), ("unused", 2), ("e.f", 2), ("g", 2), ("l", 2)
    ]  # fmt: skip
    assert fields(text)[6]["Description"]["Fields"][0]["version_id"] == 0


def test_a_group_is_over_where_it_ends() -> None:
    items = "group since 1 { group since 2 { a : u8 }  b : u8 }  c : u8  group before 3 { e : u8 }"
    assert versions(f"device d version 2..3 {{ {items} }}") == [("a", 2), ("b", 1), ("c", 0), ("e", 0)]


def test_the_size_is_that_in_memory() -> None:
    text = "device d version 1..2 { local n : u32  send n as u16 before 2  send n since 2  m : u8  send m as u64 }"
    assert [(field["field"], field["size"]) for field in fields(text)] == [("n", 4), ("n", 4), ("m", 1), ("m", 1)]


def test_what_has_no_fields_says_so() -> None:
    text = dumped("device d version 1 { subsection s version 1 { subsection t version 1 { a : u8 } } }")
    assert text.count('"Fields": []') == 2
    made = json.loads(text)["d"]["Description"]
    assert (made["Fields"], made["Subsections"][0]["Fields"]) == ([], [])
    assert [field["field"] for field in made["Subsections"][0]["Subsections"][0]["Fields"]] == ["a"]


def test_a_tmp_has_version_0_with_all_that_is_in_it() -> None:
    found = fields("device d version 1..2 { t : tmp { hook pre_save  an : { a : u8 }[2] } }")[0]["Description"]
    assert (found["version_id"], found["minimum_version_id"]) == (0, 0)
    inner = found["Fields"][0]["Description"]
    assert (inner["version_id"], inner["minimum_version_id"]) == (0, 0)


def test_a_tmp_has_its_subsections() -> None:
    inner = "subsection s version 2..3 needed x == 1 { x : u8  subsection u { y : u16 } }"
    found = fields(f'device d version 1 {{ t "d_tmp" : tmp {{ unused[2]  {inner} }} }}')[0]["Description"]
    assert found == {
        "name": "d_tmp", "version_id": 0, "minimum_version_id": 0,
        "Fields": [{"field": "unused", "version_id": 0, "field_exists": False, "size": 2}],
        "Subsections": [{
            "name": "d_tmp/s", "version_id": 3, "minimum_version_id": 2,
            "Fields": [{"field": "x", "version_id": 0, "field_exists": False, "size": 1}],
            "Subsections": [{
                "name": "d_tmp/s/u", "version_id": 0, "minimum_version_id": 0,
                "Fields": [{"field": "y", "version_id": 0, "field_exists": False, "size": 2}],
            }],
        }],
    }  # fmt: skip
