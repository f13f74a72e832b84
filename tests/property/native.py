"""Drawn schemas as native modules, and their objects seen as the oracle's plain values."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from vmsgen.backend.names import class_name, member_name
from vmsgen.interpret import State
from vmsgen.interpret.state import Value
from vmsgen.model.description import Description
from vmsgen.model.types import Array, Buffer, Scalar, Struct, Type


def build(text: str, name: str, folder: Path) -> ModuleType:
    """Compiles the schema without optimising (the point is many of them) and imports what comes out."""
    schema = folder / f"{name}.vms"
    schema.write_text(text)
    command = [sys.executable, "-m", "vmsgen", "build", str(schema), "-o", str(folder)]
    environment = {**os.environ, "CFLAGS": "-O0 -g0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + text
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def make(module: ModuleType, device: Description, methods: dict[str, Callable[..., Any]]) -> Any:
    """An object of the device's class, with `methods` as the device model's own."""
    base = getattr(module, class_name(device.name))
    return type(base.__name__, (base,), methods)() if methods else base()


def fill(target: Any, description: Description, state: State) -> None:
    """Puts every value into the native object, member by member, as a user would."""
    for member in description.members:
        name, value = member_name(member.name), state[member.name]
        if isinstance(member.type, Scalar):
            setattr(target, name, value)
        else:
            _fill(getattr(target, name), member.type, value)


def _fill(view: Any, type_: Type, value: Value) -> None:
    match type_:
        case Struct(description):
            fill(view, description, value)
        case Array(Scalar(), _, _) | Buffer():
            for index, number in enumerate(value):
                view[index] = number
        case Array(element, _, _) if _ends_in_struct(element):
            for index, inner in enumerate(value):
                _fill(view[index], element, inner)
        case Array():
            for place, number in _leaves(value):
                view[place] = number


def read(source: Any, description: Description) -> State:
    """Everything in the native object, as the oracle has it."""
    state = State(
        (member.name, _read(getattr(source, member_name(member.name)), member.type)) for member in description.members
    )
    if not description.anonymous:
        state.present = {s.name for s in description.all_subsections if source.present(s.name)}
    return state


def _read(view: Any, type_: Type) -> Value:
    match type_:
        case Scalar():
            return int(view)
        case Struct(description):
            return read(view, description)
        case Buffer():
            return bytearray(view)
        case Array(element, capacity, _) if _ends_in_struct(element):
            return [_read(view[index], element) for index in range(capacity)]
        case Array(element, _, _):
            return _numbers(view.tolist(), element)
    raise TypeError(type_)


def _numbers(values: list[Any], element: Type) -> Value:
    if isinstance(element, Buffer):
        return [bytearray(row) for row in values]
    if isinstance(element, Array):
        return [_numbers(row, element.element) for row in values]
    return [int(number) for number in values]


def _ends_in_struct(type_: Type) -> bool:
    return isinstance(type_, Struct) or (isinstance(type_, Array) and _ends_in_struct(type_.element))


def _leaves(value: Value, *place: int) -> list[tuple[tuple[int, ...], int]]:
    if isinstance(value, list | bytearray):
        return [leaf for index, inner in enumerate(value) for leaf in _leaves(inner, *place, index)]
    return [(place, value)]
