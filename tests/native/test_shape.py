"""Descriptions of a native state that changes: always the oracle's, and kept while nothing decides otherwise."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests.native.test_described import schemas
from tests.native.test_native import HERE
from tests.property.native import build, fill
from vmsgen.describe import describe
from vmsgen.interpret import State, reset_state
from vmsgen.model.description import Description
from vmstate import ValidationError

pytestmark = pytest.mark.native

SCHEMA = HERE / "shaped.vms"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return build(SCHEMA.read_text(encoding="utf-8"), "shaped", tmp_path_factory.mktemp("shaped"))


@pytest.fixture
def device() -> Description:
    return schemas([SCHEMA])[0].devices[0]


def test_a_state_that_changes_is_described_as_the_oracle_does(module: ModuleType, device: Description) -> None:
    held = module.Shaped()
    texts = set()
    for n in (*range(10), *reversed(range(10)), 3, 7, 3):
        state = state_of(device, n)
        fill(held, device, state)
        text = held.describe()
        assert text == describe(device, state)
        assert held.describe() is text
        texts.add(text)
    assert len(texts) == 10


def state_of(device: Description, n: int) -> State:
    """One of ten, in which whatever decides takes turns."""
    s = reset_state(device)

    def pair(a: int = 0) -> State:
        return State(a=a, b=0)

    def more(count: int) -> State:
        return State(n=count, v=[0] * 4)

    s.update(n=n, some=n % 3, first=50 * (n % 6), frame=bytearray(n), queue=[pair() for _ in range(n)], x=n)
    s["differ"][0]["a"], s["differ"][1]["a"] = n % 2, int(n % 4 == 1)
    s["grow"][0]["n"], s["grow"][1]["n"] = n % 5, (n + 2) % 5
    s["deep"]["sub"]["a"] = n % 2
    s["slots"][n % 3] = pair()
    s["maybe"] = [more(n % 4) if n % 2 else None, more(n % 4)]
    s["ranges"][0]["len"], s["ranges"][1]["len"] = n % 3, n % 5
    s["grown"] = [more(i % 5) for i in range(n)]
    s["keyed"] = [(i, pair()) for i in range(n)]
    s["pairs"] = [(pair(i), more(i % 4)) for i in range(n)]
    return s


def change(held: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    for step in way:
        held = held[int(step)] if step.isdigit() else getattr(held, step)
    setattr(held, last, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("some", 2),
        ("n", 3),
        ("differ.1.a", 1),
        ("grow.0.n", 3),
        ("deep.sub.a", 1),
        ("grown.1.n", 4),
        ("ranges.0.len", 4),
        ("first", 199),
        ("x", 2),
    ],
)
def test_what_decides_changes_the_text(module: ModuleType, device: Description, path: str, value: Any) -> None:
    held, state = module.Shaped(), state_of(device, 4)
    state["x"] = 0
    fill(held, device, state)
    before = held.describe()
    change(held, path, value)
    assert held.describe() != before


def test_what_decides_nothing_leaves_it(module: ModuleType, device: Description) -> None:
    held = module.Shaped()
    fill(held, device, state_of(device, 3))
    text = held.describe()
    held.late, held.deep.last, held.queue[1].a, held.part[0].b, held.first = 9, 9, 9, 9, 199
    assert held.describe() is text
    held.restore(held.save(), version=5)
    assert held.describe() is text


def test_a_state_that_cannot_be_told_has_no_text_and_then_one(module: ModuleType) -> None:
    held = module.Shaped()
    text = held.describe()
    held.cdata.n = 200
    for _ in range(2):
        with pytest.raises(ValidationError) as caught:
            held.describe()
        assert (caught.value.code, caught.value.path, caught.value.found) == ("count", "counted", 200)
    held.cdata.n = 0
    assert held.describe() == text


def test_a_missing_element_and_one_less_change_the_text(module: ModuleType, device: Description) -> None:
    held = module.Shaped()
    fill(held, device, state_of(device, 5))
    texts = [held.describe()]
    held.slots[0] = module.Pair()
    texts.append(held.describe())
    held.maybe[0] = None
    texts.append(held.describe())
    held.queue.pop()
    texts.append(held.describe())
    held.pairs = []
    texts.append(held.describe())
    assert len(set(texts)) == len(texts)


def test_each_state_has_its_own(module: ModuleType, device: Description) -> None:
    one, other = module.Shaped(), module.Shaped()
    fill(other, device, state_of(device, 9))
    texts = one.describe(), other.describe()
    assert texts[0] != texts[1]
    assert (one.describe(), other.describe()) == texts


def test_a_pinned_version_decides_anew_every_time(module: ModuleType) -> None:
    held = module.Pinning()
    fields = b'{"name": "a", "type": "uint8", "size": 1}'
    head = b'{"name": "pinning", "instance_id": 0, "vmsd_name": "pinning", "version": 1, "fields": [{"name": "pinned", '
    old = head + b'"type": "vstruct", "vmsd_name": "old", "version": 1, "fields": [%s], "size": %d}]}'
    assert held.describe() == old % (fields, 1)
    held.pinned.a = 1
    assert held.describe() == old % (fields + b', {"name": "c", "type": "uint8", "size": 1}', 2)
