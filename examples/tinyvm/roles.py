"""What a process can be: a machine that runs, one that leaves, one that arrives."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from examples.tinyvm.board import Board
from examples.tinyvm.events import Tell
from examples.tinyvm.modules import build
from vmstate import VMStateError, transport

DISK = 4 << 20
"""Bytes of a new disk."""


@dataclass(frozen=True)
class Options:
    """Sizes in bytes, times in seconds, rates a second."""

    ram: int = 256 << 20
    pace: int = 20_000
    seconds: float = 1.0
    console: Path | None = None
    disk: Path | None = None
    load: Path | None = None
    save: Path | None = None
    downtime: float = 0.3
    bandwidth: int = 0
    xbzrle: int = 0
    channels: int = 0
    compression: str = "none"


def run(options: Options, tell: Tell) -> int:
    """Runs for a while; from a snapshot, into a snapshot, if there are such."""
    board = _board(options)
    if options.load:
        board.vm.load(options.load)
    tell("started", step=board.cpu.steps)
    board.vm.start()
    time.sleep(options.seconds)
    if options.save:
        with board.vm.halted():  # `save` alone halts it, too; but then it would have gone on before this is said
            board.vm.save(options.save)
            tell("saved", path=str(options.save), step=board.cpu.steps)
    return _check(board, tell)


def send(uri: str, options: Options, tell: Tell) -> int:
    """Runs for a while, then leaves while running. If that fails it runs on here, which is checked."""
    transport.parse(uri)  # raises for what can be none, before anything runs
    board = _board(options)
    if options.load:
        board.vm.load(options.load)
    tell("started", step=board.cpu.steps)
    board.vm.start()
    time.sleep(options.seconds)
    try:
        migration = board.vm.migrate(
            uri, downtime_limit=options.downtime, bandwidth=options.bandwidth,
            channels=options.channels, compression=options.compression,
        )  # fmt: skip
        stats = migration.result()
    except (VMStateError, OSError) as error:
        tell("failed", error=str(error), step=board.cpu.steps)
        time.sleep(options.seconds)
        _check(board, tell)
        return 1
    pages = board.vm.ram.statistics
    tell(
        "halted", step=board.cpu.steps, memory=board.checksum(), downtime=1000 * (stats.downtime or 0),
        sent=stats.transferred, rounds=stats.rounds, xbzrle=pages.xbzrle, unchanged=pages.unchanged,
    )  # fmt: skip
    return _check(board, tell)


def receive(uri: str, options: Options, tell: Tell, patience: float | None = None) -> int:
    """Waits for a machine, for `patience` seconds; goes on with it for a while."""
    board = _board(options)
    how: dict[str, Any] = {"accept_timeout": patience, "channels": options.channels, "compression": options.compression}
    if isinstance(transport.parse(uri, listening=True), (transport.Tcp, transport.Unix)):
        with transport.listen(uri) as listener:
            tell("listening", uri=listener.uri)
            board.vm.incoming(listener, **how)
    else:
        board.vm.incoming(uri, **how)
    tell("resumed", step=board.cpu.steps, memory=board.checksum())
    board.vm.start()
    time.sleep(options.seconds)
    return _check(board, tell)


def _board(options: Options) -> Board:
    board = Board(build(), options.ram, options.pace, _console(options.console), _disk(options.disk))
    board.vm.ram.xbzrle_cache = options.xbzrle
    return board


def _disk(path: Path | None) -> BinaryIO | None:
    """Made if it is not there: all zeros."""
    if path is None:
        return None
    if not path.exists():
        path.write_bytes(bytes(DISK))
    return path.open("r+b")


def _console(path: Path | None) -> Callable[[bytes], object]:
    """What the serial port's bytes go to."""
    if path is None:
        return len
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    return lambda data: os.write(descriptor, data)


def _check(board: Board, tell: Tell) -> int:
    """Halts it and looks at everything."""
    board.vm.stop()
    found = board.faults()
    if found:
        tell("broken", step=board.cpu.steps, faults=", ".join(found[:5]))
        return 1
    tell("whole", step=board.cpu.steps)
    return 0
