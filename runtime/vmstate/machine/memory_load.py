"""One load of a machine's RAM, or one look at a stream of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vmstate.errors import FramingError
from vmstate.machine.differences import Difference
from vmstate.machine.wire import Element
from vmstate.ram import Ram, RamLoader, mapped

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.channels import ReceivingLanes


class MemoryLoad:
    """Loads the blocks of `ram`, or only looks, if `check`. `shadow`: what they hold now is kept, to be put back.

    `keep_missing`: blocks that the stream does not list stay as they are.
    """

    def __init__(self, ram: Ram, *, check: bool, shadow: bool, keep_missing: bool) -> None:
        self._ram = ram
        self._check = check
        self._loader = RamLoader(ram, check=check, keep_missing=keep_missing)
        self._lengths = [int(block.native.used_length) for block in ram.blocks]
        self._kept = (
            {block: bytes(block.buffer) for block in ram.blocks if not block.native.ignored}
            if shadow and not check
            else None
        )

    def load(
        self,
        file: File,
        kind: Element,
        *,
        places: bool,
        lanes: ReceivingLanes | None,
        uninvited: Callable[[bool], bool] | None,
    ) -> Sequence[Difference]:
        """Reads a body. `places`: pages have places in the file; `lanes`: connections that carry them.

        `uninvited`: has the sender more connections than that? It is told whether all was read, and pages are missing.
        """
        loader = self._loader
        try:
            if places and kind == Element.START:
                self._ram.mapped = True
                mapped.load(loader, file)
            elif lanes is not None:
                lanes.load(loader, file)
            else:
                loader.load(file)
            if uninvited is not None and uninvited(kind == Element.END and self._pages_missing(lanes)):
                raise too_many()
            if lanes is not None:
                if kind == Element.END:
                    lanes.end()
                else:
                    lanes.read_ahead()
        except FramingError:
            if loader.listed or not loader.differences:
                raise
        return [
            Difference(f"ram-{each.kind}", f"RAM block {each.name!r}", each.held or None, each.found or None)
            for each in (() if loader.listed else loader.differences)
        ]

    def _pages_missing(self, lanes: ReceivingLanes | None) -> bool:
        """Did fewer come than were listed? A sender sends each at least once."""
        came = sum(self._loader.pages.values()) + (lanes.pages if lanes is not None else 0)
        return came < self._loader.pages_listed

    def end(self, accepted: bool) -> bool:
        """Is the memory whole: what was loaded if that was accepted, else what was there before?"""
        self._ram.settle(accepted)
        return accepted or self._put_back()

    def settle(self, here: bool) -> bool:
        """After a load that was accepted: is that so for good? Otherwise: is the memory what was there before?"""
        if here:
            self._kept = None
            return True
        for block, length in zip(self._ram.blocks, self._lengths, strict=True):
            block.native.used_length = length
        return self.end(False)

    def _put_back(self) -> bool:
        kept, self._kept = self._kept, None
        if self._check or not self._loader.touched:
            return True
        if kept is None:
            return False
        # Ignored blocks are somebody else's, too, who went on writing.
        for block, data in kept.items():
            memoryview(block.memory).cast("B")[:] = data
        return True


def too_many() -> FramingError:
    """The error of a sender that nobody told how many connections it may have."""
    what = "the sender has more connections than were agreed on: they carry pages"
    return FramingError(what, device="ram", code="ram-channels")
