"""Local members in `dumps` and `loads`: no body carries them, and yet counts and conditions may ask for them.

What is kept are plain values by name, as `as_dict` gives them: of a device its local members; of a struct in it a
mapping of its own, of several structs a list of such, of a map a mapping by key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vmstate._binding import generated
from vmstate._containers import Map
from vmstate._older import differences
from vmstate._types import Elements, State
from vmstate.errors import FramingError

if TYPE_CHECKING:
    from vmstate._types import Field, Layout


def collect(state: State) -> dict[str, Any]:
    """The values of all local members, nested ones too; empty where the schema has none."""
    layout = state.__bound__().layout
    return _kept(layout, state.as_dict()) if _has_locals(layout) else {}


def _has_locals(layout: Layout) -> bool:
    return any(field.local or _inner(field) is not None for field in layout.fields)


def _inner(field: Field) -> Layout | None:
    """The layout of the structs in a field, where these have local members."""
    layout = field.element.__binding__.layout if field.element is not None else None
    return layout if layout is not None and _has_locals(layout) else None


def _kept(layout: Layout, values: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for field in layout.fields:
        if field.local:
            kept[field.__name__] = values[field.__name__]
        elif inner := _inner(field):
            kept[field.__name__] = _kept_inside(inner, values[field.__name__])
    return kept


def _kept_inside(layout: Layout, value: Any) -> Any:
    """Of a map, `layout` is that of its entries."""
    if isinstance(value, list):
        return [_kept_inside(layout, item) for item in value]
    if isinstance(value, dict) and any(isinstance(key, int) for key in value):
        inner = _inner(next(field for field in layout.fields if field.__name__ == "value"))
        return {key: _kept_inside(inner, item) for key, item in value.items()} if inner else {}
    return _kept(layout, value) if value else value


class Placing:
    """Puts collected values into a new state, when called: before its body is taken, which may ask for them, and after.

    After it there are elements that were not there before. In structs, which a load may reset, the second call sets
    again what has its value at reset: where a hook has set something else, that stays. Names that the schema does not
    have, or not as local members, are passed over. Raises FramingError, in the name of `device`, for values that do
    not fit.
    """

    def __init__(self, state: State, values: Any, device: str) -> None:
        self._state = state
        self._values = values
        self._device = device
        self._placed: set[str] = set()
        self._resets: dict[type[State], State] = {}

    def __call__(self) -> None:
        self._put(self._state, self._values, "")

    def _put(self, state: State, values: Any, path: str) -> None:
        if not isinstance(values, dict):
            raise self._refusal(path, f"it takes a mapping, not {type(values).__name__}")
        for field in state.__bound__().layout.fields:
            name = field.__name__
            if name not in values:
                continue
            inner = f"{path}.{name}" if path else name
            if field.local:
                self._assign(state, field, values[name], inner)
            elif field.element is not None:
                for place, found, value in _pairs(field.__get__(state), values[name], inner):
                    self._put(found, value, place)

    def _assign(self, state: State, field: Field, value: Any, path: str) -> None:
        if path in self._placed and not ("." in path and self._at_reset(state, field)):
            return
        try:
            field.__set__(state, value)
        except (TypeError, ValueError, OverflowError, AttributeError, KeyError) as problem:
            raise self._refusal(path, str(problem)) from problem
        self._placed.add(path)

    def _at_reset(self, state: State, field: Field) -> bool:
        cls = generated(state.__bound__().cls)
        reset = self._resets.setdefault(cls, cls())
        return not any(differences(field.__get__(state), field.__get__(reset), "", counted=True))

    def _refusal(self, path: str, problem: str) -> FramingError:
        where = f"the local member {path}" if path else "its local members"
        return FramingError(f"{self._device}: {where}: {problem}", device=self._device, path=path)


def _pairs(found: Any, values: Any, path: str) -> Iterator[tuple[str, State, Any]]:
    """Structs with their values and paths, as far as both are there."""
    if isinstance(found, State):
        yield path, found, values
    elif isinstance(found, Map) and isinstance(values, dict):
        for key in found.keys() & values.keys():
            yield f"{path}[{key}]", found[key], values[key]
    elif isinstance(found, Elements | list) and isinstance(values, list):
        for number, (one, value) in enumerate(zip(found, values, strict=False)):
            if one is not None and value is not None:
                yield from _pairs(one, value, f"{path}[{number}]")
