"""The machine: a processor that counts, a timer, a serial port, a drive, and memory that the guest keeps writing to."""

from __future__ import annotations

import mmap
import threading
import time
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import BinaryIO

from examples.tinyvm import pattern
from vmstate import Machine

NAME = "tinyvm"
DRQ = 0x08
_MOST = 512
"""Steps between two looks at whether it shall stop."""


class Board:
    """`ram`: bytes of memory, a multiple of 64 KiB. `pace`: steps a second, 0 for as many as there can be.

    `console` gets what the serial port sends. `disk`: a file of zeros, 1 MiB times a power of two. `vm` is the machine;
    starting it starts a thread that runs the guest.
    """

    def __init__(
        self,
        modules: tuple[ModuleType, ModuleType],
        ram: int,
        pace: int,
        console: Callable[[bytes], object],
        disk: BinaryIO | None = None,
    ) -> None:
        if ram < 1 << 16 or ram % (1 << 16):
            raise ValueError(f"memory is a multiple of 64 KiB, not {ram} bytes")
        tiny, drive = modules
        self.layout = pattern.Layout(ram // pattern.PAGE)
        self.cpu, self.timer, self.uart = tiny.TinyCpu(), tiny.TinyTimer(), tiny.TinyUart()
        self.drive = drive.IDEState(identify_set=1, mult_sectors=16)
        self.drive.identify_data[:11] = b"TINYVM DISK"
        self.memory = mmap.mmap(-1, ram)
        self.memory.write(pattern.FIRMWARE * (self.layout.pages // 2))
        self.vm = Machine(NAME, start=self._start, stop=self._stop)
        for device in (self.cpu, self.timer, self.uart, self.drive):
            self.vm.register(device)
        self.vm.add_ram("ram", self.memory)
        self.disk = self.vm.add_block("disk", disk) if disk is not None else None
        self._sectors = self.disk.chunks * (1 << 20) // pattern.TRANSFER if self.disk else 0
        self._words = memoryview(self.memory).cast("Q")
        self._mark = self.vm.ram.marking.mark
        self._pace, self._console = pace, console
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None

    # The guest --------------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Makes so many steps. Devices are up to date when it returns, memory and its marks all the time."""
        cpu, words, mark, hot, cold = self.cpu, self._words, self._mark, self.layout.hot, self.layout.cold
        first, value = cpu.steps + 1, cpu.accumulator
        output = bytearray()
        for step in range(first, first + steps):
            value = (value * pattern.MULTIPLIER + pattern.INCREMENT) & pattern.MASK
            place = hot.place(step)
            words[place] = step
            mark(0, place * 8, 8)
            if step % pattern.COLD_EVERY == 0:
                place = cold.place(step // pattern.COLD_EVERY)
                words[place] = step // pattern.COLD_EVERY
                mark(0, place * 8, 8)
            self._devices(step, output)
        cpu.steps, cpu.accumulator = first + steps - 1, value
        if output:
            self._console(bytes(output))

    def _devices(self, step: int, output: bytearray) -> None:
        timer, uart, drive = self.timer, self.uart, self.drive
        timer.left -= 1
        if timer.left == 0:
            timer.left, timer.fired = timer.period, timer.fired + 1
            uart.update(count=pattern.LINE, data=pattern.line(timer.fired))
            if self.disk is not None:
                at = pattern.disk_sector(timer.fired, self._sectors) * pattern.TRANSFER
                self.disk.write(at, pattern.sector(timer.fired))
        if uart.count:
            waiting = bytes(uart.data)
            output.append(waiting[0])
            uart.update(count=len(waiting) - 1, data=waiting[1:])
            uart.sent += 1
        at = step % pattern.CYCLE
        if at == 1:
            drive.status |= DRQ
            drive.req_nb_sectors, drive.cur_io_buffer_len = 1, pattern.TRANSFER
            drive.io_buffer[: pattern.TRANSFER] = pattern.sector(step // pattern.CYCLE)
        if drive.status & DRQ:
            drive.cur_io_buffer_offset = at
            if at > pattern.TRANSFER:
                drive.status &= ~DRQ
                drive.cur_io_buffer_offset = drive.cur_io_buffer_len = drive.req_nb_sectors = 0

    # Running ----------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._halt.clear()
        self._thread = threading.Thread(target=self._guest, name="guest", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        self._halt.set()
        if self._thread is not None:
            self._thread.join()

    def _guest(self) -> None:
        start, done = time.monotonic(), 0
        while not self._halt.is_set():
            due = int((time.monotonic() - start) * self._pace) - done if self._pace else _MOST
            if due > 0:
                self.run(min(due, _MOST))
                done += min(due, _MOST)
            self._halt.wait(0 if due > _MOST else 0.001)

    # Is it whole? -----------------------------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        """What is not as it must be after the steps that the processor says it has made. The machine stands still."""
        steps = self.cpu.steps
        at = steps % pattern.CYCLE
        reading = 1 <= at <= pattern.TRANSFER
        state: dict[str, tuple[object, object]] = {
            "accumulator": (self.cpu.accumulator, pattern.accumulator(steps)),
            "timer.fired": (self.timer.fired, steps // pattern.PERIOD),
            "timer.left": (self.timer.left, pattern.PERIOD - steps % pattern.PERIOD),
            "uart.sent": (self.uart.sent, pattern.sent(steps)),
            "uart.waiting": (bytes(self.uart.data), self._waiting(steps)),
            "drive.identify_data": (bytes(self.drive.identify_data[:11]), b"TINYVM DISK"),
            "drive.status": (self.drive.status & DRQ, DRQ if reading else 0),
            "drive.offset": (self.drive.cur_io_buffer_offset, at if reading else 0),
        }
        if reading:
            buffer = bytes(self.drive.io_buffer[: pattern.TRANSFER])
            state["drive.io_buffer"] = (buffer, pattern.sector(steps // pattern.CYCLE))
        if self.disk is not None:
            content = zlib.crc32(self.disk.read(0, self._sectors * pattern.TRANSFER))
            state["disk"] = (content, zlib.crc32(pattern.disk(steps, self._sectors)))
        found = [f"{name} is {is_!r}, not {must!r}" for name, (is_, must) in state.items() if is_ != must]
        return found + [f"page {page} of memory" for page in self._bad_pages(steps)]

    def _waiting(self, steps: int) -> bytes:
        number = steps // pattern.PERIOD
        return pattern.line(number)[pattern.sent(steps) - pattern.LINE * (number - 1) :] if number else b""

    def _bad_pages(self, steps: int) -> list[int]:
        memory, size = self.memory, pattern.PAGE
        return [
            page
            for page in range(self.layout.pages)
            if memory[page * size : (page + 1) * size] != self.layout.page(page, steps)
        ]

    def checksum(self) -> int:
        """CRC-32 of memory."""
        return zlib.crc32(self.memory)
