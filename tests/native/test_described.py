"""Descriptions by the C: what the oracle says of the same states, and sizes that the C compiler agrees with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.native.test_native import HERE, compiler, emitted, program, run
from vmsgen.backend.names import c_struct
from vmsgen.cli.build import build
from vmsgen.describe import describe
from vmsgen.describe.abi import layout
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import State, reset_state
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema, every
from vmsgen.passes import compile_files
from vmstate.locations import get_include

pytestmark = pytest.mark.native
__all__ = ["compiler", "emitted"]

SCHEMA = HERE / "described.vms"
SIZED = [SCHEMA, HERE / "rest.vms", *sorted((HERE / "schemas").glob("*.vms")),
         *sorted((HERE.parents[1] / "schemas" / "qemu").glob("*.vms"))]  # fmt: skip


def schemas(paths: list[Path]) -> tuple[Schema, ...]:
    diagnostics = Diagnostics()
    made = compile_files(paths, diagnostics)
    assert made, diagnostics.found
    return made


def filled(device: Description, n: int) -> State:
    """As fill() in described_main.c."""
    s = reset_state(device)

    def pair() -> State:
        return State(a=0, b=0)

    def more(count: int) -> State:
        return State(n=count, v=[0] * 4)

    s.update(n=n, some=n % 3, frame=bytearray(n), queue=[pair() for _ in range(n)])
    s["differ"][0]["a"], s["differ"][1]["a"] = n % 2, int(n % 4 == 1)
    s["grow"][0]["n"], s["grow"][1]["n"] = n % 5, (n + 2) % 5
    s["pinned"]["a"] = s["newest"]["a"] = n % 2
    s["slots"][n % 3] = pair()
    s["maybe"] = [more(n % 4) if n % 2 else None, more(n % 4)]
    s["ranges"][0]["len"], s["ranges"][1]["len"] = n % 3, n % 5
    s["grown"] = [more(i % 5) for i in range(n)]
    s["keyed"] = [(i, pair()) for i in range(n)]
    s["pairs"] = [(pair(), more(i % 4)) for i in range(n)]
    return s


HOOKS: dict[str, Any] = {
    "put_irqs": lambda state, writer: writer.put_buffer(bytes(100 * state["n"])),
    **{
        f"put_{name}": lambda state, writer, index: writer.put_buffer(bytes(index + 1))
        for name in ("own", "few", "all")
    },
    **{
        f"put_{name}": lambda state, writer, row, index: writer.put_buffer(bytes(10 * row + index))
        for name in ("rows", "lines")
    },
    "two_needed": lambda state, version: state["n"] % 2,
    "fp_pre_save": lambda state: state["fp"].update(mant=state["n"] % 3),
}


def test_c_describes_as_the_oracle_does(compiler: str, tmp_path: Path) -> None:
    build([SCHEMA], tmp_path, c_only=True)
    command = program(compiler, [HERE / "described_main.c", tmp_path / "described.c"], tmp_path, tmp_path)
    device, _ = schemas([SCHEMA])[0].devices
    start = '{"name": "described", "instance_id": 0, '
    expected = []
    for n in range(10):
        for version in (1, 3, 5):
            entry = describe(device, filled(device, n), HOOKS, version=version).decode("ascii")
            assert entry.startswith(start)
            expected.append(entry.removeprefix(start).removesuffix("}"))
    found = run(command).splitlines()
    assert found[-1] == '"size": 131, "fields": [{"name": "data", "size": 131, "type": "buffer"}]'
    for ours, theirs in zip(found[:-1], expected, strict=True):
        assert ours == theirs


def test_the_layout_is_that_of_the_c_compiler(compiler: str, tmp_path: Path) -> None:
    made = schemas(SIZED)
    build(SIZED, tmp_path, c_only=True)
    sources = []
    for schema in every(made):
        lines = [f'#include "{schema.name}.h"', f"typedef int {schema.name}_is_sized;"]
        for description in schema.descriptions:
            struct, found = f"struct {c_struct(description.name)}", layout(description)
            lines.append(f'_Static_assert(sizeof({struct}) == {found.size}, "{struct}");')
            lines.append(f'_Static_assert(_Alignof({struct}) == {found.alignment}, "{struct}");')
            for member in found.members:
                place, size = f"offsetof({struct}, {member.name})", f"sizeof((({struct} *)0)->{member.name})"
                lines.append(f'_Static_assert({place} == {member.offset}, "{struct} {member.name}");')
                lines.append(f'_Static_assert({size} == {member.size}, "{struct} {member.name}");')
        sources.append(tmp_path / f"{schema.name}_layout.c")
        sources[-1].write_text("\n".join([*lines, ""]))
    assert len(sources) > 40
    run([compiler, "-std=c11", "-Wall", "-Werror", "-fsyntax-only", f"-I{get_include()}", *map(str, sources)])
