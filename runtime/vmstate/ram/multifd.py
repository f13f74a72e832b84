"""The extra channels that carry pages: none, zlib or zstd."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from vmstate._buffers import looked_at
from vmstate._stream import ffi, lib
from vmstate.errors import FramingError
from vmstate.file import File
from vmstate.ram.bitmap import PageBitmap, native_array
from vmstate.ram.blocks import Ram
from vmstate.ram.compression import Decompress, compressor, decompressor
from vmstate.ram.inflating import Inflating, Share
from vmstate.ram.load import RamLoader
from vmstate.ram.refusals import refuse
from vmstate.ram.send import RamSender

COMPRESSIONS = {"none": 0, "zlib": int(lib.VMS_MULTIFD_ZLIB), "zstd": int(lib.VMS_MULTIFD_ZSTD)}
SYNC = int(lib.VMS_MULTIFD_SYNC)


class MultifdSender:
    """One channel of those that carry the pages of a `RamSender`'s machine.

    `number`: of this channel. `uuid`: 16 bytes, the machine's. `zero_pages`: zero pages go in packets, which receivers
    understand from 9.0 on; otherwise as records on the main stream.
    """

    def __init__(
        self,
        ram: Ram,
        file: File,
        number: int,
        *,
        uuid: bytes = bytes(16),
        compression: str = "none",
        level: int = 1,
        zero_pages: bool = False,
    ) -> None:
        self.ram = ram
        self.file = file
        self.zero_pages = zero_pages
        self._flags = _flags(compression)
        self._compress = compressor(compression, level)
        self.packet = ffi.new("vms_multifd_packet *")
        self._room = bytearray(lib.VMS_MULTIFD_BYTES if self._compress else 0)
        with file.native(putting=True) as native:
            lib.vms_multifd_send_init(lib.vms_file_writer(native), _uuid(uuid), number)

    def pick(self, sender: RamSender, main: File, dirty: Sequence[PageBitmap]) -> int:
        """Takes dirty pages of one block into this channel's packet; how many, 0 if none is left. Not in parallel."""
        array = native_array(dirty, self.ram.page_counts())
        with main.native(putting=True) as native:
            writer = lib.vms_file_writer(native)
            where = ffi.NULL if self.zero_pages else writer
            result = int(lib.vms_multifd_pick(sender.native, where, array, self.packet))
        if result < 0:
            refuse(writer.error, "save")
        return result

    def send(self, number: int) -> None:
        """Sends the packet that was picked, as the `number`th of all channels. Channels may do it in parallel."""
        self._send(number, 0)

    def sync(self, number: int) -> None:
        """Ends a body on this channel: a packet without pages."""
        self.packet.normal_pages = self.packet.zero_pages = 0
        self._send(number, SYNC)
        self.file.flush()

    def _send(self, number: int, flags: int) -> None:
        packet, payload = self.packet, b""
        packet.number = number
        packet.flags = flags
        with self.file.native(putting=True) as native:
            writer = lib.vms_file_writer(native)
            if packet.normal_pages:
                packet.flags |= self._flags
            if not self._compress or not packet.normal_pages:
                result = lib.vms_multifd_send_plain(self.ram.native, writer, packet)
            else:
                with looked_at(self._room) as room:
                    lib.vms_multifd_gather(self.ram.native, packet, room)
                payload = self._compress(memoryview(self._room)[: packet.normal_pages * self.ram.page_size])
                packet.payload = len(payload)
                result = lib.vms_multifd_send_header(self.ram.native, writer, packet)
        if result:
            refuse(writer.error, "save")
        if payload:
            self.file.put_buffer(payload)


STATE = 16 << 20
"""Bytes that a channel's decompressor may take if that shares with no other."""


class MultifdReceiver:
    """One channel, as it arrives. `number` is what it said of itself. `inflating` is what it shares with others."""

    def __init__(
        self,
        loader: RamLoader,
        file: File,
        channels: int,
        *,
        uuid: bytes = bytes(16),
        compression: str = "none",
        zero_pages: bool = False,
        inflating: Inflating | None = None,
    ) -> None:
        self.loader = loader
        self.file = file
        self.pages = 0
        """So many have come, or begun to."""
        self._channel = ffi.new("vms_multifd_channel *", {"compression": _flags(compression), "zero_pages": zero_pages})
        self._inflating = inflating
        self._decompress = decompressor(compression, inflating.states if inflating else Share(STATE))
        self.packet = ffi.new("vms_multifd_packet *")
        number = ffi.new("uint8_t *")
        with file.native(getting=True) as native:
            reader = lib.vms_file_reader(native)
            result = lib.vms_multifd_load_init(reader, _uuid(uuid), channels, number)
        if result:
            refuse(reader.error, "load")
        self.number = int(number[0])

    def load(self) -> bool:
        """Loads one packet; whether it syncs.

        Then the channel must wait until the main stream's body has ended too, and that for all channels: only so the
        list of blocks is there before its pages, and a page of one body is not overwritten by that of an earlier one.
        """
        packet = self.packet
        with self.file.native(getting=True) as native:
            reader = lib.vms_file_reader(native)
            result = lib.vms_multifd_load_header(self.loader.native, reader, self._channel, packet)
            if not result and (packet.normal_pages or packet.zero_pages):
                self.loader.by_channels = True  # before: a payload that is cut has been stored up to there
                self.pages += packet.normal_pages + packet.zero_pages
            if not result and not self._decompress:
                result = lib.vms_multifd_load_plain(self.loader.native, reader, packet)
        if result:
            refuse(reader.error, "load")
        if self._decompress:
            if packet.normal_pages and self._inflating:
                self._inflating.run(partial(self._inflate, self._decompress))
            elif packet.normal_pages:
                self._inflate(self._decompress)
            lib.vms_multifd_zero(self.loader.native, packet)
        return bool(packet.flags & SYNC)

    def _inflate(self, decompress: Decompress) -> None:
        offset, size = self.file.get_position, int(self.packet.normal_pages) * self.loader.ram.page_size
        payload = bytearray(self.packet.payload)  # which was judged: two packets' pages at most
        self.file.get_into(payload)
        try:
            pages = decompress(payload, size)
        except ValueError as error:
            pages, why = b"", f": {error}"
        else:
            why = f": {len(pages)} bytes"
        if len(pages) != size:
            raise FramingError(
                f"multifd at offset {offset}: the payload does not inflate to {size} bytes{why}",
                device="ram",
                offset=offset,
                found=len(pages),
                allowed=size,
                code="ram-record",
            )
        with looked_at(pages) as memory:
            lib.vms_multifd_scatter(self.loader.native, self.packet, memory)


def _flags(compression: str) -> int:
    if compression not in COMPRESSIONS:
        raise ValueError(f"compression is one of {', '.join(COMPRESSIONS)}, not {compression!r}")
    return COMPRESSIONS[compression]


def _uuid(uuid: bytes) -> Any:
    if len(uuid) != 16:
        raise ValueError(f"a uuid has 16 bytes, not {len(uuid)}")
    return uuid
