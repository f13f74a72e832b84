"""save(version=N): the bytes of an older version, or the name of what it has no room for."""

from __future__ import annotations

from typing import Any

import pytest

import vmstate
from tests.unit.runtime.building import build

# n, level, gauges, jobs, index, spans, seen, masks, slots, grid, no words, keys or cells, late
HEAD, LEVEL, REST, LATE = b"\0", bytes(8), bytes(16) + b"\0" + bytes(5) + bytes(5) + bytes(16 + 16) + b"000000", b"\7"


def test_versions_have_their_fields(store: Any) -> None:
    device = store.Store(late=7)
    assert device.save() == device.save(version=3) == device.save(None) == HEAD + LEVEL + REST + LATE
    assert device.save(version=2) == HEAD + LEVEL + REST
    assert device.save(1) == HEAD + REST


@pytest.mark.parametrize(
    ("fields", "version", "path"),
    [({"late": 8}, 2, "late"), ({"late": 7, "level": 0.5}, 1, "level"), ({"late": 8, "level": 0.5}, 1, "level")],
)
def test_what_would_be_lost_is_named(store: Any, fields: dict[str, Any], version: int, path: str) -> None:
    device = store.Store(**fields)
    with pytest.raises(vmstate.InexpressibleError) as refused:
        device.save(version=version)
    assert (refused.value.code, refused.value.path, refused.value.device) == ("inexpressible", path, "store")
    assert device == store.Store(**fields)


def test_what_comes_back_by_itself_is_not_lost(store: Any) -> None:
    """Reset, `late` is 0, and would be 7: that is another state."""
    with pytest.raises(vmstate.InexpressibleError) as refused:
        store.Store().save(version=2)
    assert (refused.value.path, refused.value.found, refused.value.allowed) == ("late", 0, 7)


def test_missing_elements_and_lists_are_in_every_version(store: Any) -> None:
    fields = {"late": 7, "slots": [{"low": 1}, None], "grid": [[None, 2], [None, None]], "jobs": [{"id": 3}]}
    device = store.Store(**fields)
    loaded = store.Store.load(device.save(version=1), 1, layout=device)
    assert loaded == device


@pytest.mark.parametrize("version", [0, 4])
def test_versions_that_are_none(store: Any, version: int) -> None:
    with pytest.raises(vmstate.VersionError) as refused:
        store.Store().save(version=version)
    assert (refused.value.found, refused.value.allowed) == (version, (1, 3))
    with pytest.raises(TypeError):
        store.Store().save(version="1")
    with pytest.raises(vmstate.VersionError):
        store.Job().save(version=2)
    assert store.Job().save(version=1) == b"\0\0\0"


def test_hooks_run_on_the_object_and_on_copies(store: Any) -> None:
    seen: list[tuple[bool, str]] = []

    class Store(store.Store):
        def pre_save(self) -> None:
            seen.append((self is device, "pre_save"))
            self.late = 7

    device = Store()
    device.name = "kept beside the state"
    assert device.save(version=2) == HEAD + LEVEL + REST
    assert seen == [(True, "pre_save")] and device.late == 7


COUNTED = """
struct Part version 1..2 {
    n : i8 before 2 else 9
    subsection more version 1 needed n == 5 { a : u8[n max 3] }
}
device counted version 1..2 { part : Part since 2  x : u8 }
"""


def test_a_length_is_no_value_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`n` is out of bounds here, 0 in the older version's receiver and 9 in the newest's: it never comes back."""
    counted = build({"counted.vms": COUNTED}, tmp_path_factory.mktemp("counted"), "counted_device")["counted"]
    device = counted.Counted(part={"n": -1}, x=7)
    assert (len(device.part.a), device.save(), device.save(version=1)) == (3, b"\7", b"\7")
    device.part.n = 9
    with pytest.raises(vmstate.InexpressibleError) as refused:
        device.save(version=1)
    assert refused.value.path == "part.n"


KEEPER = """
struct Part version 1 { hook get_c, put_c  p : u8  c : custom }
device keeper version 1..3 {
    hook get_first, put_first, get_late, put_late as store_late, get_grid, put_grid
    local v : u16
    first : custom
    a     : u8
    late  : custom since 2
    grid  : custom[version - 1 max 2][3] since 2
    parts : Part[2] since 3
    queue : list<Part max 4>
}
"""


def test_what_a_hook_writes_is_lost_where_it_is_not_called(tmp_path_factory: pytest.TempPathFactory) -> None:
    keeper = build({"keeper.vms": KEEPER}, tmp_path_factory.mktemp("keeper"), "keeper_device")["keeper"]

    wanted: list[int] = []

    class Part(keeper.Part):
        def get_c(self, reader: vmstate.Reader) -> None:
            if self.p:
                reader.get_byte()

        def put_c(self, writer: vmstate.Writer) -> None:
            writer.put_buffer(b"p" if self.p else b"")

    class Keeper(keeper.Keeper):
        def get_first(self, reader: vmstate.Reader) -> None:
            reader.get_byte()

        def put_first(self, writer: vmstate.Writer) -> None:
            writer.put_byte(0xF1)

        def get_late(self, reader: vmstate.Reader) -> None:
            self.v = reader.get_be16() if self.a else 0

        def store_late(self, writer: vmstate.Writer) -> None:
            if self.a:
                writer.put_be16(self.v)

        def get_grid(self, reader: vmstate.Reader, row: int, column: int) -> None:
            reader.get_buffer(wanted == [row, column])

        def put_grid(self, writer: vmstate.Writer, row: int, column: int) -> None:
            writer.put_buffer(b"g" * (wanted == [row, column]))

    Keeper.Part = Part
    Keeper = type("Keeper", (Keeper,), {})
    device = Keeper(a=1, v=0x1234, queue=[{"p": 1}])
    assert device.save().hex(" ") == "f1 01 12 34 00 00 01 01 70 00"
    assert device.save(version=2).hex(" ") == "f1 01 12 34 01 01 70 00"
    with pytest.raises(vmstate.InexpressibleError) as refused:
        device.save(version=1)
    assert (refused.value.path, refused.value.device) == ("late", "keeper")
    assert str(refused.value) == (
        "keeper: late cannot be said in version 1, which has no room for what its hook writes"
    )
    device.a = 0  # and the hook writes nothing
    wanted[:] = [1, 2]
    assert device.save().hex(" ") == "f1 00 67 00 00 01 01 70 00"
    with pytest.raises(vmstate.InexpressibleError) as refused:
        device.save(version=2)
    assert refused.value.path == "grid[1][2]"
    wanted[:] = [0, 2]
    assert device.save(version=2).hex(" ") == "f1 00 67 01 01 70 00"
    wanted[:] = []
    assert device.save(version=1).hex(" ") == "f1 00 01 01 70 00"
    device.parts[1].p = 1
    with pytest.raises(vmstate.InexpressibleError) as refused:
        device.save(version=2)
    assert refused.value.path == "parts[1].p"
