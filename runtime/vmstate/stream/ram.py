"""RAM of a precopy stream: block list, pages as records or at places. Nothing is stored; pages are handed on."""

from __future__ import annotations

from collections.abc import Callable

from vmstate.errors import FramingError
from vmstate.stream.cursor import Cursor
from vmstate.stream.mapped import read_places
from vmstate.stream.model import Page, RamBlock

__all__ = ["MAX_BLOCKS", "RAM_VERSION", "PageSink", "RamReader"]

RAM_VERSION = 4
MAX_BLOCKS = 4096
"""Most RAM blocks a stream may announce; machines have some tens."""

PageSink = Callable[[Page], None]

_ZERO, _MEM_SIZE, _PAGE, _EOS, _CONTINUE = 0x02, 0x04, 0x08, 0x10, 0x20
_UNSUPPORTED = {
    0x40: "an XBZRLE page",
    0x80: "an RDMA record",
    0x100: "a compressed page",
    0x200: "a multifd flush",
}


class RamReader:
    """Reads the bodies of the `ram` sections, in stream order.

    It keeps what the format keeps between sections: the blocks, and the one that the last page belonged to. `sink`,
    where given, gets every page record; duplicates come as often as they were sent. `addresses` tells whether the
    block list carries a guest address per block (capability x-ignore-shared), `mapped` whether pages have places of
    their own (mapped-ram), counted from where the stream's file begins, which is `begin` bytes before the stream.
    """

    def __init__(
        self, page_size: int, *, addresses: bool, mapped: bool = False, begin: int = 0, sink: PageSink | None = None
    ) -> None:
        self.blocks: dict[str, RamBlock] = {}
        self._page_size = page_size
        self._addresses = addresses
        self._mapped = mapped
        self._begin = begin
        self._sink = sink
        self._current: RamBlock | None = None

    def body(self, cursor: Cursor) -> None:
        """Read records up to and with the one that ends a body."""
        mask = self._page_size - 1
        while True:
            start = cursor.offset
            word = cursor.be64("a RAM record")
            flags, address = word & mask, word & ~mask
            kind = flags & ~_CONTINUE
            if kind == _EOS:
                return
            if kind == _MEM_SIZE and flags == kind:
                self._block_list(cursor, address)
            elif kind in (_ZERO, _PAGE) and not self._mapped:
                self._page(cursor, start, address, kind, continued=flags != kind)
            else:
                what = _UNSUPPORTED.get(kind, "a page" if kind in (_ZERO, _PAGE) else "no known record")
                allowed = "all pages have places in this file" if self._mapped else "only plain pages can be read"
                raise FramingError(
                    f"RAM record with flags {flags:#x} at offset {start} is {what}; {allowed}",
                    offset=start,
                    found=flags,
                    code="stream-ram-record",
                )

    def _block_list(self, cursor: Cursor, total: int) -> None:
        listed = 0
        while listed < total:
            start = cursor.offset
            name = cursor.counted("a RAM block's name")
            length = cursor.be64("a RAM block's length")
            if self._addresses:
                cursor.be64("a RAM block's address")
            if not name or name in self.blocks or not 0 < length <= total - listed:
                raise FramingError(
                    f"RAM block {name!r} of {length} bytes at offset {start}: a new name and 1..{total - listed} "
                    "bytes are allowed",
                    offset=start,
                    found=length,
                    allowed=total - listed,
                    code="stream-ram-block",
                )
            if len(self.blocks) == MAX_BLOCKS:
                raise FramingError(
                    f"more than {MAX_BLOCKS} RAM blocks at offset {start}",
                    offset=start,
                    allowed=MAX_BLOCKS,
                    code="stream-ram-block",
                )
            block = self.blocks[name] = RamBlock(name, length)
            listed += length
            if self._mapped:
                read_places(cursor, block, self._page_size, begin=self._begin, ignored=self._addresses, sink=self._sink)

    def _page(self, cursor: Cursor, start: int, address: int, kind: int, continued: bool) -> None:
        if not continued:
            name = cursor.counted("a RAM block's name")
            self._current = self.blocks.get(name)
            if self._current is None:
                raise self._refused(start, f"names the RAM block {name!r}, which was not announced")
        block = self._current
        if block is None:
            raise self._refused(start, "continues a RAM block, but none was named before")
        if address >= block.used_length:
            raise self._refused(
                start, f"lies at {address:#x} of {block.name!r}, which has {block.used_length:#x} bytes"
            )
        if kind == _PAGE:
            data, fill = cursor.take(self._page_size, "a RAM page"), 0
        else:
            data, fill = None, cursor.u8("a zero page")
        if self._sink is not None:
            self._sink(Page(block, address, self._page_size, data, fill))

    def _refused(self, start: int, why: str) -> FramingError:
        return FramingError(f"the page record at offset {start} {why}", offset=start, code="stream-ram-page")
