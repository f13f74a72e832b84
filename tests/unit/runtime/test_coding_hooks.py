"""Hooks that read and write bytes themselves, what they raise, and what a device says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vmstate
from tests.unit.runtime.building import build


def special(
    store: Any, get: Callable[[Any, vmstate.Reader], None], put: Callable[[Any, vmstate.Writer], None] = lambda *_: None
) -> Any:
    return type("Special", (store.Special,), {"get_extra": get, "put_extra": put})()


def test_every_kind_of_number(store: Any) -> None:
    found: list[Any] = []
    kinds = ("byte", "sbyte", "be16", "sbe16", "be32", "sbe32", "be64", "sbe64")

    def put(_: Any, writer: vmstate.Writer) -> None:
        for kind in kinds:
            getattr(writer, f"put_{kind}")(-2 if kind.startswith("s") else 0xFE)
        writer.put_counted_string("é")
        writer.put_buffer(memoryview(b"raw"))

    def get(_: Any, reader: vmstate.Reader) -> None:
        found.extend(getattr(reader, f"get_{kind}")() for kind in kinds)
        found.extend([reader.get_counted_string(), reader.get_buffer(3), reader.offset])

    device = special(store, get, put)
    body = device.save()
    assert body == bytes.fromhex(
        "00 fe fe 00fe fffe 000000fe fffffffe 00000000000000fe fffffffffffffffe 02c3a9 726177 00 00"
    )
    device.restore(body, 4)
    assert found == [0xFE, -2] * 4 + ["é", b"raw", 37]


@pytest.mark.parametrize(
    ("method", "value", "error"),
    [("byte", 256, OverflowError), ("byte", -1, OverflowError), ("sbyte", 128, OverflowError),
     ("be16", 1 << 16, OverflowError),
     ("sbe32", -(1 << 31) - 1, OverflowError), ("be64", 1 << 64, OverflowError), ("sbe64", 1 << 63, OverflowError),
     ("be32", "1", TypeError), ("counted_string", "x" * 256, ValueError), ("counted_string", b"x", TypeError),
     ("buffer", "x", TypeError)],
)  # fmt: skip
def test_what_cannot_be_put(store: Any, method: str, value: Any, error: type[Exception]) -> None:
    def put(_: Any, writer: vmstate.Writer) -> None:
        getattr(writer, f"put_{method}")(value)

    with pytest.raises(error) as raised:
        special(store, lambda *_: None, put).save()
    assert "raised by the hook put_extra of special (extra) during a save" in raised.value.__notes__


def test_where_the_data_ends(store: Any) -> None:
    device = special(store, lambda _, reader: reader.get_be32())
    device.n, device.tail = 1, 2
    with pytest.raises(vmstate.TruncatedError) as refused:
        device.restore(b"\5\0\0\0", 4)
    error = refused.value
    assert (error.path, error.offset, error.found, error.allowed) == ("extra", 1, 3, 4)
    assert (device.n, device.tail) == (1, 2)


def test_a_hook_may_make_do_without(store: Any) -> None:
    def get(_: Any, reader: vmstate.Reader) -> None:
        with pytest.raises(vmstate.TruncatedError):
            reader.get_be64()

    device = special(store, get)
    device.restore(b"\5\6\0", 4)
    assert (device.n, device.tail) == (5, 6)


def test_its_own_exception_stays_its_own(store: Any) -> None:
    def get(_: Any, reader: vmstate.Reader) -> None:
        try:
            reader.get_be64()
        except vmstate.TruncatedError:
            raise LookupError("mine") from None

    with pytest.raises(LookupError, match="mine"):
        special(store, get).restore(b"\5\6\0", 4)


def test_room_grows_and_given_room_does_not(store: Any) -> None:
    device = special(store, lambda *_: None, lambda _, writer: writer.put_buffer(bytes(100_000)))
    assert len(device.save()) == 100_003
    with pytest.raises(vmstate.BufferTooSmallError) as refused:
        device.save_into(bytearray(100))
    assert (refused.value.path, refused.value.found, refused.value.allowed) == ("extra", 99, 100_000)


def test_cursors_are_for_their_hook_only(store: Any) -> None:
    kept: list[Any] = []
    device = special(store, lambda _, reader: kept.append(reader), lambda _, writer: kept.append(writer))
    device.restore(device.save(), 4)
    for use in (lambda: kept[0].put_byte(1), lambda: kept[1].get_byte(), lambda: kept[1].offset):
        with pytest.raises(ValueError, match="the hook that this was for is over"):
            use()
    with pytest.raises(TypeError):
        vmstate.Reader()


def test_old_versions(store: Any) -> None:
    class Special(store.Special):
        def load_state_old(self, reader: vmstate.Reader, version: int) -> None:
            self.jobs = [{"id": version}]
            self.n = reader.get_byte()

    device = Special(jobs=[{"id": 1}, {"id": 2}])
    with pytest.raises(vmstate.TruncatedError):
        device.restore(b"", 2)
    assert [job.id for job in device.jobs] == [1, 2]
    device.restore(b"\7", 2)
    assert (device.n, [job.id for job in device.jobs]) == (7, [2])
    with pytest.raises(vmstate.VersionError):
        device.restore(b"\7", 1)


def test_what_a_device_says_of_itself(store: Any) -> None:
    assert (store.Special.priority, store.Special.early_setup, store.Special.unmigratable) == ("iommu", True, False)
    assert (store.Store.priority, store.Store.early_setup, store.Store.is_opaque) == ("default", False, False)
    assert store.Special().needed is True and store.Special(n=3).needed is False and store.Store().needed is True
    assert store.Special().dev_unplug_pending() is False


LANES = "device lanes version 1 { hook get_one, put_one, get_grid, put_grid  one : custom[2]  grid : custom[2][3] }"


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"lanes.vms": LANES}, tmp_path_factory.mktemp("lanes"), "lanes_device")["lanes"]


def test_hooks_of_elements_take_an_index_for_each_dimension(lanes: Any) -> None:
    assert list(inspect.signature(lanes.Lanes.get_one).parameters) == ["self", "reader", "index"]
    assert list(inspect.signature(lanes.Lanes.put_grid).parameters) == ["self", "writer", "index0", "index1"]
    stub, header = (Path(lanes.__file__).with_name(name).read_text() for name in ("lanes.pyi", "lanes.h"))
    assert "    def get_one(self, reader: Reader, index: int) -> None: ...\n" in stub
    assert "    def put_grid(self, writer: Writer, index0: int, index1: int) -> None: ...\n" in stub
    assert "    int (*get_one)(struct lanes *s, vms_reader *r, size_t index, void *opaque);\n" in header
    assert (
        "    int (*put_grid)(struct lanes *s, vms_writer *w, size_t index0, size_t index1, void *opaque);\n" in header
    )


def test_hooks_of_elements_see_the_object_and_are_named_with_the_element(lanes: Any) -> None:
    class Lanes(lanes.Lanes):
        __slots__ = ("one", "grid")

        def get_one(self, reader: vmstate.Reader, index: int) -> None:
            self.one[index] = reader.get_byte()

        def put_one(self, writer: vmstate.Writer, index: int) -> None:
            writer.put_byte(self.one[index])

        def get_grid(self, reader: vmstate.Reader, index0: int, index1: int) -> None:
            self.grid[index0][index1] = reader.get_counted_string()

        def put_grid(self, writer: vmstate.Writer, index0: int, index1: int) -> None:
            writer.put_counted_string(self.grid[index0][index1])

    sender, receiver = Lanes(), Lanes()
    sender.one, sender.grid = [7, 8], [["", "a", "bc"], ["d", "", "e"]]
    receiver.one, receiver.grid = [0, 0], [[""] * 3, [""] * 3]
    body = b"\7\10" + b"\0\1a\2bc" + b"\1d\0\1e"
    assert sender.save() == body
    receiver.restore(body, 1)
    assert (receiver.one, receiver.grid) == (sender.one, sender.grid)
    assert b'{"name": "grid", "array_len": 6, "type": "unknown", "size": 1}' in sender.describe()
    with pytest.raises(vmstate.TruncatedError) as cut:
        receiver.restore(body[:6], 1)
    assert (cut.value.path, cut.value.offset, cut.value.device) == ("grid[0][2]", 6, "lanes")
    sender.grid[1].pop()
    with pytest.raises(IndexError) as failed:
        sender.save()
    assert failed.value.__notes__ == ["raised by the hook put_grid of lanes (grid[1][2]) during a save"]
    with pytest.raises(vmstate.HookError) as missing:
        lanes.Lanes().save()
    assert (missing.value.code, missing.value.path) == ("no-hook", "one[0]")


def test_a_hook_of_elements_that_takes_no_index_is_told(lanes: Any) -> None:
    hooks = {"put_one": lambda self, writer: None, "put_grid": lambda self, writer, row, column: None}
    with pytest.raises(TypeError, match="positional argument"):
        type("Lanes", (lanes.Lanes,), hooks)().save()
