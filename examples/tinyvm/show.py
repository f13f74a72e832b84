"""Two processes, a machine that moves from one to the other, and what became of it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from examples.tinyvm import pattern
from examples.tinyvm.modules import ROOT, build
from examples.tinyvm.roles import Options

PATIENCE = 60.0
"""Seconds to wait for a process."""


@dataclass(frozen=True)
class Move:
    """What two processes have told, by event; and all that the serial port sent, here and there."""

    sender: dict[str, dict[str, Any]]
    receiver: dict[str, dict[str, Any]]
    console: bytes

    def faults(self) -> list[str]:
        """What shows that a step was lost or made twice."""
        halted, resumed, whole = self.sender["halted"], self.receiver["resumed"], self.receiver["whole"]
        found = []
        if (halted["step"], halted["memory"]) != (resumed["step"], resumed["memory"]):
            found.append(f"halted at step {halted['step']}, went on after {resumed['step']}; or memory differs")
        if not whole["step"] > resumed["step"] > 0:
            found.append(f"it stood still: step {resumed['step']}, then {whole['step']}")
        if self.console != pattern.console(whole["step"]):
            found.append("the serial port lost or repeated something")
        return found


class FailedError(Exception):
    """A process did not do what it should; the message is what it said."""


def show(names: Sequence[str], options: Options) -> int:
    """One line for each transport. 0 if the machine was whole each time."""
    unknown = sorted({*names} - {*TRANSPORTS})
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no transport: {', '.join(TRANSPORTS)}")
    build()
    fine = True
    for name in names or TRANSPORTS:
        try:
            move_ = move(name, options)
        except FailedError as error:
            print(f"{name:5} {error}")
            fine = False
            continue
        halted, whole, found = move_.sender["halted"], move_.receiver["whole"], move_.faults()
        print(
            f"{name:5} halted at step {halted['step']}, ran on to {whole['step']}: {', '.join(found) or 'whole'}; "
            f"{halted['sent'] / (1 << 20):.0f} MiB sent, stood still for {halted['downtime']:.0f} ms"
        )
        fine = fine and not found
    return 0 if fine else 1


def move(name: str, options: Options) -> Move:
    """Over the transport of that name. Raises FailedError if a process fails."""
    with tempfile.TemporaryDirectory(prefix="tinyvm-") as folder:
        here, there = Path(folder) / "here", Path(folder) / "there"
        sender, receiver = TRANSPORTS[name](
            Path(folder),
            replace(options, console=here, disk=here.with_suffix(".disk") if options.disk else None),
            replace(options, console=there, disk=there.with_suffix(".disk") if options.disk else None),
        )
        return Move(sender, receiver, here.read_bytes() + there.read_bytes())


Told = dict[str, dict[str, Any]]


def _listening(uri: str) -> Callable[[Path, Options, Options], tuple[Told, Told]]:
    def both(folder: Path, here: Options, there: Options) -> tuple[Told, Told]:
        with _process("receive", uri.format(folder=folder), there) as receiver:
            first = json.loads(receiver.stdout.readline() or '{"uri": "tcp:127.0.0.1:1"}')
            with _process("send", first["uri"], here) as sender:
                return _told(sender), _told(receiver)

    return both


def _exec(folder: Path, here: Options, there: Options) -> tuple[Told, Told]:
    os.mkfifo(folder / "fifo")
    with (
        _process("receive", f"exec:cat '{folder}/fifo'", there) as receiver,
        _process("send", f"exec:cat > '{folder}/fifo'", here) as sender,
    ):
        return _told(sender), _told(receiver)


def _fd(folder: Path, here: Options, there: Options) -> tuple[Told, Told]:
    one, other = socket.socketpair()
    with one, other, contextlib.ExitStack() as stack:
        receiver = stack.enter_context(_process("receive", f"fd:{other.fileno()}", there, other.fileno()))
        sender = stack.enter_context(_process("send", f"fd:{one.fileno()}", here, one.fileno()))
        one.close()
        other.close()
        return _told(sender), _told(receiver)


def _file(folder: Path, here: Options, there: Options) -> tuple[Told, Told]:
    with _process("send", f"file:{folder}/stream", here) as sender:
        first = _told(sender)
    with _process("receive", f"file:{folder}/stream", there) as receiver:
        return first, _told(receiver)


TRANSPORTS = {
    "tcp": _listening("tcp:127.0.0.1:0"),
    "unix": _listening("unix:{folder}/socket"),
    "exec": _exec,
    "fd": _fd,
    "file": _file,
}


@contextlib.contextmanager
def _process(verb: str, uri: str, options: Options, *descriptors: int) -> Iterator[Any]:
    """Ends with the block, whatever it does."""
    arguments = [verb, uri, "--json", f"--ram={options.ram}", f"--pace={options.pace}", f"--seconds={options.seconds}"]
    arguments.append(f"--console={options.console}")
    arguments += [f"--channels={options.channels}", f"--compression={options.compression}"]
    if options.disk:
        arguments.append(f"--disk={options.disk}")
    if verb == "send":
        arguments += [f"--downtime={options.downtime * 1000}", f"--bandwidth={options.bandwidth}"]
        arguments += [f"--xbzrle={options.xbzrle}"]
    else:
        arguments += [f"--wait={PATIENCE}"]
    command = [sys.executable, "-m", "examples.tinyvm", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, pass_fds=descriptors, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _told(process: Any) -> Told:
    try:
        out, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise FailedError(f"{process.args[4]}: not over after {PATIENCE:.0f} seconds") from None
    told = {event["event"]: event for event in map(json.loads, out.splitlines())}
    if process.returncode:
        last = " ".join(f"{name}: {value}" for name, value in list(told.values())[-1].items()) if told else ""
        raise FailedError(f"{process.args[3]} ended with status {process.returncode}: {errors.strip()} {last}")
    return told
