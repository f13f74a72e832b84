"""Places in a state: as evaluation has them, but that a map's entries have a `key` and a `value`."""

from __future__ import annotations

from typing import Any

from vmsgen.interpret.errors import Fault
from vmsgen.interpret.expression import Frame, evaluate, look_up, store
from vmsgen.interpret.state import State, Value
from vmsgen.model.expressions import Constant, IndexStep, LoopStep, MemberStep, Path, Step

PARTS = ("key", "value")
"""Of an entry of a map, which is a pair."""

NOT_THERE = (Fault, KeyError, IndexError, TypeError, ValueError)
"""What a place raises that a state does not have."""


def part(holder: Value, name: str | int) -> Value:
    """A member, an element, or a part of a map's entry. Raises one of NOT_THERE."""
    return holder[PARTS.index(name)] if isinstance(holder, tuple) and isinstance(name, str) else holder[name]


def in_pairs(path: Path, state: State) -> Path:
    """The same place with indices for the parts of entries; as it is from where the state has no such place."""
    if not any(isinstance(step, MemberStep) and step.name in PARTS for step in path.steps):
        return path
    value: Value = state
    steps: list[Step] = []
    for number, step in enumerate(path.steps):
        if isinstance(value, tuple) and isinstance(step, MemberStep) and step.name in PARTS:
            step = IndexStep(Constant(PARTS.index(step.name)), len(PARTS))
        try:
            value = look_up(Path((step,)), value, Frame(state, state, 0))
        except NOT_THERE:
            return Path((*steps, *path.steps[number:]))
        steps.append(step)
    return Path(tuple(steps))


def value_at(path: Path, state: State) -> Value:
    """Raises one of NOT_THERE."""
    return look_up(in_pairs(path, state), state, Frame(state, state, 0))


def put(path: Path, state: State, value: Value) -> None:
    """Behind a key of a map that is put go those that are not above it. Raises one of NOT_THERE."""
    frame = Frame(state, state, 0)
    path = in_pairs(path, state)
    entry = look_up(Path(path.steps[:-1]), state, frame)
    if not isinstance(entry, tuple):
        return store(path, frame, value)
    entries, step = look_up(Path(path.steps[:-2]), state, frame), path.steps[-2]
    assert isinstance(step, IndexStep)
    index = evaluate(step.index, frame)
    entries[index:] = [(value, entry[1]), *(later for later in entries[index + 1 :] if later[0] > value)]
    return None


def with_value(path: Path, state: State, value: Value) -> State:
    """The state with the value at the place. It shares with the old one what is not on the way there.

    Raises one of NOT_THERE.
    """
    made = _copied(state, in_pairs(path, state).steps, Frame(state, state, 0))
    assert isinstance(made, State)
    put(path, made, value)
    return made


def _copied(value: Value, steps: tuple[Step, ...], frame: Frame) -> Value:
    """Every holder on the way is another one."""
    if not steps:
        return value
    step = steps[0]
    assert not isinstance(step, LoopStep)
    key: Any = evaluate(step.index, frame) if isinstance(step, IndexStep) else step.name
    inner = _copied(value[key], steps[1:], frame)
    if isinstance(value, tuple):
        return (*value[:key], inner, *value[key + 1 :])
    copy = State(value) if isinstance(value, State) else value[:]
    copy[key] = inner
    return copy
