"""Disks that fail while a machine is saved or loaded."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vmstate.errors import DiskError

if TYPE_CHECKING:
    from vmstate.block.device import BlockDevice


@contextlib.contextmanager
def told(device: BlockDevice, doing: str, place: int | None = None, offset: int | None = None) -> Iterator[None]:
    """An OSError becomes a DiskError: `doing` what, at a `place` of the disk, for the record at `offset`."""
    try:
        yield
    except OSError as error:
        where = "" if offset is None else f" at offset {offset}"
        at = "" if place is None else f" at {place}"
        raise DiskError(
            f"block{where}: disk {device.name!r} could not be {doing}{at}: {error.strerror or error}",
            number=error.errno or errno.EIO, disk=device.name, place=place, offset=offset, device="block",
        ) from error  # fmt: skip
