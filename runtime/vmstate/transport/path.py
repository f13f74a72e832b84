"""`file:`, a file on disk, from an offset on."""

from __future__ import annotations

import errno
import os
import stat

from vmstate.errors import ChannelError
from vmstate.file import File
from vmstate.file.owned import Owned
from vmstate.transport.address import Path
from vmstate.transport.waiting import failed


def create(address: Path) -> File:
    """Made if it is not there, for its user alone. What lies before the offset stays, what lies behind it goes."""
    return _open(address, os.O_WRONLY | os.O_CREAT, "w")


def open_there(address: Path) -> File:
    return _open(address, os.O_RDONLY, "r")


def _open(address: Path, flags: int, mode: str) -> File:
    try:
        with Owned() as raw:
            # Non-blocking, or a FIFO without a peer would hold us here.
            raw.open(address.path, flags | os.O_NONBLOCK)
            kind = os.fstat(raw.fileno()).st_mode
            if stat.S_ISDIR(kind) or stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
                raise ChannelError(f"{address}: not a file; a FIFO can be had by exec: or fd:", number=errno.EINVAL)
            if mode == "w" and stat.S_ISREG(kind):
                os.ftruncate(raw.fileno(), address.offset)
            if address.offset:
                os.lseek(raw.fileno(), address.offset, os.SEEK_SET)
            return File._copying(raw.fileno(), mode, None)
    except ChannelError:
        raise
    except OSError as error:
        raise failed(str(address), error) from error
