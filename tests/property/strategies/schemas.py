"""Whole schemas as text: constants, enumerations, aliases, structs, and devices that use them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.property.strategies.body import StructType
from tests.property.strategies.chooser import INTEGERS, Chooser, Drawn
from tests.property.strategies.descriptions import DescriptionWriter
from tests.property.strategies.fields import ScalarType


@dataclass(frozen=True)
class SchemaText:
    """`predicates` maps each device to the methods that it asks."""

    text: str
    predicates: dict[str, tuple[str, ...]]


@st.composite
def schemas(draw: DrawFn, devices: int = 4, plain: bool = False) -> SchemaText:
    """A schema of so many devices, `dev0x`, `dev1x` …: no name is the beginning of another one."""
    return draw_schemas(Drawn(draw), devices, plain)


def draw_schemas(choose: Chooser, devices: int, plain: bool) -> SchemaText:
    parts = ["/// Drawn at random.", "const LIMIT = 4", "enum Mode : u8 { IDLE = 0 READ = 1 WRITE = 2 }"]
    parts += ["flags Bits : u16 { LOW = 0x0001 HIGH = 0x8000 }"]
    alias = choose.one(INTEGERS)
    parts += [f"type word = {alias}", ""]
    scalars = [ScalarType("Mode", "u8"), ScalarType("Bits", "u16"), ScalarType("word", alias)]
    structs: list[StructType] = []
    for place in range(choose.number(0, 3)):
        text, struct = DescriptionWriter(choose, scalars, structs[:], plain).write("struct", f"Part{place}x")
        structs.append(struct)
        parts.append(text)
    predicates = {}
    for place in range(devices):
        if not plain and choose.chance(4):
            parts.append(f"device dev{place}x version {choose.number(0, 3)} opaque\n")
            predicates[f"dev{place}x"] = ()
            continue
        writer = DescriptionWriter(choose, scalars, structs, plain)
        parts.append(writer.write("device", f"dev{place}x")[0])
        predicates[f"dev{place}x"] = tuple(writer.predicates)
    return SchemaText("\n".join(parts), predicates)
