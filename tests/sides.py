"""The oracle and native code behind one face, for tests that say what both must do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import vmstate
from tests.property.native import fill, read
from vmsgen.backend.names import class_name
from vmsgen.diagnostics import Diagnostics
from vmsgen.interpret import Refusal, State, decode, encode
from vmsgen.model.description import Description
from vmsgen.model.schema import Schema
from vmsgen.model.types import Map, Struct, structs_in
from vmsgen.passes import compile_text

Methods = Mapping[str, Callable[..., Any]]
"""Hooks by name, those of embedded structs as `Struct.hook`.

They are called with the object, whose values are its attributes, and what else the hook gets.
"""


def compiled(text: str) -> Schema:
    diagnostics = Diagnostics()
    schema = compile_text(text, diagnostics)
    assert schema is not None, [(found.code, found.span.text, found.message) for found in diagnostics.found]
    return schema


class Refused(NamedTuple):
    """What is asked of a refusal. Saves have no offset."""

    code: str
    path: str
    offset: int | None = None


class Side(Protocol):
    """A device. `state` is as the last load left it. What a hook raises comes through."""

    device: Description

    @property
    def state(self) -> State: ...

    def save(self, state: State, version: int | None = None) -> bytes | Refused: ...

    def load(self, receiver: State, data: bytes, version: int | None = None) -> Refused | None: ...


class Attributes:
    """A state of the oracle as the hooks of a device see it."""

    def __init__(self, state: State) -> None:
        self.__dict__["_state"] = state

    def __getattr__(self, name: str) -> Any:
        value = self._state[name]
        return Attributes(value) if isinstance(value, State) else value

    def __setattr__(self, name: str, value: Any) -> None:
        self._state[name] = value


class OracleHooks(dict[str, Callable[..., Any]]):
    """Finds `queue[0]/post_load` as `Element.post_load`."""

    def __init__(self, device: Description, methods: Methods) -> None:
        super().__init__()
        self.device = device
        self.methods = methods

    def get(self, key: str, default: Any = None) -> Any:
        path, _, name = key.rpartition("/")
        description = self.device
        for step in re.findall(r"\w+", re.sub(r"\[\d+\]", "", path)):
            description = _inside(description, step)
        method = self.methods.get(name if description is self.device else f"{description.name}.{name}")
        return default if method is None else lambda state, *arguments: method(Attributes(state), *arguments)


def _inside(description: Description, name: str) -> Description:
    type_ = description.member(name).type
    assert not isinstance(type_, Map), "no test has hooks in a map"
    (struct,) = structs_in(type_)
    assert isinstance(struct, Struct)
    return struct.description


class Oracle:
    def __init__(self, device: Description, methods: Methods) -> None:
        self.device = device
        self.state = State()
        self.hooks = OracleHooks(device, methods)

    def save(self, state: State, version: int | None = None) -> bytes | Refused:
        try:
            return encode(self.device, state, self.hooks, version)
        except Refusal as refusal:
            return Refused(refusal.code, refusal.path)

    def load(self, receiver: State, data: bytes, version: int | None = None) -> Refused | None:
        self.state = receiver
        try:
            decode(self.device, receiver, data, self.device.version if version is None else version, self.hooks)
        except Refusal as refusal:
            return Refused(refusal.code, refusal.path, refusal.offset)
        return None


class Native:
    def __init__(self, module: ModuleType, device: Description, methods: Methods) -> None:
        self.device = device
        base = getattr(module, class_name(device.name))
        members: dict[str, Any] = {name: method for name, method in methods.items() if "." not in name}
        for struct in {name.partition(".")[0] for name in methods if "." in name}:
            of_struct = {name.partition(".")[2]: m for name, m in methods.items() if name.startswith(f"{struct}.")}
            inner = getattr(module, class_name(struct))
            members[inner.__name__] = type(inner.__name__, (inner,), of_struct)
        self.target = type(base.__name__, (base,), members)() if members else base()

    @property
    def state(self) -> State:
        return read(self.target, self.device)

    def save(self, state: State, version: int | None = None) -> bytes | Refused:
        fill(self.target, self.device, state)
        try:
            return bytes(self.target.save() if version is None else self.target.save(version=version))
        except vmstate.VMStateError as error:
            return Refused(error.code, error.path)

    def load(self, receiver: State, data: bytes, version: int | None = None) -> Refused | None:
        fill(self.target, self.device, receiver)
        try:
            self.target.restore(data, version=self.device.version if version is None else version)
        except vmstate.VMStateError as error:
            return Refused(error.code, error.path, error.offset)
        return None
