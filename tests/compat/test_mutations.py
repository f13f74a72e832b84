"""Schemas are changed in steps known to be harmless or not: the verdict must agree, and so must real bytes.

Hypothesis draws the schemas and every step.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

import vmstate
from tests.compat.mutations import (
    BREAKING,
    COMPATIBLE,
    CONTAINER_BREAKING,
    ITEM,
    DeviceText,
    Step,
    rename,
    split,
    with_containers,
)
from tests.compat.receivers import partner, set_up
from tests.compat.witnesses import expect_to_fail
from tests.property.native import build, fill, make
from tests.property.strategies.chooser import Chooser, Dice, Drawn
from tests.property.strategies.schemas import draw_schemas, schemas
from vmsgen.compat import compare_devices
from vmsgen.compat.finding import LOADS, MAY
from vmsgen.compat.states import States
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import Refusal, State, decode, encode, same
from vmsgen.interpret.state import Value
from vmsgen.model.description import Description
from vmsgen.model.types import Array, Buffer, List, Optional, Scalar, Struct, Type
from vmsgen.passes import compile_text

MADE, MANY = 50, 3000
"""Changed schemas of each kind: always, and in the long run."""

# No shrinking: each step of it compares two devices, and the failing texts are in the report.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]

DRAWN = 4
"""States drawn at random for each version, beside those that are steered."""


def devices_of(text: str) -> tuple[Description, ...] | None:
    """None for texts that do not compile: a change may have left a reference dangling."""
    schema = compile_text(text, Diagnostics())
    return schema.devices if schema else None


def change(choose: Chooser, device: DeviceText, steps: list[Step]) -> DeviceText | None:
    for number, step in enumerate(steps):
        changed = step(choose, device, str(number))
        if changed is None:
            return None
        device = changed
    return device


def harmless(choose: Chooser) -> list[Step]:
    return [choose.one(COMPATIBLE) for _ in range(choose.number(1, 3))]


@dataclass(frozen=True)
class Sides:
    """The texts of two devices, and the steps from the one to the other."""

    steps: tuple[str, ...]
    old: str
    new: str

    @property
    def devices(self) -> tuple[Description, Description]:
        sender, receiver = devices_of(self.old), devices_of(self.new)
        assert sender and receiver
        return sender[0], receiver[0]


TURNS = 5
"""So often steps are drawn anew where a device has nothing to change so."""


@st.composite
def changed(draw: DrawFn, kind: Callable[[Chooser], list[Step]]) -> Sides:
    """A drawn device, and what a few steps make of it."""
    choose = Drawn(draw)
    front, (old,) = split(draw(schemas(devices=1, plain=True)).text)
    if choose.chance(60):
        front, old = ITEM + front, with_containers(old)
    for _ in range(TURNS if devices_of(front + old.text) else 0):
        steps = kind(choose)
        new = change(choose, old, steps)
        if new is not None and devices_of(front + new.text):
            return Sides(tuple(step.__name__ for step in steps), front + old.text, front + new.text)
    return reject()


def renames(choose: Chooser) -> list[Step]:
    return [rename] * choose.number(1, 4)


def harmful(choose: Chooser) -> list[Step]:
    steps = [choose.one((*BREAKING, *CONTAINER_BREAKING))]
    return steps + (harmless(choose) if choose.chance(50) else [])


def for_each(strategy: SearchStrategy[Sides], many: int, check: Callable[[Sides], Counter[str]]) -> Counter[str]:
    """What the checks counted, all together; `made` is how many there were."""
    total: Counter[str] = Counter()

    @settings(max_examples=many, phases=PHASES)
    @given(strategy)
    def each(sides: Sides) -> None:
        total.update(check(sides))
        total["made"] += 1

    each()
    assert total["made"] >= many
    return total


def check_harmless(sides: Sides) -> Counter[str]:
    sender, receiver = sides.devices
    verdicts, findings = compare_devices(sender, receiver, drawn=DRAWN)
    assert [v.verdict for v in verdicts] == [LOADS] * len(verdicts), findings
    streams = 0
    for version in range(sender.minimum_version, sender.version + 1):
        for candidate in States(sender, version, (), 4).drawn():
            streams += expect_to_arrive(sender, receiver, candidate.state, version)
    return Counter(streams=streams)


def check_renamed(sides: Sides) -> Counter[str]:
    return check_harmless(sides) + check_harmless(Sides(sides.steps, sides.new, sides.old))


def expect_to_arrive(sender: Description, receiver: Description, state: State, version: int) -> int:
    """As the same values, wherever the names are the same. 0 for what the sender itself would not load."""
    try:
        body = encode(sender, state, version=version)
        into = set_up(sender, sender, state)
        decode(sender, into, body, version)
    except Refusal:
        return 0
    got = set_up(sender, receiver, state)
    decode(receiver, got, body, version)
    for member in receiver.members:
        was = partner(member, receiver, sender)
        if was is not None and not member.local:
            there = arrived(was.type, member.type, got[member.name], into[was.name])
            assert there, (version, body.hex(), member.name)
    return 1


def arrived(ours: Type, theirs: Type, got: Value, sent: Value) -> bool:
    """The same value, of the receiver's type. Of an array or a buffer with more room, as much as both sides have."""
    match ours, theirs:
        case Struct(sender), Struct(receiver):
            pairs = ((member, partner(member, receiver, sender)) for member in receiver.members)
            return all(arrived(was.type, m.type, got[m.name], sent[was.name]) for m, was in pairs if was is not None)
        case Optional(one), Optional(other) if got is not None and sent is not None:
            return arrived(one, other, got, sent)
        case List(one), List(other):
            return len(got) == len(sent) and all(arrived(one, other, *both) for both in zip(got, sent, strict=True))
        case Array(one), Array(other) if not isinstance(other, Scalar):
            return all(arrived(one, other, *both) for both in zip(got, sent, strict=False))
        case Array() | Buffer(), Array() | Buffer():
            return same(got[: len(sent)], sent[: len(got)])
    return same(got, sent)


def check_harmful(sides: Sides) -> Counter[str]:
    sender, receiver = sides.devices
    verdicts, findings = compare_devices(sender, receiver, drawn=DRAWN)
    broken = [v for v in verdicts if v.verdict != LOADS]
    assert broken or not any(v.tried for v in verdicts)  # a sender that can save nothing breaks nothing
    shown = [finding for finding in findings if finding.witness is not None]
    assert bool(shown) == any(v.verdict != MAY for v in broken)
    for finding in shown:
        expect_to_fail(sender, receiver, finding)
    # Of a device whose conditions no state meets there is no stream, and nothing is claimed.
    return Counter(proved=bool(shown), unproved=any(v.verdict == MAY and v.tried for v in broken))


def expect_harmless(many: int) -> None:
    found = for_each(changed(harmless), many, check_harmless)
    assert found["streams"] > 3 * found["made"], found


def expect_renamed(many: int) -> None:
    found = for_each(changed(renames), many, check_renamed)
    assert found["streams"] > 6 * found["made"], found


def expect_harmful(many: int) -> None:
    found = for_each(changed(harmful), many, check_harmful)
    assert found["proved"] >= 0.7 * found["made"] and found["unproved"] <= 0.05 * found["made"], found


def test_harmless_steps_are_judged_so_and_streams_load() -> None:
    expect_harmless(MADE)


def test_renamed_fields_load_in_both_directions() -> None:
    expect_renamed(MADE)


def test_harmful_steps_are_shown_by_a_stream() -> None:
    expect_harmful(MADE)


@pytest.mark.long
def test_many_harmless_steps() -> None:
    expect_harmless(MANY)


@pytest.mark.long
def test_many_renamed_fields() -> None:
    expect_renamed(MANY // 2)  # each is compared in both directions


@pytest.mark.long
def test_many_harmful_steps() -> None:
    expect_harmful(MANY)


def native_witnesses(folder: Path, choose: Dice, devices: int) -> int:
    """One module of several changed devices; how many witnesses were refused by it."""
    front, olds = split(draw_schemas(choose, devices, plain=True).text)
    changed: list[tuple[Description, DeviceText]] = []
    for old in olds:
        new = change(choose, old, [choose.one(BREAKING)])
        sender = devices_of(front + old.text)
        if new is not None and sender is not None and devices_of(front + new.text) is not None:
            changed.append((sender[0], new))
    text = front + "\n".join(new.text for _, new in changed)
    receivers = devices_of(text)
    if not changed or receivers is None:
        return 0
    module = build(text, f"changed_{choose.number(0, 10**9)}", folder)
    count = 0
    for (sender, _), receiver in zip(changed, receivers, strict=True):
        for finding in compare_devices(sender, receiver)[1]:
            witness = finding.witness
            if witness is None or witness.saved is None or witness.code == "misread":
                continue
            target = make(module, receiver, {})
            fill(target, receiver, set_up(sender, receiver, witness.saved))
            with pytest.raises(vmstate.VMStateError) as refused:
                target.restore(witness.data, version=witness.version)
            assert (refused.value.code, refused.value.offset) == (witness.code, witness.offset), text
            count += 1
    return count


@pytest.mark.native
def test_the_generated_code_refuses_witnesses_too(tmp_path: Path) -> None:
    assert native_witnesses(tmp_path, Dice(random.Random(18)), 8) >= 5


@pytest.mark.native
@pytest.mark.long
def test_the_generated_code_refuses_many_witnesses(tmp_path: Path) -> None:
    assert sum(native_witnesses(tmp_path, Dice(random.Random(seed)), 8) for seed in range(100, 140)) >= 120


def test_every_step_changes_something() -> None:
    fields = "    f0 : u8 in 0..3\n    f1 : u16\n    f3 : u16\n"
    text = f"device d version 1..2 {{\n{fields}    subsection s version 1 {{ f2 : u8 }}\n}}\n"
    device = with_containers(split(text)[1][0])
    for step in (*COMPATIBLE, *BREAKING, *CONTAINER_BREAKING):
        made = [step(Dice(random.Random(seed)), device, "0") for seed in range(20)]
        texts = [ITEM + one.text for one in made if one is not None and one != device]
        assert any(devices_of(changed) for changed in texts), step.__name__


def check_anything(first: int, count: int) -> None:
    """Devices that have nothing in common, hooks, predicates and all: whatever is claimed is true."""
    claims = 0
    for seed in range(first, first + count):
        choose = Dice(random.Random(seed))
        texts = [draw_schemas(choose, 1, plain=False).text for _ in range(2)]
        sides = [devices_of(text) for text in texts]
        assert sides[0] is not None and sides[1] is not None
        (one,), (other,) = sides
        verdicts, findings = compare_devices(one, one, drawn=DRAWN)
        assert not any(finding.witness for finding in findings), (seed, texts[0])
        assert all(v.verdict == LOADS or (v.verdict == MAY and v.tried == 0) for v in verdicts), (seed, texts[0])
        for sender, receiver in ((one, other), (other, one)):
            for finding in compare_devices(sender, receiver, drawn=DRAWN)[1]:
                if finding.witness is not None:
                    claims += 1
                    expect_to_fail(sender, receiver, finding)
    assert claims > count


def test_devices_with_nothing_in_common() -> None:
    check_anything(4_000_000, 8)


@pytest.mark.long
def test_many_devices_with_nothing_in_common() -> None:
    check_anything(5_000_000, 500)
