"""The way back from the receiver of a migration: what it answers, and whether it has loaded all."""

from __future__ import annotations

import struct

from vmstate.errors import ChannelTimeoutError, VMStateError
from vmstate.file import File
from vmstate.machine.wire import Command, Element
from vmstate.transport.waiting import Deadline

SHUT, PONG = 1, 2
_HEAD, _WHOLE = struct.Struct(">HH"), struct.Struct(">HHI")
_PING = 1
"""The number that the one ping of a migration has, and its answer."""
_LAST_WORDS = 1.0
"""Seconds that are waited for a receiver to say why it hung up."""


class PeerError(VMStateError):
    """The receiver has refused the stream, or is gone, or does not answer: the machine was not taken over."""

    default_code = "peer"


def opening() -> bytes:
    """The commands that open it, and ask for a first answer."""
    return _command(Command.OPEN_RETURN_PATH, b"") + _command(Command.PING, _PING.to_bytes(4, "big"))


def _command(command: Command, payload: bytes) -> bytes:
    return bytes([Element.COMMAND]) + command.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


class ReturnPath:
    """Reads what the receiver answers: to the one ping, and at the end."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._came = bytearray()
        self._offset = 0
        self._asked = {_PING}

    def look(self) -> None:
        """At what is there already, while the machine is sent. Raises a PeerError if the receiver gives up."""
        while self._file.ready():
            self._more()
            self._refuse_end(self._status())

    @property
    def answered(self) -> bool:
        """Has the receiver answered the ping? It reads, then."""
        return not self._asked

    def await_answer(self) -> None:
        """Until the receiver has answered the ping, for as long as the channel may be idle. Raises a PeerError if it
        does not.
        """
        try:
            while not self.answered:
                self._more()
                self._refuse_end(self._status())
        except ChannelTimeoutError as error:
            raise PeerError(f"the receiver does not answer, so it may not read at all: {error}") from error

    def last_words(self) -> PeerError | None:
        """The refusal that came before the receiver hung up, if there was one."""
        if not self._file.can_time_out:
            return None
        try:
            status = self._wait(_LAST_WORDS)
        except VMStateError:
            return None
        return refused(status) if status else None

    def await_loaded(self, seconds: float | None) -> None:
        """Until the receiver says that it has loaded everything. Raises a PeerError if it does not, in that time.

        A channel that cannot time out, over operations of the user's own, waits as long as these do.
        """
        try:
            status = self._wait(seconds)
        except PeerError:
            raise
        except VMStateError as error:
            late = isinstance(error, ChannelTimeoutError) and seconds is not None
            why = f"not within {seconds:g} seconds" if late else str(error)
            raise PeerError(f"the receiver has not said that it has loaded the machine: {why}") from error
        if status:
            raise refused(status)

    def _wait(self, seconds: float | None) -> int:
        """The status that it ends with. One time for all of it, however the bytes come."""
        deadline = Deadline(seconds)
        while (status := self._status()) is None:
            self._file.set_idle_timeout(deadline.left)
            self._more()
        return status

    def _more(self) -> None:
        """Reads what there is, at least a byte. Raises a PeerError at the end: nothing comes after it."""
        data = self._file.get_some()
        if not data:
            raise PeerError("the receiver has hung up, and not said that it has loaded the machine")
        self._came += data

    def _refuse_end(self, status: int | None) -> None:
        """Raises what the receiver ends with, if it does."""
        if status is not None:
            raise refused(status) if status else PeerError("the receiver says that it has loaded what is not sent")

    def _status(self) -> int | None:
        """Goes through the messages that are whole. The status of the last one; None if it has not come."""
        while len(self._came) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._came)
            if kind not in (SHUT, PONG) or length != 4:
                raise self._wrong(f"message {kind} with {length} bytes is not one of a precopy migration", kind)
            if len(self._came) < _WHOLE.size:
                return None
            value: int = _WHOLE.unpack_from(self._came)[2]
            if kind == SHUT:
                return value
            if value not in self._asked:
                raise self._wrong(f"the ping {value} is answered, which was not sent, or was answered before", kind)
            self._asked.remove(value)
            self._offset += _WHOLE.size
            del self._came[: _WHOLE.size]
        return None

    def _wrong(self, what: str, found: int) -> PeerError:
        where = f"at offset {self._offset} of the return path"
        return PeerError(f"{where}: {what}", offset=self._offset, found=found, code="return-path")


def refused(status: int) -> PeerError:
    """The error of a receiver that ended with a status other than 0."""
    return PeerError(f"the receiver has refused the machine: its status is {status}", found=status, allowed=0)
