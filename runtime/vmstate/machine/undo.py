"""What a refused load of a machine puts back, and what a first look at a stream loads into."""

from __future__ import annotations

from typing import Any, cast

from vmstate._types import State
from vmstate.machine import legacy
from vmstate.machine.differences import named
from vmstate.machine.registry import Entry, Legacy

_LIFE = ("pre_load", "post_load", "pre_save", "post_save")


class Undo:
    """Devices as they were before they were loaded."""

    def __init__(self) -> None:
        self._states: list[tuple[State, State]] = []
        self._bodies: list[tuple[Entry, bytes]] = []

    def remember(self, entry: Entry) -> None:
        """Keeps a device as it is now. Of one that functions write, what they write."""
        if isinstance(entry.subject, Legacy):
            self._bodies.append((entry, legacy.saved(entry.subject)))
        else:
            state = cast(State, entry.subject)
            self._states.append((state, _copy(state, _plain(type(state)))))

    def put_back(self) -> list[str]:
        """All of them, the last one first. Hooks are not called, functions are.

        Returns a sentence for each whose function would not; the others are put back all the same.
        """
        refusals = []
        while self._states:
            state, before = self._states.pop()
            state.__overwrite__(before)
        while self._bodies:
            entry, body = self._bodies.pop()
            try:
                legacy.put_back(cast(Legacy, entry.subject), body, entry.version)
            except Exception as error:
                refusals.append(f"{named(entry.idstr, entry.instance_id)} does not load what it saved itself: {error}")
        return refusals

    def forget(self) -> None:
        self._states.clear()
        self._bodies.clear()


def tell_refusals(error: BaseException, machine: str, refusals: list[str]) -> None:
    """Notes what was not put back with what a load was refused for."""
    for what in refusals:
        error.add_note(f"{machine}: {what}; the machine is incomplete until a load succeeds")


def trial(state: State) -> State:
    """A copy to load into, to see whether that would go well.

    Hooks that decide and hooks that code bytes are the device's own. Those that prepare a load or act on it are not
    called: it is not the device that was loaded.
    """
    return _copy(state, _silent(type(state)))


def _copy(state: State, cls: type[State]) -> State:
    new = cls.__new__(cls)
    new.__overwrite__(state)
    if cls is not _plain(type(state)):
        attributes, slots = _rest(state)
        for name, value in {**attributes, **slots}.items():
            setattr(new, name, value)
    return new


def _rest(state: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    rest = state.__getstate__()
    attributes, slots = rest if isinstance(rest, tuple) else (rest, None)
    return attributes or {}, slots or {}


def _plain(cls: type[State]) -> type[State]:
    """The class that the schema made, without anybody's hooks."""
    return next(base for base in cls.__mro__ if "__layout__" in vars(base))


def _silent(cls: type[State]) -> type[State]:
    """The class with the hooks of a load's life as the schema made them: they do nothing."""
    plain = _plain(cls)
    if cls is plain or not cls.__binding__.has_hooks:
        return plain
    methods = {method for owner, method in cls.__binding__.layout.hooks if not owner and method.endswith(_LIFE)}
    body: dict[str, Any] = {name: getattr(plain, name) for name in methods}
    for field in cls.__binding__.layout.fields:
        element = field.element
        chosen = getattr(cls, element.__name__, element) if element is not None else None
        if element is not None and isinstance(chosen, type) and chosen is not element:
            body[element.__name__] = _silent(chosen)
    return type(cls.__name__, (cls,), {"__module__": cls.__module__, "__slots__": (), **body})
