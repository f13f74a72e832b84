"""Long arrays are traced as rows: the same numbers are compared, and blamed, as one by one."""

from __future__ import annotations

from time import process_time

import pytest

from vmsgen.compat import compare_devices
from vmsgen.compat.finding import BREAKS, LOADS
from vmsgen.compat.trace import Piece, save
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import reset_state
from vmsgen.model.description import Description
from vmsgen.passes import compile_text


def device(items: str) -> Description:
    diagnostics = Diagnostics()
    schema = compile_text(f"device d version 1 {{ {items} }}\n", diagnostics)
    assert schema, diagnostics.found
    return schema.devices[0]


def test_a_row_is_one_piece() -> None:
    sender = device("a : u8  x : u16[3]  m : i8[2][2]  b : u8[2] in 0..9")
    state = reset_state(sender)
    state["x"], state["m"] = [1, 2, 3], [[-1, 2], [3, 4]]
    pieces = save(sender, state, 1, {}).pieces
    assert [(p.name, p.start, p.end, p.numbers) for p in pieces] == [
        ("a", 0, 1, None),
        ("x", 1, 7, [1, 2, 3]),
        ("m[0]", 7, 9, [-1, 2]),
        ("m[1]", 9, 11, [3, 4]),
        ("b[0]", 11, 12, None),
        ("b[1]", 12, 13, None),
    ]
    assert list(pieces[1].elements)[2] == Piece("x[2]", "u16", 5, 7, 3)
    assert pieces[1].cut(1) == (Piece("x", "u16", 1, 3, None, [1]), Piece("x", "u16", 3, 7, None, [2, 3], 1))


@pytest.mark.parametrize(
    ("old", "new", "code", "blamed"),
    [
        ("x : u8[4]  y : u8", "x : u8[5]  y : u8", "truncated", "x"),
        ("x : u8[5]  y : u8", "x : u8[4]  y : u8", "trailing", "x"),
        ("x : u8[4]  y : u8[4]", "y : u8[4]  x : u8[4]", "misread", "x"),
        ("x : u16[2]", "x : u8[4]", "misread", "x"),
        ("x : u8[4]", "x : i8[4]", "misread", "x"),
        ("x : u8[4]", "x : u8[4] in 0..9", "range", "x"),
        ("a : u8  x : u8[2]", "x : u8[2]  a : u8", "misread", "a"),
        ("x : u8[2]", "x : bool[2]", "misread", "x"),
    ],
)
def test_what_is_blamed(old: str, new: str, code: str, blamed: str) -> None:
    verdicts, findings = compare_devices(device(old), device(new))
    assert verdicts[0].verdict == BREAKS or findings[0].loads_if
    shown = [(finding.witness.code, finding.path) for finding in findings if finding.witness]
    assert (code, blamed) in shown


def test_a_row_that_is_written_twice() -> None:
    old = "x : u8[4]  send x"
    assert compare_devices(device(old), device(old + "  local n : u8"))[0][0].verdict == LOADS


def test_a_large_row_takes_no_time() -> None:
    """131,072 numbers, one by one, took a second for each of a dozen loads and saves."""
    start = process_time()
    verdicts, _ = compare_devices(device("a : u8  x : u8[131072]"), device("a : u8  x : u8[131072]  b : u8"))
    assert verdicts[0].verdict == BREAKS
    assert process_time() - start < 3
