"""Schemas made to hurt: what is too much is refused at once, what is much goes through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vmsgen.backend.clashes import refuse_clashes
from vmsgen.backend.outputs import outputs
from vmsgen.compat.likeness import alike
from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_text


def codes(text: str) -> list[str]:
    diagnostics = Diagnostics()
    made = compile_text(text, diagnostics)
    assert (made is None) == diagnostics.has_errors
    return [finding.code for finding in diagnostics]


def nested(depth: int, field: str) -> str:
    """Structs in each other, `field` of each with the name of the one in it."""
    structs = "".join(f"struct s{i} {{ {field.format(f's{i - 1}')} }}\n" for i in range(1, depth))
    return f"struct s0 {{ a : u8 }}\n{structs}device d version 1 {{ {field.format(f's{depth - 1}')} }}\n"


def chain(depth: int) -> str:
    return nested(depth, "a : {}")


def lists(depth: int) -> str:
    return nested(depth, "a : list<{} max 1>")


def test_structs_nest_so_deep_and_no_deeper() -> None:
    assert codes(chain(40)) == []
    assert codes(chain(41)) == ["too-deep"]
    assert set(codes(chain(300))) == {"too-deep"}


def test_structs_in_lists_nest_as_deep_and_no_deeper() -> None:
    assert codes(lists(40)) == []
    assert codes(lists(41)) == ["too-deep"]
    assert codes(nested(41, "a : map<u64, {} max 1>")) == ["too-deep"]
    assert set(codes(lists(300))) == {"too-deep"}


@pytest.mark.parametrize("made", [chain, lists])
def test_each_struct_is_looked_at_once_however_deep_it_lies(made: Callable[[int], str]) -> None:
    """One that went through everything below it for each step down would not come to an end: 2 ** 40 of them."""
    diagnostics = Diagnostics()
    first, second = (compile_text(made(40), diagnostics) for _ in range(2))
    assert first is not None and second is not None
    refuse_clashes((first,), diagnostics)
    assert list(diagnostics) == []
    assert "struct s39 {" in "".join(outputs((first,), Path("out")).values())
    assert alike(first.description("d"), second.description("d"))


def test_structs_whose_lists_double() -> None:
    structs = nested(11, "a : list<{0} max 1>  b : list<{0} max 1>")
    assert codes(structs) == []
    assert codes(nested(12, "a : list<{0} max 1>  b : list<{0} max 1>")) == ["too-large"]


def test_structs_that_double_thirty_times() -> None:
    structs = "".join(f"struct s{i} {{ a : s{i - 1}  b : s{i - 1} }}\n" for i in range(1, 60))
    assert set(codes(f"struct s0 {{ a : u8 }}\n{structs}")) == {"too-large"}


def test_many_fields_are_emitted() -> None:
    text = "device d version 1 {" + "".join(f" f{i} : u8" for i in range(1000)) + " }"
    diagnostics = Diagnostics()
    made = compile_text(text, diagnostics)
    assert made is not None and made.description("d").wire[0].size == 1000  # type: ignore[union-attr]


def test_more_fields_than_anybody_has() -> None:
    struct = "struct s {" + "".join(f" f{i} : u8" for i in range(999)) + " }"
    embedded = "".join(f" s{i} : s" for i in range(10))
    assert codes(f"{struct} device d version 1 {{{embedded} }}") == []
    assert codes(f"{struct} device d version 1 {{{embedded}  a : u8 }}") == ["too-large"]


@pytest.mark.parametrize(
    "expression",
    ["(" * 29 + "x" + ")" * 29, " + ".join(["x"] * 150), "~" * 180 + "x", "x ? " * 80 + "1" + " : 0" * 80],
    ids=["brackets", "sum", "unary", "choice"],
)
def test_deep_expressions_are_emitted(expression: str) -> None:
    diagnostics = Diagnostics()
    made = compile_text(f"device d version 1 {{ x : u64  check ({expression}) != 7 }}", diagnostics)
    assert made is not None, list(diagnostics)
    assert "vms_take" in "".join(outputs((made,), Path("out")).values())


def test_many_braces() -> None:
    nested = "{ a : " * 30 + "u8" + " }" * 30
    assert codes(f"device d version 1 {{ x : {nested} }}") == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("0xffffffffffffffff + 1", "too-large"),
        ("1 << 63 << 1", "too-large"),
        ("-0x8000000000000000 - 1", "too-large"),
        ("18446744073709551616", "too-large"),
        ("1 << 64", "shift"),
        ("1 >> -1", "shift"),
        ("1 / 0", "division-by-zero"),
        ("1 % (2 - 2)", "division-by-zero"),
    ],
)
def test_constants_that_are_no_64_bit_numbers(number: str, code: str) -> None:
    assert codes(f"const A = {number}\ndevice d version 1 {{ x : u64 = A }}") == [code]
