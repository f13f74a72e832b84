"""`RamBlock` is a name for memory; `Ram` is the blocks of a machine, as C sees them."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from vmstate._buffers import held
from vmstate._stream import ffi, lib
from vmstate.ram.bitmap import PageBitmap

if TYPE_CHECKING:
    from typing_extensions import Buffer


class RamBlock:
    """A block of guest memory over any writable, contiguous buffer, which is not copied.

    `used_length`: bytes in use, all of them unless said otherwise; a multiple of the guest's page size. `resizable`: a
    stream may change it, up to the size of the memory. `page_size`: of what is behind the memory, where streams tell.
    `address`: in the guest, likewise. `ignored`: listed, but its pages are not sent (the receiver has the same memory).
    """

    def __init__(
        self,
        name: str,
        memory: Buffer,
        *,
        used_length: int | None = None,
        resizable: bool = False,
        page_size: int = 0,
        address: int = 0,
        ignored: bool = False,
    ) -> None:
        self.name = name
        self.memory = memory
        self.buffer = held(memory, writable=True)
        self.size = len(self.buffer)
        length = self.size if used_length is None else used_length
        if not 0 < length <= self.size:
            raise ValueError(f"block {name!r}: {length} bytes in use, of {self.size}")
        self._name = ffi.new("char[]", name.encode())
        self.native = ffi.new("vms_ram_block *")
        self.native.name = self._name
        self.native.host = self.buffer
        self.native.used_length = length
        self.native.max_length = self.size if resizable else 0
        self.native.page_size = page_size
        self.native.address = address
        self.native.ignored = ignored

    @property
    def address_in_memory(self) -> int:
        return int(ffi.cast("uintptr_t", self.buffer))

    def __repr__(self) -> str:
        return f"<RamBlock {self.name!r} {self.size:#x}>"


class Ram:
    """The blocks of a machine, in the order in which they are sent.

    `page_size`: of the guest, a power of two in 1024..65536. The other arguments are about the list of blocks, and must
    be as on the other side, since a stream does not tell: `page_sizes` (postcopy was possible), `addresses`
    (x-ignore-shared). `mapped`: pages have places in a file, see `save_mapped`.
    """

    def __init__(
        self,
        blocks: Iterable[RamBlock],
        *,
        page_size: int = 4096,
        page_sizes: bool = False,
        addresses: bool = False,
        mapped: bool = False,
    ) -> None:
        self.blocks = tuple(blocks)
        self.page_size = page_size
        self._entries = ffi.new("vms_ram_block[]", len(self.blocks) + 1)
        for index, block in enumerate(self.blocks):
            self._entries[index] = block.native[0]
        flags = lib.VMS_RAM_PAGE_SIZES * page_sizes | lib.VMS_RAM_ADDRESSES * addresses | lib.VMS_RAM_MAPPED * mapped
        self.native = ffi.new(
            "vms_ram *",
            {
                "blocks": self._entries,
                "count": len(self.blocks),
                "page_size": page_size,
                "flags": flags,
                "host_page_size": mmap.PAGESIZE,
            },
        )
        which = ffi.new("size_t *")
        wrong = lib.vms_ram_wrong(self.native, which)
        if wrong:
            text = ffi.string(wrong).decode()
            raise ValueError(f"{self.blocks[which[0]]!r}: {text}" if which[0] < len(self.blocks) else text)

    @property
    def mapped(self) -> bool:
        """Have the pages places in a file?"""
        return bool(self.native.flags & lib.VMS_RAM_MAPPED)

    @mapped.setter
    def mapped(self, value: bool) -> None:
        self.native.flags = self.native.flags & ~lib.VMS_RAM_MAPPED | lib.VMS_RAM_MAPPED * value

    @property
    def total(self) -> int:
        """Bytes of all blocks."""
        return int(lib.vms_ram_total(self.native))

    def used_length(self, block: int) -> int:
        """Bytes in use of a block, by index; a load may have changed it, if the block is resizable."""
        return int(self._entries[self._index(block)].used_length)

    def settle(self, accepted: bool) -> None:
        """Ends a load, which may have changed lengths: the blocks have them from now on, or those of before again."""
        for index, block in enumerate(self.blocks):
            if accepted:
                block.native.used_length = self._entries[index].used_length
            else:
                self._entries[index].used_length = block.native.used_length

    def pages(self, block: int) -> int:
        return self.used_length(block) // self.page_size

    def over(self, memories: Sequence[Buffer]) -> Ram:
        """The same blocks, as long as they are now, in other memory."""
        blocks = []
        for index, (block, memory) in enumerate(zip(self.blocks, memories, strict=True)):
            native, used = block.native, self.used_length(index)
            blocks.append(
                RamBlock(
                    block.name, memory, used_length=used, page_size=int(native.page_size), address=int(native.address),
                    ignored=bool(native.ignored),
                )
            )  # fmt: skip
        other = Ram(blocks, page_size=self.page_size)
        other.native.flags = self.native.flags
        return other

    def bitmaps(self, *, marked: bool = False) -> list[PageBitmap]:
        """A bitmap for each block; with every page set if `marked`."""
        found = [PageBitmap(self.pages(index)) for index in range(len(self.blocks))]
        if marked:
            for bitmap in found:
                bitmap.mark_all()
        return found

    def index(self, name: str) -> int:
        """The number of a block."""
        for index, block in enumerate(self.blocks):
            if block.name == name:
                return index
        raise KeyError(name)

    def _index(self, block: int) -> int:
        if not 0 <= block < len(self.blocks):
            raise IndexError(f"block {block} of {len(self.blocks)}")
        return block

    def most_pages(self, block: int) -> int:
        """What a load may make of it, at most."""
        entry = self._entries[self._index(block)]
        return int(max(entry.used_length, entry.max_length)) // self.page_size

    def page_counts(self) -> list[int]:
        return [self.pages(index) for index in range(len(self.blocks))]

    def __repr__(self) -> str:
        return f"<Ram {len(self.blocks)} blocks, {self.total:#x} bytes>"


def entry(ram: Ram, block: int) -> Any:
    """A block as C has it in its table."""
    return ram.native.blocks[block]
