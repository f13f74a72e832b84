"""What a save in an older version would lose."""

from __future__ import annotations

import copy
import struct
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from vmstate._bitmap import Bitmap
from vmstate._containers import Map
from vmstate._types import Elements, State, parts
from vmstate.errors import InexpressibleError

_ABSENT = object()


def check_lost(state: State, body: bytes, version: int) -> None:
    """Raises InexpressibleError if something of `state` does not come back from `body`, a save of it in `version`.

    Something is lost that does not come back although it would in the newest version; the error names the first, in
    schema order. Loads run on copies, with their hooks. Where even the older version's own load refuses the bytes, its
    error is raised.

    What a hook keeps outside of the state is no value that could be compared: behind all values comes the first
    `custom` field, or element of one, that the newest version writes something of, and `version` does not.
    """
    missing = list(differences(state, _loaded(state, body, version), "", counted=False))
    sender = copy.copy(state)
    newest = sender.__bound__().layout.versions[1]
    if missing:
        _expect_to_come_back(state, sender, missing, version, newest)
    older = sender.__coded__(version)
    written = {(id(owner), field) for owner, field in older}
    for owner, field in sender.__coded__(newest):
        if (id(owner), field) not in written:
            path = ".".join(filter(None, (_path_of(owner, sender, ""), field)))
            message = f"{path} cannot be said in version {version}, which has no room for what its hook writes"
            raise _inexpressible(state, path, message)


def _expect_to_come_back(
    state: State, sender: State, missing: list[tuple[str, Any, Any]], version: int, newest: int
) -> None:
    """Raises InexpressibleError if one of what is missing comes back from the bytes of the newest version."""
    never = list(differences(sender, _loaded(sender, sender.save(), newest), "", counted=True))
    exactly = {path for path, _, _ in never}
    # Of an element that is not even in use afterwards nothing comes back.
    wholly = tuple(f"{path}{step}" for path, _, loaded in never if loaded is _ABSENT for step in (".", "["))
    for path, kept, loaded in missing:
        if path in exactly or (wholly and path.startswith(wholly)):
            continue
        message = f"{path} cannot be said in version {version}: it is {_shown(kept)}, and would be {_shown(loaded)}"
        raise _inexpressible(state, path, message, kept, loaded)


def _inexpressible(state: State, path: str, message: str, kept: Any = None, loaded: Any = None) -> InexpressibleError:
    name = state.__bound__().layout.wire_name
    return InexpressibleError(
        f"{name}: {message}", device=name, path=path, found=kept if type(kept) is int else None,
        allowed=loaded if type(loaded) is int else None,
    )  # fmt: skip


def _path_of(wanted: State, value: Any, path: str) -> str | None:
    """Where it is in a state, or in what has elements; None where it is not."""
    if value is wanted:
        return path
    if isinstance(value, State):
        inner = ((f"{path}.{f.__name__}" if path else f.__name__, f.__get__(value)) for f in _structs(value))
    else:
        inner = ((f"{path}[{number}]", item) for number, item in enumerate(_items(value) or ()))
    return next((found for name, item in inner if (found := _path_of(wanted, item, name)) is not None), None)


def _structs(state: State) -> Iterator[Any]:
    return (field for field in state.__bound__().layout.fields if field.element is not None)


def _loaded(sender: State, body: bytes, version: int) -> State:
    """Another object like it that has loaded the body, and had nothing before but the sender's pattern of elements."""
    receiver = copy.copy(sender)
    receiver.__reset_like__(sender)
    receiver.__take__(body, version)
    return receiver


def differences(kept: Any, loaded: Any, path: str, *, counted: bool) -> Iterator[tuple[str, Any, Any]]:
    """Paths of what is not the same in both, with the two values; of a sequence its length before its elements.

    `counted`: also of arrays whose length other fields say. These are compared themselves.
    """
    if isinstance(kept, State) and isinstance(loaded, State):
        if kept == loaded:
            return
        for field in kept.__bound__().layout.fields:
            inner = f"{path}.{field.__name__}" if path else field.__name__
            one, other = field.__get__(kept), field.__get__(loaded)
            if field.counted and not counted and not isinstance(one, Bitmap):
                common = min(len(one), len(other))
                one, other = one[:common], other[:common]
            yield from differences(one, other, inner, counted=counted)
        return
    kept_items, loaded_items = _items(kept), _items(loaded)
    if kept_items is not None and loaded_items is not None:
        if len(kept_items) != len(loaded_items):
            yield path, len(kept_items), len(loaded_items)
        for number, (one, other) in enumerate(zip_longest(kept_items, loaded_items, fillvalue=_ABSENT)):
            if one is not _ABSENT and not _same(one, other):
                yield from differences(one, other, f"{path}[{number}]", counted=counted)
    elif not _same(kept, loaded):
        yield path, kept, loaded


def _items(value: Any) -> Sequence[Any] | None:
    if isinstance(value, Map):
        return list(value._entries)
    if isinstance(value, Elements | list):
        return list(value)
    if isinstance(value, memoryview):
        return value.tolist()
    return value.words.tolist() if isinstance(value, Bitmap) else None


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("d", one) == struct.pack("d", other)
    return bool(one == other)


def _shown(value: Any) -> str:
    return "absent" if value is _ABSENT else repr(value)


parts["check_lost"] = check_lost
