"""Rounds in which every way runs once, each round in another order; the medians of the rounds' ratios."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from benchmarks.ram import numpy_way
from vmstate._stream import ffi, lib
from vmstate.file import File
from vmstate.ram import PageBitmap, Ram, RamBlock, RamSender

PAGE = 4096
OURS = "vmstate"


@dataclass(frozen=True)
class Row:
    """Seconds a way took in the median, and how many times ours that is."""

    name: str
    workload: str
    seconds: Mapping[str, float]
    ratios: Mapping[str, float]


def measure(name: str, workload: str, ways: Mapping[str, Callable[[], object]], rounds: int) -> Row:
    """`ways` has ours among them; each is run once before anything is timed."""
    took: dict[str, list[int]] = {way: [] for way in ways}
    for run in ways.values():
        run()
    order = list(ways)
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            for way in order[turn % len(order) :] + order[: turn % len(order)]:
                start = perf_counter_ns()
                ways[way]()
                took[way].append(perf_counter_ns() - start)
    finally:
        gc.enable()
    ratios = {
        way: statistics.median(theirs / mine for theirs, mine in zip(took[way], took[OURS], strict=True))
        for way in ways
        if way != OURS
    }
    return Row(name, workload, {way: statistics.median(each) / 1e9 for way, each in took.items()}, ratios)


def pages(library: Path, size: int, rounds: int) -> Iterator[Row]:
    """All pages of a block to /dev/null, from memory that has been written before."""
    harness = ctypes.CDLL(str(library))
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    array = np.frombuffer(memory, np.uint8).reshape(-1, PAGE)
    address = ctypes.c_void_p(array.ctypes.data)
    content = np.random.default_rng(1).integers(1, 256, PAGE, dtype=np.uint8)
    ram = Ram([RamBlock("ram", memory)])
    fd = os.open(os.devnull, os.O_WRONLY)
    with File.from_fd(fd, "w") as file:

        def ours() -> None:
            RamSender(ram).send_pages(file)
            file.flush()

        ways: dict[str, Callable[[], object]] = {
            OURS: ours,
            "memcpy": lambda: harness.bench_memcpy(address, ctypes.c_size_t(size), fd),
            "numpy": lambda: numpy_way.send_pages(array, fd),
        }
        _same_bytes()
        for name, zeros in (("no zeros", slice(0)), ("half zeros", slice(0, None, 2)), ("all zeros", slice(None))):
            array[:] = content
            array[zeros] = 0
            yield measure(f"pages, {name}", f"{size >> 20} MiB to /dev/null", ways, rounds)


def _same_bytes() -> None:
    """The peer must do the same work: its bytes are ours."""
    sample = np.zeros((200, PAGE), np.uint8)
    sample[::3] = 7
    sample[64:130] = 9
    sample[150, -1] = 1
    with File.to_bytes() as file, tempfile.TemporaryFile() as theirs:
        RamSender(Ram([RamBlock("ram", memoryview(sample).cast("B"))])).send_pages(file)
        numpy_way.send_pages(sample, theirs.fileno())
        theirs.seek(0)
        if theirs.read() != file.getvalue():
            raise RuntimeError("the numpy loop writes other bytes")


def changes(library: Path, size: int, rounds: int) -> Iterator[Row]:
    """What changed in each page: in memory larger than any cache, and in pages that a cache holds.

    memcpy copies the pages to as much other memory, as whoever keeps them for the next time has to. numpy is timed in
    the cache alone, where memory does not hide what it costs.
    """
    yield from _changes(ctypes.CDLL(str(library)), size, rounds, 1, numpys=False)
    yield from _changes(ctypes.CDLL(str(library)), 256 << 10, rounds, 16, numpys=True)


def _changes(harness: ctypes.CDLL, size: int, rounds: int, times: int, numpys: bool) -> Iterator[Row]:
    count = size // PAGE
    before = np.ones((count, PAGE), np.uint8)
    after, copy, out = before.copy(), before.copy(), np.zeros(2 * PAGE, np.uint8)
    pointers = [ctypes.c_void_p(each.ctypes.data) for each in (before, after, copy, out)]
    pages, turns = ctypes.c_size_t(count), range(times)
    for words in (0, 1, 8, 64):
        for i in range(words):
            start = i * (PAGE // words) + 8
            after[:, start : start + 8] = 0xA5
        if numpy_way.encode(before[0], after[0]) != _encoded(before[0], after[0]):
            raise RuntimeError("the numpy loop encodes otherwise")
        ways: dict[str, Callable[[], object]] = {
            OURS: lambda: [harness.bench_encode(pointers[0], pointers[1], pages, pointers[3]) for _ in turns],
            "memcpy": lambda: [harness.bench_copy(pointers[1], pages, pointers[2]) for _ in turns],
        }
        if numpys:
            ways["numpy"] = lambda: [numpy_way.encode(before[i], after[i]) for _ in turns for i in range(count)]
        name = "unchanged" if not words else f"{words} word{'s' * (words > 1)}"
        yield measure(f"xbzrle, {name}", f"{size >> 20} MiB" if times == 1 else "256 KiB in a cache", ways, rounds)


def _encoded(before: Any, after: Any) -> bytes:
    out = bytearray(PAGE)
    n = lib.vms_xbzrle_encode(ffi.from_buffer(before), ffi.from_buffer(after), PAGE, ffi.from_buffer(out), PAGE)
    return bytes(out[:n])


def scan(library: Path, rounds: int) -> Row:
    """The runs of a bitmap."""
    harness = ctypes.CDLL(str(library))
    count = (16 << 30) // PAGE
    bitmap = PageBitmap(count)
    for page in np.random.default_rng(1).choice(count, count // 100, replace=False).tolist():
        bitmap.mark(page)
    native = ctypes.c_void_p(int(ffi.cast("uintptr_t", bitmap.native)))
    harness.bench_scan.restype = ctypes.c_uint64
    if harness.bench_scan(native) != count // 100:
        raise RuntimeError("the scan misses pages")
    return measure("bitmap scan", "16 GiB, 1 % dirty", {OURS: lambda: harness.bench_scan(native)}, rounds)
