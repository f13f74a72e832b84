"""Bitmaps of a state: bits in words of 64, seen in place."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, overload

from vmstate._types import parts

_WORD = 64


class Bitmap:
    """The bits of a state, in place: `seen[3] = True`. As an integer, bit i is its bit i.

    `words` are the words themselves, a memoryview: bit 64k+b is bit b of word k.
    """

    __slots__ = ("_length", "words")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, words: memoryview, length: int) -> None:
        self.words = words
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int, /) -> bool: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[bool]: ...
    def __getitem__(self, index: int | slice, /) -> bool | list[bool]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._length))]
        word, bit = divmod(self._place(index), _WORD)
        return bool(self.words[word] >> bit & 1)

    def __setitem__(self, index: int, value: bool, /) -> None:
        word, bit = divmod(self._place(index), _WORD)
        if value:
            self.words[word] |= 1 << bit
        else:
            self.words[word] &= ~(1 << bit)

    def __iter__(self) -> Iterator[bool]:
        return (self[index] for index in range(self._length))

    def __int__(self) -> int:
        whole = sum(word << _WORD * number for number, word in enumerate(self.words))
        return whole & (1 << self._length) - 1

    def __bytes__(self) -> bytes:
        """Bit i is bit i % 8 of byte i // 8."""
        return int(self).to_bytes((self._length + 7) // 8, "little")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Bitmap):
            return len(self) == len(other) and int(self) == int(other)
        if isinstance(other, int):
            return int(self) == other
        return isinstance(other, list | tuple) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"<bitmap of {self._length}: {int(self):#x}>"

    def _place(self, index: int) -> int:
        place = operator.index(index)
        place += self._length if place < 0 else 0
        if not 0 <= place < self._length:
            raise IndexError(f"bit {index} is outside the {self._length} bits in use")
        return place


def _made(words: memoryview, length: int, shape: tuple[int, ...]) -> Bitmap | list[Any]:
    """One bitmap, or rows of them."""
    if not shape:
        return Bitmap(words, length)
    each = len(words) // max(1, shape[0])
    return [_made(words[i * each : (i + 1) * each], length, shape[1:]) for i in range(shape[0])]


def _bytes(value: Any, length: int, shape: tuple[int, ...], subject: str) -> bytes:
    """The words in memory of what is assigned. Raises TypeError, ValueError or OverflowError about `subject`."""
    if not shape:
        words = range((length + _WORD - 1) // _WORD)
        number = _number(value, length, subject)
        return array("Q", (number >> _WORD * word & (1 << _WORD) - 1 for word in words)).tobytes()
    rows = list(value) if isinstance(value, Iterable) else None
    if rows is None or len(rows) != shape[0]:
        raise TypeError(f"{subject} takes {shape[0]} bitmaps")
    return b"".join(_bytes(row, length, shape[1:], f"{subject}[{i}]") for i, row in enumerate(rows))


def _block(value: Any, length: int, most: int, shape: tuple[int, ...], subject: str) -> bytes:
    """The same for a bitmap, or rows of them, in memory of their own: bits, or rows, one by one may be fewer than there
    can be. A number has `length` bits."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | bytearray | memoryview):
        return _bytes(value, length, shape, subject)
    given = list(value)
    what, limit = ("bitmaps", shape[0]) if shape else ("bits", most)
    if len(given) > limit:
        raise ValueError(f"{subject} takes at most {limit} {what}, not {len(given)}")
    if shape:
        return _bytes(given, length, (len(given), *shape[1:]), subject)
    return _bytes(given, len(given), (), subject)


def _number(value: Any, length: int, subject: str) -> int:
    if isinstance(value, bytes | bytearray):
        value = int.from_bytes(value, "little")
    elif isinstance(value, memoryview):
        words = value.cast("B").cast("Q")
        value = sum(word << _WORD * number for number, word in enumerate(words))
    if isinstance(value, Bitmap | str) or not hasattr(value, "__index__"):
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise TypeError(f"{subject} takes {length} bools, an integer or a bitmap, not {type(value).__name__}")
        bits = list(value)
        if len(bits) != length:
            raise ValueError(f"{subject} takes {length} bits, not {len(bits)}")
        return sum(1 << place for place, bit in enumerate(bits) if bit)
    number = int(value.__index__())
    if not 0 <= number < 1 << length:
        raise OverflowError(f"{subject}: {number:#x} does not fit into {length} bits")
    return number


def _plain(value: Bitmap | list[Any]) -> int | list[Any]:
    return int(value) if isinstance(value, Bitmap) else [_plain(row) for row in value]


parts["bitmap"] = _made
parts["bitmap_bytes"] = _bytes
parts["bitmap_block"] = _block
parts["bitmap_plain"] = _plain
