"""What a save as an older version loses, by the oracle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.states import state_of
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import encode, lost
from vmsgen.model.description import Description
from vmsgen.passes import compile_text


def device(text: str) -> Description:
    diagnostics = Diagnostics()
    schema = compile_text(text + "\n", diagnostics)
    assert schema, diagnostics.found
    return schema.devices[0]


LATE = "device d version 1..2 { hook get_c, put_c  a : u8  c : custom since 2 }"
PARTS = (
    "struct Part { hook get_c, put_c  local p : u8  c : custom }  device d version 1..2 { a : u8  s : Part[2] since 2 }"
)
BOTH = "device d version 1..2 { hook get_c, put_c  c : custom  a : u8 since 2 }"
FIRST = "device d version 1..2 { hook get_c, put_c  c : custom since 2  a : u8 since 2 }"


@pytest.mark.parametrize(
    ("text", "written", "values", "older", "path"),
    [
        (LATE, b"\x12\x34", {"a": 1}, "01", "c"),
        (LATE, b"", {"a": 1}, "01", None),
        (BOTH, b"\x12", {}, "12", None),
        (BOTH, b"\x12", {"a": 1}, "12", "a"),
        (FIRST, b"\x12", {}, "", "c"),
        (FIRST, b"\x12", {"a": 1}, "", "a"),
        (LATE.replace("since 2", "before 2"), b"\x12", {"a": 1}, "01 12", None),
        (LATE.replace("since 2", "when version == 2 && a == 1"), b"\x12", {"a": 1}, "01", "c"),
        (LATE.replace("since 2", "when version == 2 && a == 1"), b"\x12", {"a": 2}, "02", None),
    ],
)
def test_what_a_hook_writes(text: str, written: bytes, values: dict[str, int], older: str, path: str | None) -> None:
    made = device(text)

    def put(_: Any, writer: Any) -> None:
        writer.put_buffer(written)

    def get(_: Any, reader: Any) -> None:
        reader.get_buffer(len(written))

    hooks = {"put_c": put, "get_c": get}
    state = state_of(made, values)
    assert encode(made, state, hooks, 1).hex(" ") == older
    assert lost(made, state, 1, hooks) == path


@pytest.mark.parametrize(("wanted", "path"), [((1,), None), ((2,), "c[2]"), ((1, 0), "a[1][0]")])
def test_what_the_hook_of_an_arrays_elements_writes(wanted: tuple[int, ...], path: str | None) -> None:
    """Of three elements of `c` version 1 has two, and none of `a`."""
    made = device(
        "device d version 1..2 { hook get_c, put_c, get_a, put_a  c : custom[version + 1]  a : custom[2][2] since 2 }"
    )

    def put(_: Any, writer: Any, *indices: int) -> None:
        writer.put_buffer(b"x" * (indices == wanted))

    def get(_: Any, reader: Any, *indices: int) -> None:
        reader.get_buffer(indices == wanted)

    hooks = {"put_c": put, "get_c": get, "put_a": put, "get_a": get}
    assert lost(made, state_of(made, {}), 1, hooks) == path


def test_what_the_hooks_of_a_structs_elements_write() -> None:
    made = device(PARTS)

    def nothing(_: Any, cursor: Any) -> None:
        pass

    def put(_: Any, writer: Any) -> None:
        writer.put_byte(7)

    def get(_: Any, reader: Any) -> None:
        reader.get_byte()

    hooks = {f"s[{n}]/{method}_c": nothing for n in (0, 1) for method in ("put", "get")}
    state = state_of(made, {"a": 1})
    assert lost(made, state, 1, hooks) is None
    hooks |= {"s[1]/put_c": put, "s[1]/get_c": get}
    assert encode(made, state, hooks).hex(" ") == "01 07"
    assert lost(made, state, 1, hooks) == "s[1].c"
