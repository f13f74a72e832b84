"""A bit a page: set by any thread, C's too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vmstate._stream import ffi, lib

_mark, _mark_range, _test, _take = lib.vms_dirty_mark, lib.vms_dirty_mark_range, lib.vms_dirty_test, lib.vms_dirty_take


class PageBitmap:
    """One bit for each of `pages` pages, none set. All of it may be used by several threads at once.

    `native` is the `vms_dirty *`: C marks with `vms_dirty_mark(native, page)`, after the write.
    """

    def __init__(self, pages: int) -> None:
        native = ffi.new("vms_dirty *")
        if not 0 <= pages < 1 << 52:
            raise ValueError(f"a bitmap has 0..{(1 << 52) - 1} pages, not {pages}")
        if lib.vms_dirty_init(native, pages):
            raise MemoryError(f"a bitmap of {pages} pages")
        self.native = ffi.gc(native, lib.vms_dirty_clear)
        self.pages = pages

    def __len__(self) -> int:
        return self.pages

    def mark(self, page: int) -> None:
        """Notes that a page was written."""
        _mark(self.native, self._page(page))

    def mark_range(self, first: int, count: int) -> None:
        """Notes `count` pages from `first` on; all of them must be there."""
        if not 0 <= first <= first + count <= self.pages:
            raise IndexError(f"pages {first}..{first + count} of {self.pages}")
        _mark_range(self.native, first, count)

    def mark_all(self) -> None:
        self.mark_range(0, self.pages)

    def take(self, page: int) -> bool:
        """Clears a page's bit; whether it was set."""
        return bool(_take(self.native, self._page(page)))

    def __getitem__(self, page: int) -> bool:
        return bool(_test(self.native, self._page(page)))

    def count(self) -> int:
        """How many are set."""
        return int(lib.vms_dirty_count(self.native))

    def runs(self) -> Iterator[tuple[int, int]]:
        """(first page, count) of all runs of set pages."""
        first, page = ffi.new("uint64_t *"), 0
        while count := lib.vms_dirty_next(self.native, page, first):
            yield int(first[0]), int(count)
            page = first[0] + count

    def fetch_into(self, other: PageBitmap) -> int:
        """Moves all set bits to `other`, which nobody else may use meanwhile; how many were not set there before.

        If `other` has less pages the bits of all others are forgotten.
        """
        if other.pages > self.pages:
            raise ValueError(f"bitmaps of {self.pages} and {other.pages} pages")
        return int(lib.vms_dirty_fetch(self.native, other.native))

    def _page(self, page: int) -> int:
        if not 0 <= page < self.pages:
            raise IndexError(f"page {page} of {self.pages}")
        return page

    def __repr__(self) -> str:
        return f"<PageBitmap {self.count()} of {self.pages}>"


def native_array(bitmaps: Iterable[PageBitmap], pages: Iterable[int]) -> Any:
    """The bitmaps as C's `vms_dirty[]`: their words are shared, not copied. `pages` is what each must have."""
    found = list(bitmaps)
    needed = list(pages)
    if [bitmap.pages for bitmap in found] != needed:
        raise ValueError(f"one bitmap a block is needed, of {needed} pages, not {[bitmap.pages for bitmap in found]}")
    array = ffi.new("vms_dirty[]", len(found) + 1)
    for index, bitmap in enumerate(found):
        array[index] = bitmap.native[0]
    return array
