"""Disks that fail while a machine is saved, loaded or rewound."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vmstate.errors import DiskError

if TYPE_CHECKING:
    from vmstate.block.device import BlockDevice


@contextlib.contextmanager
def told(device: BlockDevice, doing: str, place: int | None = None, offset: int | None = None) -> Iterator[None]:
    """An error of the disk's file becomes a DiskError: `doing` what, at a `place` of it, for the record at `offset`.

    Around the disk's own calls only: a file that is closed raises ValueError.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        number, text = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
        where = "" if offset is None else f" at offset {offset}"
        at = "" if place is None else f" at {place}"
        raise DiskError(
            f"block{where}: disk {device.name!r} could not be {doing}{at}: {text or error}",
            number=number or errno.EIO, disk=device.name, place=place, offset=offset, device="block",
        ) from error  # fmt: skip


def raise_all(failed: Sequence[Exception]) -> None:
    """Nothing of none. Of several a DiskError that says them all, and is for the rest as the first one."""
    if len(failed) == 1:
        raise failed[0]
    if failed:
        first, known = failed[0], dict[str, Any]()
        if isinstance(first, DiskError):
            known = {"number": first.errno, "disk": first.disk, "place": first.place}
        raise DiskError("; ".join(map(str, failed)), device="block", **known) from first
