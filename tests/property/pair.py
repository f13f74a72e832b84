"""One receiver as native code and as a state of the oracle: what one does the other must do."""

from __future__ import annotations

from typing import Any

import vmstate
from tests.property.device_model import Model
from tests.property.native import fill, read
from tests.property.strategies.chooser import Chooser
from tests.property.strategies.values import alter, make_state
from tests.property.test_oracle import present_everywhere
from vmsgen.describe import describe
from vmsgen.interpret import Refusal, State, decode, encode, lost, needed, same
from vmsgen.interpret.state import copy_value
from vmsgen.model.description import Description
from vmsgen.model.hooks import has_hooks

CHANGES = 4
"""Alterations of each stream."""

Verdict = tuple[str, str, int]
"""Code, path and offset of a refusal."""


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
        body = encode(device, copy_value(state), hooks, version)
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
    """Of what an older version loses, native looks at elements in use, the oracle at all: another path may be the first
    that is lost. And in the loads that tell it, native takes arrays in one piece. test_older_versions.py has the paths.
    """
    if isinstance(native, bytes) or isinstance(oracle, bytes):
        return native == oracle
    return native[0] == oracle[0] and (native[0] in ("truncated", "inexpressible") or same_path(*native, oracle[1]))


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
        if isinstance(expected, bytes):
            assert len(expected) <= self.target.size_max or has_hooks(self.device), self.note
            # What is described in full without a look at the state is described although no save could be.
            text = describe(self.device, self.state, self.model.oracle)
            assert self.target.describe() == text, self.note
            assert self.target.describe() == text, f"again: {self.note}"
        if self.device.needed is not None:
            assert native_needs(self.target) == oracle_needs(self.device, self.state, self.model.oracle), self.note
        for version in range(self.device.minimum_version, self.device.version):
            older = oracle_saves_older(self.device, self.state, version, self.model.oracle)
            found = native_saves(self.target, version)
            if isinstance(found, bytes) and isinstance(older, tuple) and self._newest_refuses():
                # Whether that is found out depends on elements not in use: the oracle compares these, too.
                older = encode(self.device, copy_value(self.state), self.model.oracle, version)
            assert agree_on_save(found, older), f"{version}: native {found!r}, oracle {older!r}, {self.note}"

    def _newest_refuses(self) -> bool:
        """Is the state one that the newest version does not save, or does not load?"""
        found = oracle_saves_older(self.device, self.state, self.device.version, self.model.oracle)
        return isinstance(found, tuple)

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
        """Both sides hold `state` from now on. What came in the last load stays known, as after any assignment."""
        fill(self.target, self.device, state)
        native = read(self.target, self.device)
        assert same(native, state), f"{native} in place of {state}"
        self.state = native


def streams(device: Description, state: State, hooks: dict[str, Any]) -> list[tuple[int, bytes]]:
    """What a device of each version that can be read would have written."""
    made = []
    old = 0 if device.opaque else device.minimum_version if device.old_version is None else device.old_version
    made += [(version, b"\1\5x") for version in range(old, device.minimum_version)]
    for version in range(device.minimum_version, device.version + 1):
        try:
            made.append((version, encode(device, state, hooks, version)))
        except Refusal:
            continue
    return made


def agree(pair: Pair, choose: Chooser) -> None:
    """One state: its save, and every older, cut or altered stream of it into another receiver."""
    device, hooks = pair.device, pair.model.oracle
    state = make_state(choose, device, hooks, valid=choose.chance(75))
    pair.receive(state)
    pair.save()
    pair.receive(make_state(choose, device, hooks))
    for version, body in streams(device, state, hooks):
        pair.load(body, version)
        for length in range(len(body)):
            pair.load(body[:length], version)
        for _ in range(CHANGES):
            pair.load(alter(choose, body), version)
    pair.load(b"", device.version + 1)
