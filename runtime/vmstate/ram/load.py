"""Blocks and pages from a stream."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from vmstate._stream import ffi, lib
from vmstate.file import File
from vmstate.ram.blocks import Ram
from vmstate.ram.differences import RamDifference, difference
from vmstate.ram.refusals import refuse

_DIFFERENCES = 64
"""So many differences are noted one by one; all are counted."""


@ffi.def_extern(error=-1)  # type: ignore[untyped-decorator]
def vms_python_inflate(opaque: Any, data: Any, n: int, page: Any, page_size: int) -> int:
    """One page that an old sender compressed: a whole zlib stream of exactly its bytes."""
    decompress = zlib.decompressobj()
    try:
        inflated = decompress.decompress(ffi.buffer(data, n), page_size + 1)
    except zlib.error:
        return -1
    if len(inflated) != page_size or not decompress.eof or decompress.unused_data:
        return -1
    ffi.memmove(page, inflated, page_size)
    return 0


@ffi.def_extern(error=-1)  # type: ignore[untyped-decorator]
def vms_python_flush(opaque: Any) -> int:
    calls: _Calls = ffi.from_handle(opaque)
    try:
        if calls.flush is not None:
            calls.flush()
    except BaseException as raised:
        calls.raised = raised
        return -1
    return 0


class _Calls:
    """What C calls; apart from the loader, which holds it, so that nothing holds itself."""

    def __init__(self) -> None:
        self.flush: Callable[[], None] | None = None
        self.raised: BaseException | None = None


class RamLoader:
    """Loads the memory of a machine from one stream, body by body; one thread at a time.

    `check`: everything is decoded and judged, nothing is stored; a stream that can be read twice is checked first and
    loaded then. `keep_missing`: blocks that the stream does not list keep what they hold. `compressed`: pages of old
    senders are inflated, otherwise refused. `flush` is called where the sender waits for all multifd channels; without
    it such a record is refused. What it raises is raised by `load`.
    """

    def __init__(
        self,
        ram: Ram,
        *,
        check: bool = False,
        keep_missing: bool = False,
        xbzrle: bool = True,
        compressed: bool = True,
        any_fill: bool = False,
        flush: Callable[[], None] | None = None,
    ) -> None:
        self.ram = ram
        self.by_channels = False
        """Are there pages that channels of their own have stored, or begun to? C's counts are the main stream's."""
        flags = (
            lib.VMS_RAM_CHECK * check
            | lib.VMS_RAM_KEEP_MISSING * keep_missing
            | lib.VMS_RAM_NO_XBZRLE * (not xbzrle)
            | lib.VMS_RAM_ANY_FILL * any_fill
        )
        native = ffi.new("vms_ram_loader *")
        if lib.vms_ram_loader_init(native, ram.native, flags):
            raise MemoryError("a loader of RAM")
        self.native = ffi.gc(native, lib.vms_ram_loader_clear)
        self._calls = _Calls()
        self._handle = ffi.new_handle(self._calls)
        self._differences = ffi.new("vms_ram_difference[]", _DIFFERENCES)
        self.native.opaque = self._handle
        self.native.differences = self._differences
        self.native.room = _DIFFERENCES
        if compressed:
            self.native.inflate = lib.vms_python_inflate
        self.native.flush = lib.vms_python_flush
        self.flush_with(flush)

    def flush_with(self, flush: Callable[[], None] | None) -> None:
        """Changes what is called where the sender waits for all multifd channels; None: such a record is refused."""
        self._calls.flush = flush
        flag = int(lib.VMS_RAM_MULTIFD)
        self.native.flags = self.native.flags & ~flag if flush is None else self.native.flags | flag

    def load(self, file: File) -> None:
        """Reads one body, to its end. Refused: a FramingError, which tells offset, block and reason.

        If the blocks differ nothing was changed, and `differences` has them all. Otherwise pages before the refused
        record are stored: check first, or count the memory as lost.
        """
        with file.native(getting=True) as native:
            reader = lib.vms_file_reader(native)
            result = lib.vms_ram_load(self.native, reader)
            if self._calls.raised is not None:
                raised, self._calls.raised = self._calls.raised, None
                raise raised
        if result:
            refuse(reader.error, "load")

    @property
    def listed(self) -> bool:
        """The list of blocks was read, and is the machine's."""
        return bool(self.native.listed)

    @property
    def pages_listed(self) -> int:
        """How many pages the blocks have that were listed: those that are to come, each at least once."""
        lengths = self.native.lengths
        return sum(
            int(lengths[index]) // self.ram.page_size
            for index, block in enumerate(self.ram.blocks)
            if not block.native.ignored
        )

    @property
    def touched(self) -> bool:
        """Has a page been stored, by the main stream or by a channel? With `check`: would it have been?"""
        return self.by_channels or any(self.pages.values())

    @property
    def differences(self) -> list[RamDifference]:
        """How the blocks of the stream and of the machine differ."""
        return [difference(self._differences[i]) for i in range(min(self.native.difference_count, _DIFFERENCES))]

    @property
    def pages(self) -> dict[str, int]:
        """Pages read so far from the main stream: zero, plain, xbzrle, compressed."""
        n = self.native
        return {
            "zero": int(n.zero_pages),
            "plain": int(n.plain_pages),
            "xbzrle": int(n.xbzrle_pages),
            "compressed": int(n.compressed_pages),
        }
