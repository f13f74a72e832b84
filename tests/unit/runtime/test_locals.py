"""dumps, loads and pickle of states with local members, which no body carries."""

from __future__ import annotations

import pickle
import struct
from types import ModuleType
from typing import Any

import pytest

import vmstate
from tests.unit.runtime.building import build

SCHEMA = """\
struct Part version 1 { local k : u8 = 3  v : u8 }

struct Fifo version 1 {
    local room : u16 in 0..9 = 4
    data : u8[room max 9]
}

device rt version 1..2 {
    hook post_load

    local n : u8 = 2
    a       : u8[n max 8]
    b       : u8[2]
    c       : u8 since 2
    local w : u8[c max 4]
    local own : list<Part max 3>
    local d : f64
    local t : i64
    local raw : buffer[2]
    local bits : bitmap[9]
    local all : Part
    fifo    : Fifo
    parts   : Part[2]
    maybe   : Part?[2]
    queue   : list<Part max 3>
    table   : map<u64, Part max 3>
    subsection later version 1 needed c != 0 { late : Part }
}

device plain version 1 { a : u8 }
"""

OLD = "device rt version 1 { local n : u8 = 2  local t : u8  local gone : u8 = 9  a : u8[n max 8]  b : u8[2] }\n"
NEW = "device rt version 1..2 { local n : u8 = 2  local t : u8 in 0..9  a : u8[n max 8]  b : u8[2]  c : u8 since 2 }\n"

VALUES: dict[str, Any] = {
    "n": 4, "a": [1, 2, 3, 4], "b": [5, 6], "c": 3, "w": [7, 8, 9, 1], "own": [{"k": 1, "v": 2}],
    "d": -0.0, "t": -(2**63), "raw": b"\xff\0",
    "bits": 0x101, "all": {"k": 1, "v": 2}, "fifo": {"room": 6, "data": [1, 2, 3, 4, 5, 6]},
    "parts": [{"k": 4}, {"k": 5}], "maybe": [None, {"k": 6, "v": 1}], "queue": [{"k": 7}, {"k": 8}],
    "table": {9: {"k": 10}, 300: {"k": 11}}, "late": {"k": 12, "v": 13},
}  # fmt: skip


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModuleType]:
    return build({"rt.vms": SCHEMA}, tmp_path_factory.mktemp("locals"), "local_devices")


@pytest.fixture(scope="module")
def old_and_new(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    folder = tmp_path_factory.mktemp("ages")
    made = [build({"rt.vms": text}, folder, f"{age}_devices")["rt"].Rt for age, text in (("old", OLD), ("new", NEW))]
    return made[0], made[1]


@pytest.fixture
def rt(modules: dict[str, ModuleType]) -> Any:
    return modules["rt"].Rt


@pytest.mark.parametrize("copied", [lambda x: type(x).loads(x.dumps()), lambda x: pickle.loads(pickle.dumps(x))])
def test_local_members_come_back(rt: Any, copied: Any) -> None:
    state = rt(**VALUES)
    again = copied(state)
    assert again.as_dict() == state.as_dict() == VALUES | {
        "parts": [{"k": 4, "v": 0}, {"k": 5, "v": 0}], "queue": [{"k": 7, "v": 0}, {"k": 8, "v": 0}],
        "table": {9: {"k": 10, "v": 0}, 300: {"k": 11, "v": 0}},
    }  # fmt: skip
    assert again == state
    assert struct.pack(">d", again.d) == bytes([0x80, 0, 0, 0, 0, 0, 0, 0])


def test_a_hook_has_the_last_word(rt: Any) -> None:
    class Opened(rt):  # type: ignore[misc]
        def post_load(self, version: int) -> None:
            self.t = 77
            self.late.k = 78

    again = Opened.loads(rt(t=5, c=1, late={"k": 9}).dumps())
    assert (again.t, again.late.k) == (77, 78)


def test_what_a_save_leaves_out_is_not_carried(rt: Any) -> None:
    assert rt.loads(rt(late={"v": 1}).dumps()).late.v == 0


def test_the_bytes(old_and_new: tuple[Any, Any]) -> None:
    old, _ = old_and_new
    blob = old(n=1, a=[8], b=[1, 2], t=255).dumps()
    digest = bytes.fromhex(old.__layout__.digest)
    assert blob == (
        b"\x89VMS\x02\x02rt\0\0\0\x01" + digest + b"\0\0\0\0\0\0\0\x03" + b"\x08\x01\x02" + b"\0\0\0\0"
        + b"\0\0\0\x2d" + b"\x05\0\0\0\x03"
        + b"\x06\0\0\0\x01n\x01\0\0\0\x01\x01" + b"\x06\0\0\0\x01t\x01\0\0\0\x02\0\xff"
        + b"\x06\0\0\0\x04gone\x01\0\0\0\x01\x09"
    )  # fmt: skip


def test_without_local_members_the_format_is_the_first(modules: dict[str, ModuleType]) -> None:
    plain = modules["rt"].Plain
    assert plain(a=7).dumps()[4] == 1
    assert plain.loads(plain(a=7).dumps()) == plain(a=7)


def test_another_schema_takes_the_names_that_agree(old_and_new: tuple[Any, Any]) -> None:
    old, new = old_and_new
    assert new.loads(old(n=1, t=9, a=[8], b=[1, 2]).dumps()) == new(n=1, t=9, a=[8], b=[1, 2])
    with pytest.raises(vmstate.FramingError, match=r"^rt: the local member t: .*10") as caught:
        new.loads(old(t=10).dumps())
    assert (caught.value.device, caught.value.path) == ("rt", "t")
    assert caught.value.__notes__[0].startswith("it was saved by another schema")
