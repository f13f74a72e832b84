"""Ready buffers, and pages of RAM, through a `File`, against a plain loop of `os.write` of the same:
`python -m benchmarks.channels`.

Each target is written in turns, by another first every round; a process of its own empties the sockets. The file is
preallocated, written once before, and written over. A page goes with the 8 bytes that say which it is; where pages are
mapped each has a place of its own in the file, and goes alone.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.result import machine
from vmstate import File
from vmstate.ram import Ram, RamBlock, RamSender, save_mapped

PIECE = 256 * 1024
TOTAL, QUICK_TOTAL = 2 << 30, 128 << 20
ROUNDS, QUICK_ROUNDS = 9, 5
LEAST = 0.9
"""Of a plain loop's speed."""


@dataclass(frozen=True)
class Row:
    """`ratio` is the plain loop's time over the file's, the median over the rounds."""

    what: str
    target: str
    plain_gb_s: float
    file_gb_s: float
    ratio: float
    rounds: int


class Buffers:
    """Ready buffers: 4 MiB in rotation."""

    def __init__(self, total: int) -> None:
        self._pieces = [os.urandom(PIECE) for _ in range(16)]
        self._total = total

    def pieces(self) -> Iterator[memoryview]:
        return (memoryview(self._pieces[at % 16]) for at in range(self._total // PIECE))

    def plain(self, fd: int) -> None:
        for piece in self.pieces():
            rest = piece
            while rest:
                rest = rest[os.write(fd, rest) :]

    def through_file(self, fd: int) -> None:
        with File.from_fd(os.dup(fd), "w") as file:
            for at in range(self._total // PIECE):
                file.put_buffer(self._pieces[at % 16])


class Pages(Buffers):
    """RAM, no page of it zero."""

    def __init__(self, total: int) -> None:
        super().__init__(total)
        self._memory = mmap.mmap(-1, total + (1 << 20))  # the file has room for what stands before the pages, too
        for at, piece in enumerate(super().pieces()):
            self._memory[at * PIECE : (at + 1) * PIECE] = piece
        self._ram = Ram([RamBlock("ram", self._memory, used_length=total)])

    def pieces(self) -> Iterator[memoryview]:
        memory = memoryview(self._memory)
        return (memory[at : at + PIECE] for at in range(0, self._total, PIECE))

    def through_file(self, fd: int) -> None:
        with File.from_fd(os.dup(fd), "w") as file:
            RamSender(self._ram).send_pages(file)


class Mapped(Pages):
    """The same, each page at its place."""

    def __init__(self, total: int) -> None:
        super().__init__(total)
        self._ram.mapped = True

    def through_file(self, fd: int) -> None:
        save_mapped(self._ram, fd, 0)


@contextmanager
def emptied(ours: socket.socket, theirs: socket.socket) -> Iterator[int]:
    """`ours`, while a child reads all that arrives at `theirs`; ends when it has read everything."""
    child = os.fork()
    if not child:
        ours.close()
        room = bytearray(1 << 20)
        while theirs.recv_into(room):
            pass
        os._exit(0)
    theirs.close()
    with ours:
        yield ours.fileno()
    os.waitpid(child, 0)


@contextmanager
def unix_socket(total: int, folder: Path) -> Iterator[int]:
    with emptied(*socket.socketpair()) as fd:
        yield fd


@contextmanager
def tcp_socket(total: int, folder: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    with emptied(ours, theirs) as fd:
        yield fd


@contextmanager
def preallocated_file(total: int, folder: Path) -> Iterator[int]:
    path = folder / "file"
    fresh = not path.exists()
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    if fresh:
        size = total + (total >> 8) + (1 << 20)
        os.posix_fallocate(fd, 0, size)
        for _ in range(-(-size // PIECE)):
            os.write(fd, bytes(PIECE))
        os.lseek(fd, 0, os.SEEK_SET)
    yield fd
    os.close(fd)


TARGETS = {"unix socket": unix_socket, "tcp socket": tcp_socket, "preallocated file": preallocated_file}


def measure(what: str, source: Buffers, target: str, total: int, rounds: int, folder: Path) -> Row:
    ways: tuple[Callable[[int], None], ...] = (source.plain, source.through_file)
    times: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for turn in range(rounds + 1):
        for way in ways if turn % 2 else ways[::-1]:
            with TARGETS[target](total, folder) as fd:
                start = time.perf_counter()
                way(fd)
                took = time.perf_counter() - start
            if turn:  # the first round only warms up
                times[way.__name__].append(took)
    slow, fast = times["plain"], times["through_file"]
    return Row(
        what,
        target,
        total / statistics.median(slow) / 1e9,
        total / statistics.median(fast) / 1e9,
        statistics.median(theirs / ours for theirs, ours in zip(slow, fast, strict=True)),
        rounds,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.channels", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TOTAL >> 20} MiB in place of {TOTAL >> 20}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to FILE")
    parser.add_argument("--folder", type=Path, help="where the file lies; a temporary folder if not said")
    options = parser.parse_args(arguments)
    total, rounds = (QUICK_TOTAL, QUICK_ROUNDS) if options.quick else (TOTAL, ROUNDS)
    found = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for what, make, targets in (
            ("buffers", Buffers, tuple(TARGETS)),
            ("pages", Pages, tuple(TARGETS)),
            ("mapped pages", Mapped, ("preallocated file",)),
        ):
            source = make(total)
            found += [measure(what, source, target, total, rounds, Path(folder)) for target in targets]
    where = machine()
    table = Table(
        title=f"{total >> 20} MiB of buffers of 256 KiB, 4 MiB in rotation; of pages of RAM. Random",
        title_justify="left",
    )
    for column in ("", "write loop, GB/s", "File, GB/s", "ratio", "demanded"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for row in found:
        met = "met" if row.ratio >= LEAST else "MISSED"
        table.add_row(
            f"{row.what}, {row.target}",
            f"{row.plain_gb_s:.2f}",
            f"{row.file_gb_s:.2f}",
            f"{row.ratio:.2f} ×",
            f"≥ {LEAST:g} {met}",
        )
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    console.print(
        f"Medians of {rounds} interleaved rounds in one process, {where.cpu}, {where.cores} cores, {where.system}, "
        f"{where.python}, {where.date}.",
        markup=False,
        highlight=False,
    )
    if options.json:
        text = json.dumps({"machine": asdict(where), "total": total, "rows": [asdict(row) for row in found]}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
