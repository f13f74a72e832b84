"""The bytes of one body as they are taken or made, and what hooks get to see of them."""

from __future__ import annotations

from vmsgen.interpret.errors import Refusal


class Input:
    """A body, taken from the front. `at` counts the bytes that are gone."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def expect(self, size: int, name: str) -> None:
        """Raises Refusal `truncated` where fewer than `size` bytes are left; takes nothing."""
        if self.left < size:
            raise Refusal("truncated", name, self.at, found=self.left, low=size, high=size)

    def take(self, size: int, name: str) -> bytes:
        self.expect(size, name)
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int, name: str, signed: bool = False) -> int:
        return int.from_bytes(self.take(size, name), "big", signed=signed)


class Reader:
    """What a hook reads a field of its own from. Sizes are bytes, numbers are big-endian."""

    def __init__(self, source: Input, name: str) -> None:
        self._source = source
        self._name = name

    def read(self, size: int) -> bytes:
        """Raises Refusal `truncated` where fewer are left."""
        return self._source.take(size, self._name)

    def number(self, size: int, signed: bool = False) -> int:
        return self._source.number(size, self._name, signed)


class Writer:
    """What a hook writes a field of its own to. Sizes are bytes, numbers are big-endian."""

    def __init__(self, out: bytearray) -> None:
        self._out = out

    def write(self, data: bytes) -> None:
        self._out += data

    def number(self, value: int, size: int) -> None:
        self._out += (value % (1 << 8 * size)).to_bytes(size, "big")
