"""`fd:`, a descriptor that is there already: pipe, socket, terminal, file.

It is taken over: non-blocking from then on, and closed with the file.
"""

from __future__ import annotations

import errno
import os
import stat

from vmstate.errors import ChannelError
from vmstate.file import File
from vmstate.transport.address import Descriptor
from vmstate.transport.waiting import failed


def take(address: Descriptor, idle_timeout: float | None, *, writing: bool) -> File:
    """A socket goes both ways, anything else one."""
    try:
        kind = os.fstat(address.number).st_mode
    except OSError as error:
        raise failed(str(address), error) from error
    if stat.S_ISDIR(kind):
        raise ChannelError(f"{address}: a folder is no channel", number=errno.EISDIR)
    mode = "rw" if stat.S_ISSOCK(kind) else "w" if writing else "r"
    return File.from_fd(address.number, mode, idle_timeout=idle_timeout)
