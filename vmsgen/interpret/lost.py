"""What a state loses when it is saved as an older version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmsgen.interpret.decode import decode
from vmsgen.interpret.encode import encode, written_custom_paths
from vmsgen.interpret.state import State, Value, copy_value, reset_again, same
from vmsgen.model.description import Description
from vmsgen.model.sent import Sent, sent_members
from vmsgen.model.types import Array, Optional, Struct, Type, structs_in


def lost(description: Description, state: State, version: int, hooks: Any = None) -> str | None:
    """The path of the first value, in schema order, that a save at `version` would lose; None where it loses nothing.

    That is one that does not come back from a stream of `version`, but does from one of the description's own version.
    The receiver has the sender's pattern of missing elements and its `local` members, all else is at reset; it has held
    nothing, so that `equal` and held() refuse nothing. `local` members count only where they are sent.

    What a hook keeps outside of the state is no value that could be compared: behind all values comes the first
    `custom` field, or element of one, that the newest version writes something of, and `version` does not.

    Raises Refusal where one of the two saves or loads is refused. Hooks are called, with copies of the state.
    """
    missing = _missing(description, state, version, hooks)
    never = set(_missing(description, state, description.version, hooks)) if missing else set()
    value = next((path for path in missing if path not in never), None)
    if value is not None or not _has_custom(description):
        return value
    written = set(written_custom_paths(description, copy_value(state), hooks, version))
    newest = written_custom_paths(description, copy_value(state), hooks, description.version)
    return next((path for path in newest if path not in written), None)


def _has_custom(description: Description) -> bool:
    """Is there a `custom` field in it, or in a struct that it is made of?"""
    if any(hook.kind == "put" for hook in description.inner_hooks):
        return True
    return any(_has_custom(struct.description) for member in description.members for struct in structs_in(member.type))


def _missing(description: Description, state: State, version: int, hooks: Any) -> list[str]:
    """The paths of the values that do not come back."""
    sender = copy_value(state)
    body = encode(description, sender, hooks, version)
    receiver = _reset(description, sender, sent_members(description))
    decode(description, receiver, body, version, hooks, receiver=False)
    loaded = dict(_values(receiver, ""))
    return [path for path, value in _values(sender, "") if not same(value, loaded.get(path))]


def _values(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    """All that a value is made of; of what has elements, their number first."""
    match value:
        case State():
            for name, inner in value.items():
                yield from _values(inner, f"{path}.{name}" if path else name)
        case list() | bytearray():
            yield path, len(value)
            for index, inner in enumerate(value):
                yield from _values(inner, f"{path}[{index}]")
        case (key, inner):
            yield from _values(key, f"{path}.key")
            yield from _values(inner, f"{path}.value")
        case _:
            yield path, value


def _reset(description: Description, current: State, sent: Sent) -> State:
    """A receiver; `sent` are the members that a load fills."""
    made = State()
    for member in description.members:
        if member.local and (description.name, member.name) not in sent:
            made[member.name] = copy_value(current[member.name])
        else:
            made[member.name] = _reset_value(member.type, member.default, current[member.name], sent)
    return made


def _reset_value(type_: Type, default: int | None, current: Value, sent: Sent) -> Value:
    match type_:
        case Struct(description):
            return _reset(description, current, sent if description.anonymous else sent_members(description))
        case Array(element) if not type_.allocated:
            return [_reset_value(element, default, inner, sent) for inner in current]
        case Optional(element):
            return None if current is None else _reset_value(element, default, current, sent)
    return reset_again(type_, default, current)
