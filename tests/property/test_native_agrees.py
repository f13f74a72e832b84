"""Generated C and the oracle agree: same bytes, same verdict, same error, same state after it.

A module takes about a second to build, so each holds several devices, and each device gets several states and streams.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import vmstate
from tests.property.native import build, fill, make, read
from tests.property.strategies.chooser import Dice
from tests.property.strategies.schemas import SchemaText, schemas
from tests.property.strategies.values import alter, make_answers, make_state
from tests.property.test_oracle import compiled, present_everywhere
from vmsgen.interpret import Refusal, State, decode, encode, lost, needed, same
from vmsgen.interpret.encode import encode_at
from vmsgen.interpret.state import Value, copy_value
from vmsgen.model.description import Description
from vmsgen.model.hooks import PREDICATE, hook_points

pytestmark = pytest.mark.native

DEVICES, STATES, CHANGES = 6, 5, 4
MODULES = 17  # so many schemas, with DEVICES × STATES pairs of a schema and a state in each: 510

Verdict = tuple[str, str, int]
"""Code, path and offset of a refusal."""


class Model:
    """The device model's methods, once for each side; both write down what was called.

    With `codes` it also has those that read and write bytes, without which nothing can.
    """

    def __init__(self, device: Description, replies: dict[str, bool], codes: bool) -> None:
        self.native_calls: list[tuple[object, ...]] = []
        self.oracle_calls: list[tuple[object, ...]] = []
        self.native: dict[str, Callable[..., Any]] = {}
        self.oracle: dict[str, Callable[..., Any]] = {}
        for method, reply in replies.items():
            self.native[method] = self.oracle[method] = lambda *_, reply=reply: reply
        for point in hook_points(device):
            make = CODING.get(point.kind, called)
            if point.kind != PREDICATE and (codes if point.kind in CODING else replies):
                self.native[point.method] = make(point.method, self.native_calls)
                self.oracle[point.method] = make(point.method, self.oracle_calls)

    def forget(self) -> None:
        """Drawing states and streams calls hooks as well."""
        self.native_calls.clear()
        self.oracle_calls.clear()


Calls = list[tuple[object, ...]]


def called(method: str, calls: Calls) -> Callable[..., None]:
    return lambda _, *version: calls.append((method, *version))


def reading(method: str, calls: Calls) -> Callable[..., None]:
    """A number, and a byte more if it is odd."""

    def hook(_: object, reader: Any, *version: int) -> None:
        number = reader.get_be16()
        calls.append((method, number, reader.get_buffer(number % 2), *version))

    return hook


def writing(method: str, calls: Calls) -> Callable[..., None]:
    def hook(_: object, writer: Any) -> None:
        calls.append((method,))
        writer.put_be16(0x0105)
        writer.put_buffer(b"x")

    return hook


CODING = {
    "get": reading, "load_state": reading, "load_state_old": reading, "put": writing, "save_state": writing,
}  # fmt: skip


def oracle_saves(device: Description, state: State, hooks: dict[str, Any]) -> bytes | tuple[str, str]:
    try:
        return encode(device, state, hooks)
    except Refusal as refusal:
        return refusal.code, refusal.path


def oracle_saves_older(
    device: Description, state: State, version: int, hooks: dict[str, Any]
) -> bytes | tuple[str, str]:
    """As an older version: refused where that would lose something."""
    try:
        body = encode_at(device, copy_value(state), version, hooks)
        path = lost(device, state, version, hooks)
    except Refusal as refusal:
        return refusal.code, refusal.path
    return body if path is None else ("inexpressible", path)


def native_saves(target: Any, version: int) -> bytes | tuple[str, str]:
    try:
        return bytes(target.save(version=version))
    except vmstate.VMStateError as error:
        return error.code, error.path


def oracle_needs(device: Description, state: State, hooks: dict[str, Any]) -> bool | str:
    try:
        return needed(device, state, hooks)
    except Refusal:
        return "no value"


def native_needs(target: Any) -> bool | str:
    try:
        return bool(target.needed)
    except ArithmeticError:
        return "no value"


def oracle_loads(device: Description, state: State, data: bytes, version: int, hooks: dict[str, Any]) -> Verdict | None:
    try:
        decode(device, state, data, version, hooks)
    except Refusal as refusal:
        return refusal.code, refusal.path, refusal.offset
    return None


def native_loads(target: Any, data: bytes, version: int) -> Verdict | None:
    try:
        target.restore(data, version=version)
    except vmstate.VMStateError as error:
        return error.code, error.path, error.offset
    return None


def same_path(code: str, native: str, oracle: str) -> bool:
    """Equal; but `unused` and checks, which have no name, need not be named after the array element around them."""
    if oracle.endswith("unused") or code in ("check", "arithmetic", "index"):
        steps = iter(oracle.split("."))
        return all(step in steps for step in native.split(".") if step)
    return native == oracle


def agree_on_load(native: Verdict | None, oracle: Verdict | None) -> bool:
    """Same code and place. Where bytes are missing native code may name, and count from the start of, what it takes in
    one piece: an array of structs without a name, or the head of a subsection.
    """
    if native is None or oracle is None:
        return native == oracle
    if native[0] == oracle[0] == "truncated":
        return native[2] <= oracle[2]
    return native[0] == oracle[0] and same_path(*native[:2], oracle[1]) and native[2] == oracle[2]


def agree_on_save(native: bytes | tuple[str, str], oracle: bytes | tuple[str, str]) -> bool:
    if isinstance(native, bytes) or isinstance(oracle, bytes):
        return native == oracle
    return native[0] == oracle[0] and same_path(*native, oracle[1])


class Pair:
    """One receiver on both sides."""

    def __init__(self, device: Description, target: Any, model: Model, state: State) -> None:
        self.device, self.target, self.model, self.state = device, target, model, state
        self.note = ""

    def expect_same_state(self) -> None:
        native = read(self.target, self.device)
        assert same(native, self.state), self.note
        assert present_everywhere(native) == present_everywhere(self.state), self.note

    def save(self) -> None:
        self.model.forget()
        expected = oracle_saves(self.device, self.state, self.model.oracle)
        found = native_saves(self.target, self.device.version)
        self.note = f"native {found!r}, oracle {expected!r}, {self.device.name} {self.state}"
        assert agree_on_save(found, expected), self.note
        assert self.model.native_calls == self.model.oracle_calls, self.note
        if self.device.needed is not None:
            assert native_needs(self.target) == oracle_needs(self.device, self.state, self.model.oracle), self.note
        for version in range(self.device.minimum_version, self.device.version):
            older = oracle_saves_older(self.device, self.state, version, self.model.oracle)
            found = native_saves(self.target, version)
            assert agree_on_save(found, older), f"{version}: native {found!r}, oracle {older!r}, {self.note}"

    def load(self, data: bytes, version: int) -> None:
        self.model.forget()
        self.note = f"{self.device.name} version {version}: {data.hex(' ')}"
        memory = bytes(self.target.__memory__())
        expected = oracle_loads(self.device, self.state, data, version, self.model.oracle)
        found = native_loads(self.target, data, version)
        assert agree_on_load(found, expected), f"native {found}, oracle {expected}, {self.note}"
        if expected is None:
            assert self.model.native_calls == self.model.oracle_calls, self.note
            self.expect_same_state()
        else:
            assert bytes(self.target.__memory__()) == memory, self.note

    def receive(self, state: State) -> None:
        """Both sides hold `state` from now on."""
        take(self.state, state)
        fill(self.target, self.device, state)


def take(target: State, source: State) -> None:
    """Assigns every value in place; as with assignments to a native object, what came in the last load stays known."""
    for name, value in source.items():
        target[name] = taken(target[name], value)


def taken(old: Value, new: Value) -> Value:
    if isinstance(new, State) and isinstance(old, State):
        take(old, new)
        return old
    if isinstance(new, list) and isinstance(old, list):
        return [taken(*pair) for pair in zip_longest(old[: len(new)], new)]
    return copy_value(new)


def streams(device: Description, state: State, hooks: dict[str, Any]) -> list[tuple[int, bytes]]:
    """What a device of each version that can be read would have written."""
    made = []
    old = 0 if device.opaque else device.minimum_version if device.old_version is None else device.old_version
    made += [(version, b"\1\5x") for version in range(old, device.minimum_version)]
    for version in range(device.minimum_version, device.version + 1):
        try:
            made.append((version, encode_at(device, state, version, hooks)))
        except Refusal:
            continue
    return made


# No shrinking: every step of it would build a module. The failing stream and schema are in the message.
@settings(
    max_examples=MODULES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(schemas(devices=DEVICES), st.randoms(use_true_random=True))
def test_native_and_oracle_agree(tmp_path_factory: pytest.TempPathFactory, drawn: SchemaText, random: Random) -> None:
    schema, choose = compiled(drawn), Dice(random)
    name = f"drawn_{schema.digest[:16]}"
    module = build(drawn.text, name, tmp_path_factory.mktemp("drawn"))
    for device in schema.devices:
        model = Model(device, make_answers(choose, drawn.predicates[device.name]), choose.chance(90))
        pair = Pair(device, make(module, device, model.native), model, State())
        pair.state = read(pair.target, device)
        for _ in range(STATES):
            agree(pair, choose)


def agree(pair: Pair, choose: Dice) -> None:
    """One state: its save, and every older, cut or altered stream of it into another receiver."""
    device, hooks = pair.device, pair.model.oracle
    state = make_state(choose, device, hooks, valid=choose.chance(75))
    pair.receive(state)
    pair.expect_same_state()
    pair.save()
    pair.receive(make_state(choose, device, hooks))
    for version, body in streams(device, state, hooks):
        pair.load(body, version)
        for length in range(len(body)):
            pair.load(body[:length], version)
        for _ in range(CHANGES):
            pair.load(alter(choose, body), version)
    pair.load(b"", device.version + 1)
