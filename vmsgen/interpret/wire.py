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
    """What a hook reads a field of its own from, as in generated modules. Numbers are big-endian."""

    def __init__(self, source: Input, name: str) -> None:
        self._source = source
        self._name = name

    def get_buffer(self, size: int) -> bytes:
        """Raises Refusal `truncated` where fewer bytes are left; so do the others."""
        return self._source.take(size, self._name)

    def get_byte(self) -> int:
        return self._source.number(1, self._name)

    def get_be16(self) -> int:
        return self._source.number(2, self._name)

    def get_be32(self) -> int:
        return self._source.number(4, self._name)

    def get_be64(self) -> int:
        return self._source.number(8, self._name)


class Writer:
    """What a hook writes a field of its own to. Numbers that do not fit raise OverflowError."""

    def __init__(self, out: bytearray) -> None:
        self._out = out

    def put_buffer(self, data: bytes) -> None:
        self._out += data

    def put_byte(self, value: int) -> None:
        self._out += value.to_bytes(1, "big")

    def put_be16(self, value: int) -> None:
        self._out += value.to_bytes(2, "big")

    def put_be32(self, value: int) -> None:
        self._out += value.to_bytes(4, "big")

    def put_be64(self, value: int) -> None:
        self._out += value.to_bytes(8, "big")
