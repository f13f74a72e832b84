"""What a refused load or save raises.

Every error says what it knows as attributes, and as a sentence: which device, which field by its path, at which byte,
what was found there and what was allowed.
"""

from __future__ import annotations

import errno
import os
from typing import Any, ClassVar

Allowed = tuple[int, int] | int | None


class VMStateError(Exception):
    """The base of all of them.

    `code` is a stable name; `device` the name on the wire; `instance` its number in a machine, None where there is
    none; `path` the field, "" where none is meant; `offset` the byte in the data, None where there is no data (a save);
    `found` a number; `allowed` (lowest, highest), or the one number that was allowed, or None.
    """

    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        device: str | None = None,
        instance: int | None = None,
        path: str = "",
        offset: int | None = None,
        found: int | None = None,
        allowed: Allowed = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.device = device
        self.instance = instance
        self.path = path
        self.offset = offset
        self.found = found
        self.allowed = allowed
        self.code = code or self.default_code

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, dict(self.__dict__))


def _rebuilt(cls: type[VMStateError], args: tuple[Any, ...], attributes: dict[str, Any]) -> VMStateError:
    error = cls(*args)
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


class TruncatedError(VMStateError):
    """The data ends inside a field."""

    default_code = "truncated"


class TrailingError(VMStateError):
    """Bytes are left over after the last field."""

    default_code = "trailing"


class VersionError(VMStateError):
    """A version outside the ones that can be read."""

    default_code = "version"


class UnknownSectionError(VMStateError):
    """A section for a device that the machine does not have."""

    default_code = "unknown-section"


class UnknownSubsectionError(VMStateError):
    """A subsection that the description does not have."""

    default_code = "unknown-subsection"


class ValidationError(VMStateError):
    """A value that the schema does not allow.

    `code` is range, where, check, equal, count, arithmetic, index, marker, key or repeated-subsection.
    """

    default_code = "range"


class HookError(VMStateError):
    """A hook written in C failed; `found` is what it returned. One written in Python raises its own exception.

    Or there is none where only a hook can tell what the bytes are: `code` is no-hook.
    """

    default_code = "hook"


class FunctionError(VMStateError):
    """A function of `register_savevm` failed; `found` is the negative number that it returned, an errno if it is one.

    One that raises has its own exception raised. `offset` is where the section's body begins.
    """

    default_code = "function"


class InexpressibleError(VMStateError):
    """An older version has no room for what the state is; `path` is the first value that would be lost."""

    default_code = "inexpressible"


class FramingError(VMStateError):
    """The bytes around the states are not what they should be."""

    default_code = "framing"


class BufferTooSmallError(VMStateError):
    """What was to be saved does not fit into the buffer."""

    default_code = "full"


class _SystemError(VMStateError, OSError):
    """Of the system, with what is known of it here: `errno` says how it failed."""

    def __init__(self, message: str, *, number: int = errno.EIO, **known: Any) -> None:
        super().__init__(message, **known)
        self.errno = number
        self.strerror = os.strerror(number)

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        attributes = {**self.__dict__, "errno": self.errno, "strerror": self.strerror}
        return _rebuilt, (type(self), self.args, attributes)


class ChannelError(_SystemError):
    """A byte channel failed. An OSError too: `errno` says how; `offset` is the position in the stream.

    `code` is channel, timeout, cancelled, closed, tls, or exit-status: a command of `exec:` failed with `found`.
    """

    default_code = "channel"


class DiskError(_SystemError):
    """A disk of a machine failed while it was saved, loaded or rewound.

    An OSError too, whose cause is what its file raised. `disk` is its name, `place` the byte of the disk where the
    piece begins that was read or written, None if it was all of it; `offset` is where the piece's record begins in the
    stream.
    """

    default_code = "disk"

    def __init__(self, message: str, *, disk: str = "", place: int | None = None, **known: Any) -> None:
        super().__init__(message, **known)
        self.disk = disk
        self.place = place


class ShadowError(_SystemError):
    """What a load with `shadow=True` was to overwrite could not be kept, or not be read again. An OSError too.

    `offset` is where the record begins that was to overwrite it.
    """

    default_code = "shadow"


class ChannelTimeoutError(ChannelError, TimeoutError):
    """Nothing moved for longer than was allowed; or nobody answered, or came."""

    default_code = "timeout"


class AddressError(VMStateError, ValueError):
    """A URI that names no channel; the message says what is allowed."""

    default_code = "address"


class UnknownNameError(KeyError):
    """A name that the class does not have. A KeyError that prints as a sentence."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""
