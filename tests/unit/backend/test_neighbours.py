"""What lies beside each other in memory as it does on the wire is saved several at a time; nothing else is."""

from __future__ import annotations

import re

from vmsgen.backend.c.save_functions import save_functions
from vmsgen.diagnostics import Diagnostics
from vmsgen.passes import compile_text


def stores(fields: str) -> list[str]:
    """The statements that store a run of these fields, without the comments beside them."""
    diagnostics = Diagnostics()
    schema = compile_text(f"device d version 1 {{ {fields} }}\n", diagnostics)
    assert schema, diagnostics.found
    (save,) = save_functions(schema.descriptions[-1])
    lines = [re.sub(r" */\*.*", "", line).strip() for line in str(save.body).splitlines()]
    start = lines.index("return -1;") + 1
    return [line for line in lines[start:] if line and not line.startswith(("return", "uint8_t"))]


def test_numbers_of_two_and_four_bytes() -> None:
    assert stores("a : u16  b : i16  c : u16  d : u16  e : u16  f : u16  g : u16  h : u32") == [
        "vms_put16x4(p, &s->a);",
        "vms_put16x2(p + 8, &s->e);",
        "vms_put16(p + 12, s->g);",
        "vms_put32(p + 14, s->h);",
    ]
    assert stores("a : u32  b : i32  c : u32  x : u64  y : u64") == [
        "vms_put32x2(p, &s->a);",
        "vms_put32(p + 8, s->c);",
        "vms_put64(p + 12, s->x);",
        "vms_put64(p + 20, s->y);",
    ]


def test_bytes() -> None:
    assert stores("a : u8  b : i8  c : u8  d : bool  e : u8") == [
        "memcpy(p, &s->a, 3);",
        "p[3] = s->d != 0;",
        "p[4] = s->e;",
    ]
    assert stores("  ".join(f"a{number} : u8" for number in range(10))) == [
        "memcpy(p, &s->a0, 8);",
        "memcpy(p + 8, &s->a8, 2);",
    ]


def test_what_stands_between_parts_them() -> None:
    assert stores("a : u16  local x : u16  b : u16") == ["vms_put16(p, s->a);", "vms_put16(p + 2, s->b);"]
    assert stores("local a : u16  local b : u16  send b  send a") == ["vms_put16(p, s->b);", "vms_put16(p + 2, s->a);"]
    assert stores("a : u16  unused[2]  b : u16") == [
        "vms_put16(p, s->a);",
        "memset(p + 2, 0, 2);",
        "vms_put16(p + 4, s->b);",
    ]
    assert stores("a : u8  b : u16  c : u8") == ["p[0] = s->a;", "vms_put16(p + 1, s->b);", "p[3] = s->c;"]
    assert stores("local a : u32  local b : u32  send a as u16  send b as u16") == [
        "vms_put16(p, (uint16_t)s->a);",
        "vms_put16(p + 2, (uint16_t)s->b);",
    ]


def test_members_of_structs_in_place() -> None:
    assert stores("r : { a : u32  b : u32 }  t : { a : u8  b : u8 }[9]") == [
        "vms_put32x2(p, &s->r.a);",
        "for (size_t i0 = 0; i0 < 9; i0++) {",
        "memcpy(q0, &s->t[i0].a, 2);",
        "}",
    ]


def test_short_loops_are_written_out() -> None:
    assert stores("t : { a : u8  b : u16 }[8]")[0] == "#pragma GCC unroll 8"
    assert stores("t : { r : { a : u8 b : u16 }[2] }[3]")[:2] == [
        "for (size_t i0 = 0; i0 < 3; i0++) {",
        "#pragma GCC unroll 2",
    ]
