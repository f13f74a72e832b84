"""What is in memory of its own: lists and maps; and arrays whose elements may be missing.

Elements are seen through views. These go with their element when others come and go. What was taken out of a view (a
struct inside of it, a memoryview), and all views once the state is loaded again, stay with the elements as they were.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence
from typing import Any, NoReturn, Self, SupportsIndex, TypeVar, overload

from vmstate._types import Elements, parts

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_V = TypeVar("_V")


class OptionalElements(Elements[_T_co]):
    """An array whose elements may be missing: None. Assigning None makes one so, a value brings it back."""

    __slots__ = ()


class List(Elements[_T], MutableSequence[_T]):
    """Elements in memory of their own: as many as there are, up to the schema's `max`.

    What is put in is copied: a struct of the same kind, or a mapping of its fields, the others at reset. Raises
    ValueError where there would be too many, and then nothing has changed.
    """

    __slots__ = ()

    def __new__(cls, *_: Any) -> NoReturn:
        raise TypeError(f"a {cls.__name__} is part of a state; assign to its field")

    @overload
    def __setitem__(self, index: SupportsIndex, value: Any, /) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Any], /) -> None: ...
    def __setitem__(self, index: SupportsIndex | slice, value: Any, /) -> None:
        if not isinstance(index, slice):
            super().__setitem__(index.__index__(), value)
            return
        start, stop, step = index.indices(len(self))
        if step == 1:
            self.__splice__(start, max(stop - start, 0), tuple(value))
            return
        places, values = range(start, stop, step), tuple(value)
        if len(places) != len(values):
            raise ValueError(f"{len(values)} values for {len(places)} elements")
        items = list(self)
        for place, item in zip(places, values, strict=True):
            items[place] = item
        self.__splice__(0, len(items), tuple(items))

    def __delitem__(self, index: SupportsIndex | slice, /) -> None:
        if not isinstance(index, slice):
            self.__splice__(self._place(index), 1, ())
            return
        places = range(*index.indices(len(self)))
        if abs(places.step) == 1 and places:
            self.__splice__(min(places), len(places), ())
            return
        for place in sorted(places, reverse=True):
            self.__splice__(place, 1, ())

    def insert(self, index: SupportsIndex, value: Any) -> None:
        """Puts a value before the element `index`."""
        place, _, _ = slice(index, None).indices(len(self))
        self.__splice__(place, 0, (value,))

    def append(self, value: Any) -> None:
        """Puts a value behind all others."""
        self.__splice__(len(self), 0, (value,))

    def extend(self, values: Iterable[Any]) -> None:
        """Puts values behind all others: all of them, or none if there would be too many."""
        self.__splice__(len(self), 0, tuple(values))

    def clear(self) -> None:
        """Removes all."""
        self.__splice__(0, len(self), ())

    def reverse(self) -> None:
        """The last becomes the first."""
        self.__splice__(0, len(self), tuple(self[::-1]))

    def __iadd__(self, values: Iterable[Any]) -> Self:
        self.extend(values)
        return self

    def _place(self, index: SupportsIndex) -> int:
        place = index.__index__()
        place += len(self) if place < 0 else 0
        if not 0 <= place < len(self):
            raise IndexError(f"index {index.__index__()} is outside the {len(self)} elements in use")
        return place


class Entries(List[_T]):
    """A map whose keys are structs: entries with `key` and `value`, in their order on the wire. Takes pairs, too."""

    __slots__ = ()


class Map(MutableMapping[int, _V]):
    """Values by number, in ascending order of these. Values are views, as the elements of a List are."""

    __slots__ = ("_entries",)

    def __init__(self, entries: List[Any]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[int]:
        return (entry.key for entry in self._entries)

    def __getitem__(self, key: int) -> _V:
        place, found = self._find(key)
        if not found:
            raise KeyError(key)
        value: _V = self._entries[place].value
        return value

    def __setitem__(self, key: int, value: Any) -> None:
        place, found = self._find(key)
        if found:
            self._entries[place].value = value
        else:
            self._entries.insert(place, {"key": key, "value": value})

    def __delitem__(self, key: int) -> None:
        place, found = self._find(key)
        if not found:
            raise KeyError(key)
        del self._entries[place]

    def clear(self) -> None:
        """Removes all."""
        self._entries.clear()

    def as_dict(self) -> dict[int, Any]:
        """Keys and values, structs as dicts."""
        return {entry.key: entry.value.as_dict() for entry in self._entries}

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{entry.key}: {entry.value!r}' for entry in self._entries)}}}"

    def _find(self, key: int) -> tuple[int, bool]:
        """Where the key is, or would be, and whether it is."""
        number, low, high = operator.index(key), 0, len(self._entries)
        while low < high:
            middle = (low + high) // 2
            if self._entries[middle].key < number:
                low = middle + 1
            else:
                high = middle
        return low, low < len(self._entries) and self._entries[low].key == number

    def _replace(self, values: Any, subject: str) -> None:
        """All entries, from whatever a dict can be made of. `subject` is what the map is called in an error."""
        try:
            pairs = values.items() if isinstance(values, Mapping) else dict(values).items()
        except (TypeError, ValueError):
            raise TypeError(f"{subject} takes a mapping, or pairs, not {type(values).__name__}") from None
        for key, _ in pairs:
            if not hasattr(key, "__index__"):
                raise TypeError(f"{subject} takes integers for its keys, not {type(key).__name__}")
        self._entries[:] = [{"key": key, "value": value} for key, value in sorted(pairs, key=lambda pair: pair[0])]


parts["optional"] = OptionalElements
parts["list"] = List
parts["entries"] = Entries
parts["map"] = Map
