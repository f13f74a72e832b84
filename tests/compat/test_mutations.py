"""Schemas are changed in steps known to be harmless or not: the verdict must agree, and so must real bytes.

Dice with known seeds draw the schemas, so that a failure is repeated by its number.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import vmstate
from tests.compat.mutations import (
    BREAKING,
    COMPATIBLE,
    CONTAINER_BREAKING,
    ITEM,
    DeviceText,
    Step,
    split,
    with_containers,
)
from tests.compat.receivers import set_up
from tests.compat.witnesses import expect_to_fail
from tests.property.native import build, fill, make
from tests.property.strategies.chooser import Dice
from tests.property.strategies.schemas import draw_schemas
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

DRAWN = 4
"""States drawn at random for each version, beside those that are steered."""


def devices_of(text: str) -> tuple[Description, ...] | None:
    """None for texts that do not compile: a change may have left a reference dangling."""
    schema = compile_text(text, Diagnostics())
    return schema.devices if schema else None


def change(choose: Dice, device: DeviceText, steps: list[Step]) -> DeviceText | None:
    for number, step in enumerate(steps):
        changed = step(choose, device, str(number))
        if changed is None:
            return None
        device = changed
    return device


def harmless(choose: Dice) -> list[Step]:
    return [choose.one(COMPATIBLE) for _ in range(choose.number(1, 3))]


def two_sides(choose: Dice, harmful: bool) -> tuple[Description, Description, str] | None:
    """A drawn device, and what a few steps make of it; None where that does not compile."""
    front, (old,) = split(draw_schemas(choose, 1, plain=True).text)
    steps: list[Step] = []
    if choose.chance(50):
        front, old = ITEM + front, with_containers(old)
        steps = [choose.one((*BREAKING, *CONTAINER_BREAKING))] if harmful else []
    elif harmful:
        steps = [choose.one(BREAKING)]
    if not harmful or choose.chance(50):
        steps = steps + harmless(choose)
    new = change(choose, old, steps)
    if new is None:
        return None
    senders, receivers = devices_of(front + old.text), devices_of(front + new.text)
    if senders is None or receivers is None:
        return None
    return senders[0], receivers[0], f"{[step.__name__ for step in steps]}\n{front}{old.text}{new.text}"


def check_harmless(first: int, count: int) -> None:
    made = streams = 0
    seed = first
    while made < count:
        seed += 1
        choose = Dice(random.Random(seed))
        sides = two_sides(choose, harmful=False)
        if sides is None:
            continue
        made += 1
        sender, receiver, text = sides
        verdicts, findings = compare_devices(sender, receiver, drawn=DRAWN)
        assert [v.verdict for v in verdicts] == [LOADS] * len(verdicts), (seed, text, findings)
        for version in range(sender.minimum_version, sender.version + 1):
            for candidate in States(sender, version, (), 4).drawn():
                streams += expect_to_arrive(sender, receiver, candidate.state, version, (seed, text))
    assert streams > 3 * count, streams


def expect_to_arrive(sender: Description, receiver: Description, state: State, version: int, where: object) -> int:
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
        name = member.was or member.name
        if name in into and not member.local:
            assert arrived(member.type, got[member.name], into[name]), (where, version, body.hex(), member.name)
    return 1


def arrived(type_: Type, got: Value, sent: Value) -> bool:
    """The same value, of the receiver's type. Of an array or a buffer with more room, as much as both sides have."""
    match type_:
        case Struct(description):
            pairs = ((m, m.was or m.name) for m in description.members)
            return all(arrived(m.type, got[m.name], sent[was]) for m, was in pairs if was in sent)
        case Optional(element) if got is not None and sent is not None:
            return arrived(element, got, sent)
        case List(element):
            return len(got) == len(sent) and all(arrived(element, *both) for both in zip(got, sent, strict=True))
        case Array(element) if not isinstance(element, Scalar):
            return all(arrived(element, *both) for both in zip(got, sent, strict=False))
        case Array() | Buffer():
            return same(got[: len(sent)], sent[: len(got)])
    return same(got, sent)


def check_harmful(first: int, count: int) -> None:
    seed, made, proved, unproved = first, 0, 0, 0
    while made < count:
        seed += 1
        sides = two_sides(Dice(random.Random(seed)), harmful=True)
        if sides is None:
            continue
        made += 1
        sender, receiver, text = sides
        verdicts, findings = compare_devices(sender, receiver, drawn=DRAWN)
        broken = [v for v in verdicts if v.verdict != LOADS]
        assert broken, (seed, text)
        # Of a device whose conditions no state meets there is no stream, and nothing is claimed.
        unproved += any(v.verdict == MAY and v.tried for v in broken)
        shown = [finding for finding in findings if finding.witness is not None]
        assert bool(shown) == any(v.verdict != MAY for v in broken), (seed, text)
        proved += bool(shown)
        for finding in shown:
            expect_to_fail(sender, receiver, finding)
    assert proved >= 0.7 * count and unproved <= 0.05 * count, (proved, unproved)


def test_harmless_steps_are_judged_so_and_streams_load() -> None:
    check_harmless(0, MADE)


def test_harmful_steps_are_shown_by_a_stream() -> None:
    check_harmful(1_000_000, MADE)


@pytest.mark.long
def test_many_harmless_steps() -> None:
    check_harmless(2_000_000, MANY)


@pytest.mark.long
def test_many_harmful_steps() -> None:
    check_harmful(3_000_000, MANY)


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
    assert native_witnesses(tmp_path, Dice(random.Random(7)), 8) >= 5


@pytest.mark.native
@pytest.mark.long
def test_the_generated_code_refuses_many_witnesses(tmp_path: Path) -> None:
    assert sum(native_witnesses(tmp_path, Dice(random.Random(seed)), 8) for seed in range(100, 130)) >= 120


def test_every_step_changes_something() -> None:
    text = "device d version 1..2 {\n    f0 : u8 in 0..3\n    f1 : u16\n    subsection s version 1 { f2 : u8 }\n}\n"
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
