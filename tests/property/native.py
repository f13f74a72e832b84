"""Drawn schemas as native modules, and their memory seen as the oracle's plain values.

Values go in and out through the C struct itself, so that what lies behind a variable array's count is seen as well.
"""

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
    command = [str(Path(sys.executable).with_name("vmsgen")), "build", str(schema), "-o", str(folder)]
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


def fill(struct: Any, description: Description, state: State) -> None:
    """Puts every value into the C struct; which subsections came in its last load is left as it is."""
    for member in description.members:
        name, value = member_name(member.name), state[member.name]
        if isinstance(member.type, Scalar):
            setattr(struct, name, value)
        else:
            _fill(getattr(struct, name), member.type, value)


def _fill(place: Any, type_: Type, value: Value) -> None:
    if isinstance(type_, Struct):
        fill(place, type_.description, value)
        return
    element = type_.element if isinstance(type_, Array) else Scalar("u8")
    for index, inner in enumerate(value):
        if isinstance(element, Scalar):
            place[index] = inner
        else:
            _fill(place[index], element, inner)


def read(struct: Any, description: Description) -> State:
    """Everything in the C struct, as the oracle has it."""
    state = State((m.name, _read(getattr(struct, member_name(m.name)), m.type)) for m in description.members)
    if not description.anonymous and description.subsections:
        came = struct.vms_present
        state.present = {s.name for s in description.all_subsections if came >> s.number & 1}
    return state


def _read(place: Any, type_: Type) -> Value:
    match type_:
        case Scalar():
            return int(place)
        case Struct(description):
            return read(place, description)
        case Buffer():
            return bytearray(place)
        case Array(element, _, _):
            return [_read(inner, element) for inner in place]
