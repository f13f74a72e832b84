"""Live state for tests: a bytearray, sent in chunks `u8 index, u8 length, bytes`, ended by 0xff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vmstate.machine import Difference, Element, Live

CHUNK = 4
END = 0xFF


class Chunks(Live):
    """`dirty` has the numbers of chunks that are still to be sent."""

    can_check = True

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.dirty: list[int] = []
        self.calls: list[str] = []
        self.kept: bytes | None = None
        self.touched = False

    def begin_save(self, live: bool) -> None:
        self.calls.append("begin_save")
        self.dirty = list(range(len(self.data) // CHUNK))

    def setup(self, file: Any) -> None:
        file.put_be32(len(self.data))

    def pending(self, exact: bool) -> int:
        return CHUNK * len(self.dirty)

    def iterate(self, file: Any, budget: int) -> bool:
        while self.dirty and budget >= CHUNK:
            budget -= CHUNK
            self._put(file, self.dirty.pop(0))
        file.put_byte(END)
        return not self.dirty

    def complete(self, file: Any) -> None:
        self.iterate(file, 1 << 30)

    def _put(self, file: Any, number: int) -> None:
        file.put_byte(number)
        file.put_byte(CHUNK)
        file.put_buffer(self.data[number * CHUNK : (number + 1) * CHUNK])

    def end_save(self) -> None:
        self.calls.append("end_save")

    def begin_load(self, check: bool, shadow: bool) -> None:
        self.touched = False
        self.kept = bytes(self.data) if shadow else None

    def load(self, file: Any, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        if kind == Element.START:
            self.size = size = file.get_be32()
            return [] if size == len(self.data) else [Difference("ram", "chunks", len(self.data), size)]
        while (number := file.get_byte()) != END:
            data = file.get_buffer(file.get_byte())
            at = number * CHUNK
            if len(data) != CHUNK or at + CHUNK > self.size:
                raise ValueError(f"chunk {number} of {len(data)} bytes")
            if not check:
                self.touched = True
                self.data[at : at + CHUNK] = data
        return []

    def end_load(self, accepted: bool) -> bool:
        if not accepted and self.touched and self.kept is not None:
            self.data[:] = self.kept
            return True
        return accepted or not self.touched

    def settle_load(self, here: bool) -> bool:
        return here or self.end_load(False)
