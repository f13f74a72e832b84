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
from vmsgen.model.types import (
    TIMER_UNSET,
    Array,
    Bitmap,
    Buffer,
    List,
    Map,
    Optional,
    Scalar,
    Struct,
    Type,
    innermost,
    is_allocated,
    is_optional,
    owns_memory,
)


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


def fill(view: Any, description: Description, state: State) -> None:
    """Puts every value into the object or view; which subsections came in its last load is left as it is.

    Through its C struct, but for the lengths of what lies outside of that.
    """
    _fill_struct(view, view.cdata, description, state)


def _fill_struct(view: Any, struct: Any, description: Description, state: State) -> None:
    """`view` is None for an element that is not in use; it can own nothing then."""
    for member in description.members:
        name, value = member_name(member.name), state[member.name]
        owned = owns_memory(member.type)
        assert view is not None or not owned or not value
        inner = getattr(view, name) if view is not None and isinstance(innermost(member.type), Struct) else None
        if isinstance(member.type, Scalar):
            setattr(struct, name, value)
        elif isinstance(member.type, Struct):
            _fill_struct(inner, getattr(struct, name), member.type.description, value)
        elif is_allocated(member.type):
            if view is not None:
                _fill_owned(view, struct, name, member.type, value)
        else:
            _mark(struct, name, member.type, value)
            _fill(inner, getattr(struct, name), member.type, value)


def _fill_owned(view: Any, struct: Any, name: str, type_: Type, value: Value) -> None:
    """Lists, maps, and what is allocated: the lengths by attribute, then the values."""
    match type_:
        case List(element):
            setattr(view, name, [{} for _ in value])
            for inner, given in zip(getattr(view, name), value, strict=True):
                fill(inner, element.description, given)
        case Map(Struct(of_key), of_value):
            setattr(view, name, [({}, {}) for _ in value])
            for entry, (key, given) in zip(getattr(view, name), value, strict=True):
                fill(entry.key, of_key, key)
                fill(entry.value, of_value.description, given)
        case Map(_, of_value):
            setattr(view, name, {key: {} for key, _ in value})
            for key, given in value:
                fill(getattr(view, name)[key], of_value.description, given)
        case Buffer():
            setattr(view, name, bytes(value))
        case Bitmap(capacity):
            setattr(view, name, [False] * min(64 * len(value), capacity))
            _fill(None, getattr(struct, name), type_, value)
        case Array(element):
            setattr(view, name, [_attribute(element, inner) for inner in value])
            views = getattr(view, name) if isinstance(innermost(type_), Struct) else None
            _fill(views, getattr(struct, name), type_, value)


def _attribute(type_: Type, value: Value) -> Any:
    """As an attribute takes it; structs at reset."""
    match type_:
        case Struct():
            return {}
        case Array(element):
            return [_attribute(element, inner) for inner in value]
        case Buffer():
            return bytes(value)
        case Bitmap():
            return 0
        case Scalar(kind="timer"):
            return None if value == TIMER_UNSET else value
    return value


def _mark(struct: Any, name: str, type_: Type, value: Value) -> None:
    """Says which elements are there."""
    if is_optional(type_):
        _mark_all(getattr(struct, f"{name}_there"), value)


def _mark_all(there: Any, value: Value) -> None:
    for index, inner in enumerate(value):
        if isinstance(inner, list):
            _mark_all(there[index], inner)
        else:
            there[index] = inner is not None


def _fill(views: Any, place: Any, type_: Type, value: Value) -> None:
    """An array, buffer or bitmap in C; `views` are those of its elements, as far as they are in use, or None."""
    element = type_.element if isinstance(type_, Array) else None
    if isinstance(element, Optional):
        element = element.element
    for index, inner in enumerate(value):
        view = views[index] if views is not None and index < len(views) else None
        if isinstance(inner, State):
            assert isinstance(element, Struct)
            _fill_struct(view, place[index], element.description, inner)
        elif isinstance(inner, list | bytearray):
            assert element is not None
            _fill(view, place[index], element, inner)
        elif inner is not None:
            place[index] = inner


def read(view: Any, description: Description) -> State:
    """Everything in the object or view, as the oracle has it."""
    return _read_struct(view, view.cdata, description)


def _read_struct(view: Any, struct: Any, description: Description) -> State:
    """`view` is None for an element that is not in use."""
    state = State((m.name, _read(view, struct, member_name(m.name), m.type)) for m in description.members)
    if not description.anonymous and description.all_subsections:
        came = struct.vms_present
        state.present = {s.name for s in description.all_subsections if came >> s.number & 1}
    return state


def _read(view: Any, struct: Any, name: str, type_: Type) -> Value:
    count = getattr(struct, f"{name}_count") if is_allocated(type_) else None
    if count == 0:
        return bytearray() if isinstance(type_, Buffer) else []
    assert view is not None or count is None
    inner = getattr(view, name) if view is not None and isinstance(innermost(type_), Struct | List | Map) else None
    match type_:
        case List(element):
            return [read(one, element.description) for one in inner]
        case Map(Struct(of_key), of_value):
            return [(read(entry.key, of_key), read(entry.value, of_value.description)) for entry in inner]
        case Map(_, of_value):
            keys = [getattr(struct, name)[index].key for index in range(count or 0)]
            return [(key, read(inner[key], of_value.description)) for key in keys]
    there = getattr(struct, f"{name}_there") if is_optional(type_) else None
    return _read_value(inner, getattr(struct, name), type_, count, there)


def _read_value(views: Any, place: Any, type_: Type, count: int | None, there: Any) -> Value:
    """`count` is that of the outermost dimension, where it is allocated; `there` says which elements are there."""
    match type_:
        case Struct(description):
            return _read_struct(views, place, description)
        case Optional(element):
            return _read_value(views, place, element, None, None) if there else None
        case Buffer(capacity):
            return bytearray(place[0 : capacity if count is None else count])
        case Bitmap():
            return [place[index] for index in range(type_.words if count is None else count)]
        case Array(element, capacity):
            values = []
            for index in range(capacity if count is None else count):
                view = views[index] if views is not None and index < len(views) else None
                which = None if there is None else there[index]
                values.append(_read_value(view, place[index], element, None, which))
            return values
    return place
