"""The way back from the receiver of a migration: what it answers, and whether it has loaded all."""

from __future__ import annotations

from vmstate.errors import FramingError, VMStateError
from vmstate.file import File
from vmstate.machine.wire import Command, Element

SHUT, PONG = 1, 2
_LENGTHS = {SHUT: 4, PONG: 4}


class PeerError(VMStateError):
    """The receiver has refused the stream, or is gone: the machine was not taken over."""

    default_code = "peer"


def opening() -> bytes:
    """The commands that open it, and ask for a first answer."""
    return _command(Command.OPEN_RETURN_PATH, b"") + _command(Command.PING, (1).to_bytes(4, "big"))


def _command(command: Command, payload: bytes) -> bytes:
    return bytes([Element.COMMAND]) + command.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


def await_loaded(file: File) -> None:
    """Waits until the receiver says that it has loaded everything. Raises PeerError if it has not."""
    while True:
        start = file.get_position
        kind, length = file.get_be16(), file.get_be16()
        if _LENGTHS.get(kind) != length:
            raise FramingError(
                f"at offset {start} of the return path: message {kind} with {length} bytes is not one of a precopy",
                offset=start, found=kind, code="return-path",
            )  # fmt: skip
        value = file.get_be32()
        if kind == SHUT:
            if value:
                raise PeerError(f"the receiver has refused the machine: its status is {value}", found=value, allowed=0)
            return
