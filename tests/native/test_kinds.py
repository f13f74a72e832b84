"""Lists whose elements are described in one of few ways: what the oracle says of every combination."""

from __future__ import annotations

from itertools import product
from types import ModuleType

import pytest

from tests.property.native import build, fill
from vmsgen.backend.c.kinds import kinds
from vmsgen.describe import describe
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import State, reset_state
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema
from vmsgen.model.types import Struct
from vmsgen.passes import compile_text

pytestmark = pytest.mark.native

LONG = "  ".join(f"a_name_of_some_length_{number} : u8" for number in range(8))
TEXT = f"""
struct One "one" version 1 {{ a : u8  b : u16 when a in 1..3 }}
struct Two version 1 {{
    a : u8
    b : u8
    c : u8 when (a != 0 ? b : a) != 0
    subsection more "Two/more" version 1 needed a == b {{ d : u8 }}
}}
struct Deep version 1 {{ two : Two  x : u8 }}
struct Both version 1 {{ one : One  x : u8  other : One }}
struct Four version 1 {{ a : u8  b : u8 when a & 1  c : u8 when a & 2  d : u8 when a & 4  e : u8 when a & 8 }}
struct Long version 1 {{ {LONG}  more : {{ {LONG} }}  a : u8  b : u8 when a != 0 }}
struct First version 1 {{ local a : u8  b : u8 when a == 0  c : u8 }}
struct Lists version 1 {{ ones : list<One max 200>  deep : list<Deep max 8> }}
device listed version 1 {{
    ones  : list<One max 200>
    twos  : list<Two max 200>
    deep  : list<Deep max 8>
    both  : list<Both max 8>
    fours : list<Four max 16>
    longs : list<Long max 4>
    first : list<First max 4>
    inner : Lists[3]
}}
"""


def compiled() -> Schema:
    diagnostics = Diagnostics()
    schema = compile_text(TEXT, diagnostics)
    assert schema, diagnostics.found
    return schema


def struct(name: str) -> Description:
    return next(each for each in compiled().descriptions if each.name == name)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return build(TEXT, "kinds", tmp_path_factory.mktemp("kinds"))


def test_what_has_few() -> None:
    found = {each.name: kinds(Struct(each)) for each in compiled().descriptions}
    assert {name: len(each.texts) for name, each in found.items() if each} == {"One": 2, "Two": 4, "Deep": 4, "Both": 4}
    one = found["One"]
    assert one is not None and one.tests == ("(s->a >= 1) && (s->a <= 3)",)
    begin = '"vmsd_name": "one", "version": 1, "fields": [{"name": "a", "type": "uint8", "size": 1}'
    assert one.texts == ((f"{begin}]", 1), (f'{begin}, {{"name": "b", "type": "uint16", "size": 2}}]', 3))
    assert kinds(Struct(struct("Two"), at=2)) is None


def state(device: Description, ones: int, twos: int) -> State:
    made = reset_state(device)

    def one(number: int) -> State:
        return State(a=number % 5, b=0)

    def two(number: int) -> State:
        return State(a=number % 3, b=number // 3 % 3, c=0, d=0)

    def deep(number: int) -> State:
        return State(two=two(number), x=0)

    made["ones"] = [one(number) for number in range(ones)]
    made["twos"] = [two(number) for number in range(twos)]
    made["deep"] = [deep(number * 7 + ones) for number in range(ones % 9)]
    made["both"] = [State(one=one(number), x=0, other=one(number // 5)) for number in range(twos % 9)]
    made["fours"] = [State(a=number, b=0, c=0, d=0, e=0) for number in range(twos % 17)]
    made["first"] = [State(a=number % 2, b=0, c=0) for number in range(twos % 5)]
    for number, inner in enumerate(made["inner"]):
        inner["ones"] = [one(each) for each in range((ones + number * 50) % 101)]
        inner["deep"] = [deep(each) for each in range((twos + number) % 9)]
    return made


def test_every_combination(module: ModuleType) -> None:
    device = compiled().devices[0]
    held = module.Listed()
    for ones, twos in product((0, 1, 2, 5, 9, 200), repeat=2):
        now = state(device, ones, twos)
        fill(held, device, now)
        text = describe(device, now)
        assert held.describe() == text
        assert held.describe() == text
        assert held.describe("other") == text.replace(b'"listed"', b'"other"', 1)
