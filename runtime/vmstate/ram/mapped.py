"""Files in which every page has its own place."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vmstate._buffers import looked_at
from vmstate._stream import ffi, lib
from vmstate.errors import ChannelError
from vmstate.ram.bitmap import PageBitmap
from vmstate.ram.blocks import Ram
from vmstate.ram.load import RamLoader
from vmstate.ram.refusals import refuse

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from vmstate.file import File


class MappedSender:
    """Puts the pages of a `mapped` Ram at their places in a file on disk: however often one changes, it is there once.

    The list of blocks is written at `offset` of the descriptor's file, which must be new from there on: zero pages are
    not written. The record that ends the body belongs at `end`: it is the caller's, as is all that follows.
    """

    def __init__(self, ram: Ram, fd: int, offset: int) -> None:
        self._ram = ram
        self._places = ffi.new("vms_mapped[]", len(ram.blocks) + 1)
        self.end = int(lib.vms_mapped_layout(ram.native, offset, self._places))
        if not self.end:
            raise ValueError(f"a file has no room for {ram!r} at {offset}")
        self._target = ffi.new("vms_mapped_counted *", {"fd": fd})
        self._file = ffi.new(
            "vms_mapped_file *", {"write_at": lib.vms_mapped_counted_descriptor, "opaque": self._target}
        )
        self._stored = ram.bitmaps()
        _written(lib.vms_mapped_write_list(ram.native, self._places, self._file, offset))

    @property
    def written(self) -> int:
        """Bytes so far, list and bitmaps too; zero pages are none."""
        return int(self._target.written)

    def send_dirty(self, dirty: Sequence[PageBitmap], most: int = (1 << 63) - 1) -> int:
        """Pages that are set in `dirty`, a bitmap a block, at most so many; their bits are cleared. Returns how many.

        Less than `most` means that none is left.
        """
        done = 0
        for index, bitmap in enumerate(dirty):
            if bitmap.pages != self._stored[index].pages:
                raise ValueError(f"{bitmap!r} is not of {self._ram.blocks[index]!r}")
            at, stored = self._places + index, self._stored[index].native
            written = lib.vms_mapped_write_dirty(
                self._ram.native, index, at, self._file, bitmap.native, most - done, stored
            )
            _written(min(written, 0))
            done += written
        return done

    def finish(self) -> None:
        """Which pages are there: the file is whole."""
        for index, stored in enumerate(self._stored):
            if not self._ram.blocks[index].native.ignored:
                _written(lib.vms_mapped_write_bitmap(self._places + index, self._file, stored.native))


def save_mapped(ram: Ram, fd: int, offset: int) -> int:
    """Writes list, bitmaps and pages of a `mapped` Ram from `offset` of a new file on disk on; returns where they end.

    There the caller writes the record that ends the body.
    """
    sender = MappedSender(ram, fd, offset)
    dirty = ram.bitmaps(marked=True)
    for index, block in enumerate(ram.blocks):
        if block.native.ignored:
            dirty[index] = PageBitmap(ram.pages(index))
    sender.send_dirty(dirty)
    sender.finish()
    return sender.end


def _written(result: int) -> None:
    if result:
        raise OSError(ffi.errno, f"a page could not be written: {os.strerror(ffi.errno)}")


def load_mapped(loader: RamLoader, data: Buffer, offset: int) -> int:
    """Loads the body at `offset` of a whole file in memory, list and pages; returns its end.

    An mmap of a file that somebody else may truncate is no such memory: `load_mapped_file` is for those.
    """
    end, error = ffi.new("uint64_t *"), ffi.new("vms_error *")
    with looked_at(data) as memory:
        if lib.vms_mapped_load(loader.native, memory, len(memory), offset, end, error):
            refuse(error[0], "load")
    return int(end[0])


def load_mapped_file(loader: RamLoader, fd: int, offset: int) -> int:
    """Loads the body at `offset` of the descriptor's file on disk, list and pages; returns its end.

    The file is read, not mapped, so that one that becomes shorter meanwhile is refused as one that was cut off before.
    """
    end, error, descriptor = ffi.new("uint64_t *"), ffi.new("vms_error *"), ffi.new("int *", fd)
    read_at, size = lib.vms_mapped_read_descriptor, os.fstat(fd).st_size
    file = ffi.new("vms_mapped_source *", {"read_at": read_at, "opaque": descriptor, "size": size})
    if lib.vms_mapped_load_from(loader.native, file, offset, end, error):
        if file.error:
            number, at = -int(file.error), int(error.offset)
            what = f"ram at offset {at}: the file could not be read: {os.strerror(number)}"
            raise ChannelError(what, number=number, device="ram", offset=at)
        refuse(error[0], "load")
    return int(end[0])


# Within a stream ------------------------------------------------------------------------------------------------------


def begin(ram: Ram, file: File) -> MappedSender:
    """The list of blocks where `file`, over a descriptor of a file on disk, stands; it goes on behind the last page."""
    start = _place(file, file.fileno(writing=True), file.put_position)
    sender = MappedSender(ram, file.fileno(writing=True), start)
    file.seek(file.put_position + sender.end - start)
    return sender


def load(loader: RamLoader, file: File) -> None:
    """The body that begins where `file` stands, which then stands behind it."""
    if not on_disk(file):
        loader.load(file)  # refused there, with the offset
        return
    start = _place(file, file.fileno(), file.get_position)
    end = load_mapped_file(loader, file.fileno(), start)
    file.seek(file.get_position + end - start)


def on_disk(file: File, *, writing: bool = False) -> bool:
    """Is it over the descriptor of a plain file, and if it is written to, not one that appends whatever is written?"""
    descriptor = file.fileno(writing=writing)
    if descriptor < 0 or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return False
    return not writing or not fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND


def _place(file: File, descriptor: int, position: int) -> int:
    """Where in its file, which need not begin with the stream, the channel stands."""
    file.seek(position)
    return os.lseek(descriptor, 0, os.SEEK_CUR)
