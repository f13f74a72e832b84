"""Files in which every page has its own place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vmstate._buffers import looked_at
from vmstate._stream import ffi, lib
from vmstate.ram.blocks import Ram
from vmstate.ram.load import RamLoader
from vmstate.ram.refusals import refuse

if TYPE_CHECKING:
    from typing_extensions import Buffer


def save_mapped(ram: Ram, fd: int, offset: int) -> int:
    """Writes list, bitmaps and pages of a `mapped` Ram from `offset` of a file on disk on; returns where they end.

    There the caller writes the record that ends the body. Zero pages are not written: the file must be new there.
    """
    count = len(ram.blocks)
    places = ffi.new("vms_mapped[]", count + 1)
    end = int(lib.vms_mapped_layout(ram.native, offset, places))
    if not end:
        raise ValueError(f"a file has no room for {ram!r} at {offset}")
    descriptor = ffi.new("int *", fd)
    file = ffi.new("vms_mapped_file *", {"write_at": lib.vms_mapped_descriptor, "opaque": descriptor})
    _written(lib.vms_mapped_write_list(ram.native, places, file, offset))
    for index, stored in enumerate(ram.bitmaps()):
        if not ram.blocks[index].native.ignored:
            at = places + index
            _written(lib.vms_mapped_write_pages(ram.native, index, at, file, 0, stored.pages, stored.native))
            _written(lib.vms_mapped_write_bitmap(at, file, stored.native))
    return end


def _written(result: int) -> None:
    if result:
        raise OSError(ffi.errno, f"a page could not be written: {os.strerror(ffi.errno)}")


def load_mapped(loader: RamLoader, data: Buffer, offset: int) -> int:
    """Loads the body at `offset` of a whole file in memory (an mmap of it, best), list and pages; returns its end."""
    end, error = ffi.new("uint64_t *"), ffi.new("vms_error *")
    with looked_at(data) as memory:
        if lib.vms_mapped_load(loader.native, memory, len(memory), offset, end, error):
            refuse(error[0], "load")
    return int(end[0])
