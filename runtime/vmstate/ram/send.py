"""Blocks and pages to a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmstate._stream import ffi, lib
from vmstate.file import File
from vmstate.ram.bitmap import PageBitmap, native_array
from vmstate.ram.blocks import Ram
from vmstate.ram.refusals import refuse


@dataclass(frozen=True)
class SendStatistics:
    """Pages so far, by how they went. `unchanged` were dirty, but are what was sent last: nothing of them was sent."""

    zero: int
    plain: int
    xbzrle: int
    xbzrle_bytes: int
    unchanged: int
    overflows: int
    misses: int


class RamSender:
    """Sends the memory of a machine over one stream, body by body; one thread at a time.

    `xbzrle_cache`: bytes of pages kept to send only what changed in them, 0 for none. It is used by `send_dirty` once
    `repeating` is set, which is for the caller to do after the first pass over all pages.
    """

    def __init__(self, ram: Ram, *, xbzrle_cache: int = 0) -> None:
        self.ram = ram
        self.native = ffi.new("vms_ram_sender *")
        lib.vms_ram_sender_init(self.native, ram.native)
        self.native.lend = lib.vms_file_lend
        self._cache = ffi.NULL
        if xbzrle_cache:
            cache = ffi.new("vms_xbzrle *")
            if lib.vms_xbzrle_init(cache, ram.page_size, xbzrle_cache):
                raise MemoryError(f"an XBZRLE cache of {xbzrle_cache} bytes")
            self._cache = ffi.gc(cache, lib.vms_xbzrle_clear)
            self.native.xbzrle = self._cache

    def send_blocks(self, file: File) -> None:
        """What the body of the START section begins with: the list of blocks."""
        with file.native(putting=True) as native:
            writer = lib.vms_file_writer(native)
            result = lib.vms_ram_send_blocks(self.native, writer)
        if result:
            refuse(writer.error, "save")

    def send_pages(self, file: File, block: int | None = None, first: int = 0, count: int | None = None) -> None:
        """Pages of a block as they are, zero or plain; of all blocks that are sent if none is named."""
        if block is None:
            for index, each in enumerate(self.ram.blocks):
                if not each.native.ignored:
                    self.send_pages(file, index)
            return
        if count is None:
            count = max(self.ram.pages(block) - first, 0)
        with file.native(putting=True) as native:
            writer = lib.vms_file_writer(native)
            result = lib.vms_ram_send_pages(self.native, writer, block, first, count)
        if result:
            refuse(writer.error, "save")

    def send_dirty(self, file: File, dirty: Sequence[PageBitmap], most: int = (1 << 63) - 1) -> int:
        """Pages that are set in `dirty`, a bitmap a block, at most so many; their bits are cleared.

        Goes on where the last call ended, block after block, round and round. Returns how many pages it did; less than
        `most` means that none is left.
        """
        array = native_array(dirty, self.ram.page_counts())
        with file.native(putting=True) as native:
            writer = lib.vms_file_writer(native)
            result = int(lib.vms_ram_send_dirty(self.native, writer, array, most))
        if result < 0:
            refuse(writer.error, "save")
        return result

    def flush_multifd(self, file: File) -> None:
        """Receivers from 8.1 on wait for all channels here."""
        with file.native(putting=True) as native:
            lib.vms_ram_send_flush(lib.vms_file_writer(native))

    def end(self, file: File) -> None:
        """Ends a body."""
        with file.native(putting=True) as native:
            lib.vms_ram_send_end(lib.vms_file_writer(native))

    @property
    def repeating(self) -> bool:
        """The first pass is done: pages that are sent again may go as what changed in them."""
        return bool(self.native.repeating)

    @repeating.setter
    def repeating(self, value: bool) -> None:
        self.native.repeating = value

    def next_round(self, *, last: bool = False) -> None:
        """After each look for dirty pages; `last` if the guest stands. Pages used in the last two stay in the cache."""
        self.native.last = last
        if self._cache != ffi.NULL:
            self._cache.round += 1

    @property
    def statistics(self) -> SendStatistics:
        s = self.native
        return SendStatistics(
            int(s.zero_pages),
            int(s.plain_pages),
            int(s.xbzrle_pages),
            int(s.xbzrle_bytes),
            int(s.unchanged_pages),
            int(s.overflows),
            int(s.misses),
        )
