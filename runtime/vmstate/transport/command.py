"""`exec:`, a command of the shell, at the other end of a pipe: its standard input if we put, its output if we get."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import subprocess

from vmstate.errors import ChannelError, ChannelTimeoutError
from vmstate.file import File
from vmstate.transport.address import Command
from vmstate.transport.waiting import failed

PIPE_SIZE = 1 << 20

HASTE = 0.1
"""Seconds that an abort leaves a command to say how it ended."""


def start(address: Command, idle_timeout: float | None, *, writing: bool) -> File:
    """Runs `/bin/sh -c LINE` in a process group of its own.

    Closing waits for it, `idle_timeout` seconds at most, and then kills the group; so does an abort, at once. A status
    other than 0 is what close raises. The one exception: an end by SIGPIPE if we did not read all that it wrote.
    """
    try:
        child = subprocess.Popen(
            ["/bin/sh", "-c", address.line],
            bufsize=0,
            stdin=subprocess.PIPE if writing else subprocess.DEVNULL,
            stdout=None if writing else subprocess.PIPE,
            process_group=0,
        )
    except OSError as error:
        raise failed(str(address), error) from error
    try:
        ours = child.stdin if writing else child.stdout
        assert ours is not None
        with ours:
            with contextlib.suppress(OSError):  # a smaller pipe works too
                fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
            file = File._copying(ours.fileno(), "w" if writing else "r", idle_timeout)
        file._after_close.append(lambda hastily: _reap(address, child, idle_timeout, hastily, writing))
        return file
    except BaseException:
        _kill(child)
        raise


def _reap(
    address: Command, child: subprocess.Popen[bytes], timeout: float | None, hastily: bool, writing: bool
) -> None:
    try:
        status = child.wait(HASTE if hastily else timeout)
    except subprocess.TimeoutExpired:
        _kill(child)
        if hastily:
            return
        raise ChannelTimeoutError(
            f"{address}: still running {timeout:g} seconds after its pipe was closed; killed", number=errno.ETIMEDOUT
        ) from None
    except BaseException:
        _kill(child)
        raise
    # The shell says 128 + the signal, where the command was not the shell's last.
    if status and not (not writing and status in (-signal.SIGPIPE, 128 + signal.SIGPIPE)):
        how = f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise ChannelError(f"{address}: {how}", code="exit-status", found=status)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The command and all that it started, which is in its group; and no zombie stays."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
