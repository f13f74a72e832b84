"""What stands in the section `block`: numbers of 64 bits, a sector or a percentage above 9 bits of flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmstate.block.device import CHUNK, SECTOR, BlockDevice
from vmstate.block.failures import told
from vmstate.errors import FramingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmstate.file import File

DATA, EOS, PROGRESS, ZERO = 1, 2, 4, 8
FLAG_BITS = 9
_FLAGS = (1 << FLAG_BITS) - 1
_ZEROS = bytes(CHUNK)


def word(value: int, flags: int) -> int:
    return value << FLAG_BITS | flags


class ChunkSender:
    """Writes pieces of disks."""

    def __init__(self, zero_blocks: bool) -> None:
        self._zero_blocks = zero_blocks
        self._room = bytearray(CHUNK)

    def send(self, file: File, device: BlockDevice, chunk: int) -> None:
        """One piece, as it is now: always 1 MiB, behind a short last one zeros; or that it is zero."""
        span = device.span(chunk)
        view = memoryview(self._room)
        with told(device, "read", chunk * CHUNK, file.put_position):
            device.read_into(chunk * CHUNK, view[:span])
        view[span:] = _ZEROS[span:]
        zero = self._zero_blocks and self._room == _ZEROS
        file.put_be64(word(chunk * (CHUNK // SECTOR), DATA | ZERO if zero else DATA))
        file.put_counted_string(device.name)
        if not zero:
            file.put_buffer(view)


@dataclass(frozen=True)
class Piece:
    """`data` for a disk, as far as that goes, from the byte `at` on; its record begins at `offset` of the stream."""

    device: BlockDevice
    at: int
    data: memoryview
    offset: int


class ChunkReader:
    """Reads records of a body, and judges them."""

    def __init__(self, devices: Mapping[str, BlockDevice]) -> None:
        self._devices = devices
        self._room = bytearray(CHUNK)

    def read(self, file: File) -> Piece | None:
        """The next piece, whose data is good until the next call. None at the body's end."""
        while True:
            offset = file.get_position
            number = file.get_be64()
            value, flags = number >> FLAG_BITS, number & _FLAGS
            if flags & ~ZERO == DATA:
                device, at = self._place(file, value, offset)
                if flags & ZERO:
                    self._room[:] = _ZEROS
                else:
                    file.get_into(self._room)
                return Piece(device, at, memoryview(self._room)[: device.span(at // CHUNK)], offset)
            if flags == EOS and not value:
                return None
            if flags != PROGRESS:
                known = f"{DATA}, {DATA | ZERO}, {PROGRESS}, or {EOS} alone"
                raise _refused(offset, f"no record has the flags {flags:#x} with {value}; {known}", "flags", flags)
            if value > 100:
                raise _refused(offset, f"{value} percent are done", "progress", value, 100)

    def _place(self, file: File, sector: int, offset: int) -> tuple[BlockDevice, int]:
        name = file.get_counted_string()
        device = self._devices.get(name)
        if device is None:
            known = ", ".join(map(repr, self._devices)) or "none"
            raise _refused(offset, f"there is no disk {name!r}, there are: {known}", "device")
        with told(device, "written", offset=offset):
            read_only = device.read_only
        if read_only:
            raise _refused(offset, f"disk {name!r} is open for reading alone", "read-only")
        if sector * SECTOR >= device.length:
            what = f"disk {name!r} has {device.length // SECTOR} sectors, none is number {sector}"
            raise _refused(offset, what, "sector", sector, device.length // SECTOR - 1)
        if sector * SECTOR % CHUNK:
            what = f"a piece of disk {name!r} begins at sector {sector}, no multiple of {CHUNK // SECTOR}"
            raise _refused(offset, what, "sector", sector)
        return device, sector * SECTOR


def _refused(offset: int, what: str, code: str, found: int | None = None, most: int | None = None) -> FramingError:
    return FramingError(
        f"block at offset {offset}: {what}",
        device="block", offset=offset, found=found, allowed=None if most is None else (0, most), code=f"block-{code}",
    )  # fmt: skip
