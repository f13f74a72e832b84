"""Registering under VMState's own names, on a machine or, while one is being built, without naming it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

from vmstate._types import State
from vmstate.machine.registry import Entry, Legacy, place

if TYPE_CHECKING:
    from vmstate.machine.machine import Machine
    from vmstate.machine.registry import Registry

_building: ContextVar[Machine] = ContextVar("vmstate_machine")


class Registering:
    """The part of a Machine that has VMState's names."""

    if TYPE_CHECKING:
        registry: Registry
        register: Callable[..., Entry]
        unregister: Callable[[object], Entry]
        refuse_changes: Callable[[str], None]
        _add: Callable[[Entry], Entry]

    @contextlib.contextmanager
    def building(self) -> Iterator[Self]:
        """Within the block `vmstate.vmstate_register` and `vmstate.register_savevm` register with this machine."""
        token = _building.set(self)  # type: ignore[arg-type]
        try:
            yield self
        finally:
            _building.reset(token)

    def vmstate_register(self, dev: Any, instance_id: int, description: type[State] | None, opaque: State) -> Entry:
        """Registers the state `opaque`, which `description`, a generated class, describes.

        `dev` is the device that it belongs to, None for none: if its bus gives it a path, which is an attribute or
        method `path`, or if it is a path itself, its section is named by it. `instance_id` -1: the next of the name.
        """
        if description is not None and not isinstance(opaque, description):
            raise TypeError(f"{opaque!r} is not described by {description.__name__}")
        return self.register(opaque, path=_path(dev), instance_id=instance_id)

    def vmstate_unregister(self, dev: Any, description: type[State] | None, opaque: State) -> None:
        """Takes it out again."""
        self.unregister(opaque)

    def register_savevm(
        self,
        dev: Any,
        idstr: str,
        instance_id: int,
        version_id: int,
        save_state: Callable[[Any, Any], object],
        load_state: Callable[[Any, Any, int], object],
        opaque: Any,
    ) -> Entry:
        """Registers `save_state(file, opaque)` and `load_state(file, opaque, version)`, which write and read a body.

        `file` is a vmstate.File. They fail by an exception, or by returning a negative errno. Any version up to
        `version_id` is handed to `load_state`.
        """
        self.refuse_changes("register functions")
        name, instance, compat = place(self.registry, idstr, _path(dev), instance_id)
        subject = Legacy(save_state, load_state, opaque)
        return self._add(
            Entry(name, instance, version_id, 0, subject, section_id=self.registry.number(None), compat=compat)
        )

    def unregister_savevm(self, dev: Any, idstr: str, opaque: Any) -> None:
        """Takes them out again."""
        path = _path(dev)
        name = f"{path}/{idstr}" if path else idstr
        for entry in self.registry:
            if entry.idstr == name and isinstance(entry.subject, Legacy) and entry.subject.opaque is opaque:
                self.unregister(entry)
                return
        raise LookupError(f"{name!r} is not registered")


def vmstate_register(dev: Any, instance_id: int, description: type[State] | None, opaque: State) -> Entry:
    """`Machine.vmstate_register` of the machine that is being built, `with machine.building():`."""
    return _machine().vmstate_register(dev, instance_id, description, opaque)


def register_savevm(
    dev: Any,
    idstr: str,
    instance_id: int,
    version_id: int,
    save_state: Callable[[Any, Any], object],
    load_state: Callable[[Any, Any, int], object],
    opaque: Any,
) -> Entry:
    """`Machine.register_savevm` of the machine that is being built, `with machine.building():`."""
    return _machine().register_savevm(dev, idstr, instance_id, version_id, save_state, load_state, opaque)


def _machine() -> Machine:
    try:
        return _building.get()
    except LookupError:
        raise LookupError("no machine is being built here: `with machine.building():` says which one") from None


def _path(dev: Any) -> str | None:
    path = dev if isinstance(dev, str) else getattr(dev, "path", None)
    return path() if callable(path) else path
