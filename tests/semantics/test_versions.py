"""Which version everything is saved and loaded at."""

from __future__ import annotations

import pytest

from tests.semantics.conftest import Calls, MakeSide, subsection
from tests.sides import Refused
from tests.states import state_of
from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_text

OWN = {"own": {"x": 1, "y": 2}, "pinned": {"x": 3, "y": 0}}

# own.x own.y pinned.x, then what the device's version and its conditions say: late, early, asked, tried.
BODIES = [
    (4, {"late": 1, "tried": 6}, "01 02 03 01 06"),
    (4, {"late": 2, "asked": 5, "tried": 6}, "01 02 03 02 05 06"),
    (3, {"asked": 5}, "01 02 03 05"),
    (2, {"early": 7, "asked": 5, "tried": 6}, "01 02 03 07 05 06"),
]


@pytest.mark.parametrize(("version", "values", "wire"), BODIES)
def test_structs_have_their_own_version_and_conditions_decide_alone(
    side: MakeSide, version: int, values: dict[str, int], wire: str
) -> None:
    device = side("versions")
    state = state_of(device.device, {**OWN, **values})
    assert device.save(state, version) == bytes.fromhex(wire)
    assert device.load(state_of(device.device, {}), bytes.fromhex(wire), version) is None
    assert device.state == state


def test_a_struct_is_told_its_own_version(side: MakeSide) -> None:
    calls = Calls("Both.post_load")
    versions = side("versions", calls.methods)
    for version, _, wire in BODIES:
        assert versions.load(state_of(versions.device, {}), bytes.fromhex(wire), version) is None
        assert calls.called == ["Both.post_load(2)", "Both.post_load(1)"]
        calls.called.clear()


@pytest.mark.parametrize("version", [0, 1, 5, 0xFFFFFFFF])
def test_a_version_out_of_range_is_refused_before_the_first_byte(side: MakeSide, version: int) -> None:
    versions = side("versions")
    assert versions.load(state_of(versions.device, {}), b"", version) == Refused("version", "", 0)
    assert versions.save(state_of(versions.device, {}), 1) == Refused("version", "")


def test_an_element_is_loaded_at_the_version_of_the_list(side: MakeSide) -> None:
    calls = Calls("Newer.post_load")
    listed = side("listed", calls.methods)
    state = state_of(listed.device, {"queue": [{"v": 1, "w": 2}, {"v": 3, "w": 4}]})
    assert listed.save(state) == bytes.fromhex("01 01 02 01 03 04 00")
    assert listed.load(state_of(listed.device, {}), bytes.fromhex("01 01 02 01 03 04 00")) is None
    assert listed.state == state
    assert calls.called == ["Newer.post_load(2)"] * 2


def test_a_list_whose_elements_would_be_loaded_at_another_version_than_they_are_saved_at() -> None:
    diagnostics = Diagnostics()
    text = "struct E version 2 { v : u8 }  device d version 1..3 { queue : list<E max 3> since 3 }"
    assert compile_text(text, diagnostics) is None
    assert [found.code for found in diagnostics.found] == ["element-version"]


def test_a_condition_beside_a_version_is_refused_where_the_version_would_not_count() -> None:
    diagnostics = Diagnostics()
    assert compile_text("device d version 1..2 { a : u8  b : u8 since 2 when a == 1 }", diagnostics) is None
    assert [found.code for found in diagnostics.found] == ["when-and-version"]


def test_a_pinned_version_that_cannot_be_read() -> None:
    diagnostics = Diagnostics()
    text = "struct S version 2..3 { v : u8 }  device d version 1 { s : S at 1 }"
    assert compile_text(text, diagnostics) is None
    assert [found.code for found in diagnostics.found] == ["pinned"]


@pytest.mark.parametrize("version", [3, 4, 5])
def test_a_tmp_is_loaded_as_version_0(side: MakeSide, version: int) -> None:
    calls = Calls("t_post_load")
    temporary = side("temporary", calls.methods)
    assert temporary.save(state_of(temporary.device, {"a": 1, "t": {"z": 2}}), version) == b"\1\2"
    calls.called.clear()
    assert temporary.load(state_of(temporary.device, {}), b"\1\2", version) is None
    assert calls.called == ["t_post_load(0)"]


def test_old_versions_go_to_one_hook_and_nothing_else_runs(side: MakeSide) -> None:
    calls = Calls("pre_load", "post_load")

    def load_state_old(device: object, reader: object, version: int) -> None:
        device.a = reader.get_be16() - 0x100 * version  # type: ignore[attr-defined]
        calls.called.append("load_state_old")

    old = side("old", {**calls.methods, "load_state_old": load_state_old})
    for version in (1, 2):
        before = state_of(old.device, {"a": 9, "b": 9, "c": 9})
        assert old.load(before, bytes([version, 5]), version) is None
        # What later versions have is at the value that stands for its absence, as after any load without it.
        assert old.state == state_of(old.device, {"a": 5, "b": 7, "c": 0})
    assert calls.called == ["load_state_old"] * 2
    assert old.load(state_of(old.device, {}), b"\0\1", 0) == Refused("version", "", 0)
    assert old.load(state_of(old.device, {}), b"\1", 1) == Refused("truncated", "", 0)
    assert old.load(state_of(old.device, {}), b"\1\1\1", 1) == Refused("trailing", "", 2)
    assert side("old").load(state_of(old.device, {}), b"\1\1", 1) == Refused("no-hook", "", 0)
    assert old.save(state_of(old.device, {}), 2) == Refused("version", "")
    assert old.load(state_of(old.device, {}), b"\1" + subsection("old/sub", 1, "08"), 3) is None
    assert old.state == state_of(old.device, {"a": 1, "b": 7, "c": 8})
    assert calls.called[-2:] == ["pre_load", "post_load(3)"]


def test_a_legacy_section_is_read_by_its_hook_at_any_version_up_to_its_own(side: MakeSide) -> None:
    found: list[tuple[int, bytes]] = []
    methods = {
        "save_state": lambda _, writer: writer.put_buffer(b"\xca\xfe"),
        "load_state": lambda _, reader, version: found.append((version, reader.get_buffer(2))),
    }
    legacy = side("legacy", methods)
    nothing = state_of(legacy.device, {})
    assert legacy.save(nothing) == b"\xca\xfe"
    for version in range(5):
        assert legacy.load(nothing, b"\xca\xfe", version) is None
    assert found == [(version, b"\xca\xfe") for version in range(5)]
    assert legacy.load(nothing, b"\xca\xfe", 5) == Refused("version", "", 0)
    assert legacy.load(nothing, b"\xca\xfe\0") == Refused("trailing", "", 2)
    assert legacy.load(nothing, b"\xca") == Refused("truncated", "", 0)
    assert side("legacy").save(nothing) == Refused("no-hook", "")
