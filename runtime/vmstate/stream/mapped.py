"""Pages at places of their own ("mapped-ram"): what stands in the list of blocks, behind a block's length."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vmstate.errors import FramingError
from vmstate.stream.cursor import Cursor
from vmstate.stream.model import Page, RamBlock

__all__ = ["read_places"]

_VERSION = 1
_WORD = 8
"""Bytes of the bitmap's words, which are whole."""


def read_places(
    cursor: Cursor,
    block: RamBlock,
    page_size: int,
    *,
    begin: int,
    ignored: bool,
    sink: Callable[[Page], None] | None,
) -> None:
    """Read the header of `block`, and hand on its pages; `cursor` then stands behind the last of them.

    `begin`: where the stream begins in its file, which is what places count from. `ignored`: a block may have no
    places, since both machines see the same memory.
    """
    start = cursor.offset
    version = cursor.be32("a mapped block's version")
    size = cursor.be64("a mapped block's page size")
    bitmap_at = cursor.be64("the place of a bitmap")
    pages_at = cursor.be64("the place of a block's pages")
    if version != _VERSION:
        raise _refused(start, f"the mapped block {block.name!r} has version {version}", version, _VERSION)
    if size != page_size:
        raise _refused(start + 4, f"the mapped block {block.name!r} has pages of {size} bytes", size, page_size)
    if ignored and bitmap_at == pages_at == 0:
        return
    if block.used_length % page_size:
        raise _refused(
            start, f"the mapped block {block.name!r} ends within a page", block.used_length % page_size, allowed=0
        )
    here = cursor.offset
    if bitmap_at - begin != here:
        raise _refused(
            start + 12, f"the bitmap of {block.name!r} is not behind its header", bitmap_at, allowed=here + begin
        )
    pages = block.used_length // page_size
    bitmap_size = -(-pages // (8 * _WORD)) * _WORD
    bitmap = cursor.take(bitmap_size, "a bitmap of pages")
    first = pages_at - begin
    if pages_at % page_size or first < cursor.offset or first > cursor.end - block.used_length:
        what = f"the pages of {block.name!r}, {block.used_length} bytes, do not lie behind its bitmap in the stream"
        raise _refused(start + 20, what, pages_at, cursor.end + begin)
    for page in range(pages, bitmap_size * 8):
        if _stored(bitmap, page):
            what = f"the bitmap has the page {page}, which {block.name!r} does not have"
            raise _refused(here + page // 8, what, page, pages - 1)
    cursor.offset = first
    data = cursor.take(block.used_length, "the pages of a block")
    if sink is not None:
        for each in _pages(block, bitmap, data, page_size):
            sink(each)


def _pages(block: RamBlock, bitmap: memoryview, data: memoryview, size: int) -> Iterator[Page]:
    for page, start in enumerate(range(0, block.used_length, size)):
        stored = data[start : start + size] if _stored(bitmap, page) else None
        yield Page(block, start, size, stored, 0)


def _stored(bitmap: memoryview, page: int) -> bool:
    """Words of 64 bits, least byte first: the bytes are in order."""
    return bool(bitmap[page // 8] >> page % 8 & 1)


def _refused(offset: int, what: str, found: int, allowed: int) -> FramingError:
    return FramingError(
        f"at offset {offset}: {what}; found {found}, allowed {allowed}",
        offset=offset,
        device="ram",
        found=found,
        allowed=allowed,
        code="stream-ram-mapped",
    )
