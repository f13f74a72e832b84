"""Is what a finding shows true? Asked of the oracle itself, without any of the comparison's own bookkeeping."""

from __future__ import annotations

import re

import pytest

from tests.compat.receivers import set_up
from vmsgen.compat import Finding
from vmsgen.interpret import Refusal, State, decode, encode
from vmsgen.interpret.state import Value
from vmsgen.model.description import Description
from vmsgen.model.types import Array, Bitmap, List, Map, Optional, Struct, Type


class _Model:
    """A device model, or part of it, or a method: predicates are answered alike everywhere, hooks do nothing."""

    def __init__(self, answers: dict[str, bool], method: str = "") -> None:
        self.answers = answers
        self.method = method

    def __getattr__(self, name: str) -> _Model:
        return _Model(self.answers, name)

    def __getitem__(self, number: int) -> _Model:
        return self

    def __call__(self, *_: object) -> bool:
        return self.answers.get(self.method, False)


def expect_to_fail(sender: Description, receiver: Description, finding: Finding) -> None:
    """The sender writes the witness, and the receiver refuses it as it is said to, or takes it for something else."""
    witness = finding.witness
    assert witness is not None
    hooks = _Model(dict(witness.answers))
    state = witness.saved
    assert state is not None
    assert encode(sender, state, hooks, witness.version) == witness.data
    into = set_up(sender, receiver, state)
    if witness.code == "misread":
        decode(receiver, into, witness.data, witness.version, hooks)
        assert _in_use(receiver, witness.path, number_at(into, witness.path)) == witness.received
        # A member of an enumeration may have the same number, and another name.
        assert witness.sent != witness.received or finding.rule == "enum-meaning"
        return
    with pytest.raises(Refusal) as refused:
        decode(receiver, into, witness.data, witness.version, hooks)
    assert (refused.value.code, refused.value.offset) == (witness.code, witness.offset)


def _in_use(description: Description, path: str, number: Value) -> Value:
    """A word of a bitmap without the bits that the bitmap does not have, any other number as it is."""
    type_: Type = Struct(description)
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if isinstance(type_, Optional):
            type_ = type_.element
        match type_:
            case Struct(inner):
                type_ = inner.member(name).type
            case List(element) | Array(element):
                type_ = element
            case Map(key, value):
                type_ = type_ if index else key if name == "key" else value
            case Bitmap(bits):
                return number % 2 ** min(bits - 64 * int(index), 64)
            case _:
                return number
    return number


def number_at(state: State, path: str) -> Value:
    value: Value = state
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        if isinstance(value, tuple):
            value = value[("key", "value").index(name)]
        else:
            value = value[name or int(index)]
    return value
