"""A guest that runs in a thread: it counts, and writes what it counts into cells that are live state."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from vmstate.machine import Difference, Element, Live, Machine

CELLS = 64
END = 0xFFFF


class Cells(Live):
    """Cells of 1 KiB, each a number of 8 bytes and filling. Records: be16 number, the cell; 0xffff ends a body."""

    SIZE = 1024
    can_check = True

    def __init__(self) -> None:
        self.values = [0] * CELLS
        self.dirty: set[int] = set()
        self.lock = threading.Lock()
        self.touched = False

    def write(self, cell: int, value: int) -> None:
        with self.lock:
            self.values[cell] = value
            self.dirty.add(cell)

    def begin_save(self, live: bool) -> None:
        with self.lock:
            self.dirty = set(range(CELLS))

    def setup(self, file: Any) -> None:
        file.put_be32(CELLS)

    def pending(self, exact: bool) -> int:
        return len(self.dirty) * (self.SIZE + 2)

    def iterate(self, file: Any, budget: int) -> bool:
        while budget > 0 and self.dirty:
            with self.lock:
                cell = self.dirty.pop()
                value = self.values[cell]
            file.put_be16(cell)
            file.put_buffer(value.to_bytes(8, "big").ljust(self.SIZE, b"."))
            budget -= self.SIZE
        file.put_be16(END)
        return not self.dirty

    def complete(self, file: Any) -> None:
        self.iterate(file, 1 << 40)

    def begin_load(self, check: bool, shadow: bool) -> None:
        self.touched = False

    def load(self, file: Any, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        if kind == Element.START:
            assert file.get_be32() == CELLS
            return []
        while (cell := file.get_be16()) != END:
            data = file.get_buffer(self.SIZE)
            if not check:
                self.touched = True
                self.values[cell] = int.from_bytes(data[:8], "big")
        return []

    def end_load(self, accepted: bool) -> bool:
        return accepted or not self.touched


class Guest:
    """`clock.ticks` is how often it has written; cell n holds the last count that fell to it."""

    def __init__(self, devices: Any, pace: float = 0.0) -> None:
        self.clock, self.cells = devices.Clock(), Cells()
        self.vm = Machine("guest", stop=self._stop, start=self._start)
        self.vm.register(self.clock)
        self.vm.register_live("cells", self.cells, version=1)
        self.vm.register(devices.Tiny(a=7))
        self._pace = pace
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        self._halt.clear()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _stop(self) -> None:
        self._halt.set()
        assert self._thread is not None
        self._thread.join()

    def _run(self) -> None:
        while not self._halt.wait(self._pace or 0.0005):
            count = self.clock.ticks + 1
            self.clock.ticks = count
            self.cells.write(count % CELLS, count)

    def steps(self, count: int, timeout: float = 10) -> None:
        """Waits until it has made so many more."""
        aim = self.clock.ticks + count
        tick = threading.Event()
        for _ in range(int(timeout / 0.002)):
            if self.clock.ticks >= aim:
                return
            tick.wait(0.002)
        raise AssertionError(f"the guest does not run: {self.clock.ticks} of {aim}")

    def consistent(self) -> bool:
        """Has no step been lost or done twice?"""
        count = self.clock.ticks
        return self.cells.values == [count - (count - cell) % CELLS if count - (count - cell) % CELLS > 0 else 0
                                     for cell in range(CELLS)]  # fmt: skip
