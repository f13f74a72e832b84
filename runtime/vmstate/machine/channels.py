"""Multifd: the pages of a migration on connections of their own, a thread for each."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING

from vmstate.errors import ChannelTimeoutError, FramingError, VMStateError
from vmstate.file.operations import PIECE
from vmstate.ram import MultifdReceiver, MultifdSender, PageBitmap, Ram, RamLoader, RamSender
from vmstate.ram.inflating import Inflating

if TYPE_CHECKING:
    from vmstate.file import File

COMPRESSING = 12
"""So many connections carry compressed pages, at most: each takes up to 2 MiB of the sender's memory."""

# What a receiver takes, however many connections a stranger fills: together less than 64 MiB.
BUFFERS = 8 << 20
"""Bytes of all connections' buffers, of one direction."""
INFLATING = 8
"""Payloads that are inflated at a time: each takes up to 2 MiB, which are its pages twice, and the payload."""
_CONNECTION = 64 << 10
"""Bytes that a connection takes beside its buffer: its thread, and what zlib remembers."""
_ALL = 56 << 20


def states(count: int) -> int:
    """Bytes that what zstd remembers may take, on `count` connections together: what all else leaves of the memory."""
    return _ALL - min(count, INFLATING) * (2 << 20) - count * (_CONNECTION + _room(count))


def _room(count: int) -> int:
    """Bytes of one connection's buffer."""
    return min(PIECE, BUFFERS // count)


class Lanes:
    """The connections beside the main one, of one migration. They are their maker's, who closes them.

    `compression`: none, zlib or zstd; `uuid`: the machine's. Both sides must agree on them, and on their number.
    """

    def __init__(self, files: Sequence[File], compression: str, uuid: bytes | None) -> None:
        self._files = files
        for file in files:
            file.set_room(_room(len(files)))
        self._compression, self._uuid = compression, uuid or bytes(16)
        self._pool = ThreadPoolExecutor(len(files), thread_name_prefix="multifd")

    def stop(self, hastily: bool) -> None:
        """Ends the threads; hastily: whatever waits on a connection is woken first."""
        if hastily:
            for file in self._files:
                file.cancel()
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, work: Sequence[Callable[[], None]]) -> list[Future[None]]:
        return [self._pool.submit(each) for each in work]


def _finish(futures: Sequence[Future[None]]) -> None:
    """Waits for all of them. Raises what the first one raised."""
    errors = [future.exception() for future in futures]
    for error in errors:
        if error is not None:
            raise error


class SendingLanes(Lanes):
    """Of the sender. All connections are waited for at the end of every body; `flushes`: the main one says so, too."""

    def __init__(self, files: Sequence[File], compression: str, uuid: bytes | None, *, flushes: bool = False) -> None:
        super().__init__(files, compression, uuid)
        self._flushes = flushes

    def open(self, ram: Ram) -> None:
        """Introduces every connection to the receiver, which leaves it to us which of them carry pages."""
        self._carrying = len(self._files) if self._compression == "none" else COMPRESSING
        self._senders = [
            MultifdSender(
                ram, file, number, uuid=self._uuid,
                compression=self._compression if number < self._carrying else "none",
            )
            for number, file in enumerate(self._files)
        ]  # fmt: skip
        for file in self._files:
            file.flush()
        self._picking = threading.Lock()
        self._packets = self._left = self._bodies = 0

    def send(self, sender: RamSender, main: File, dirty: Sequence[PageBitmap], most: int) -> bool:
        """Sends about so many dirty pages, and says on all connections that a body ends. Was none left?

        Each has a packet before one has another, and the first is another one each time: few packets are spread, too.
        Who is done with its own takes the next.
        """
        self._left = most
        self._dry = False
        carrying, others = self._senders[: self._carrying], self._senders[self._carrying :]
        turn = self._bodies % len(carrying)
        self._bodies += 1
        body = sender, main, dirty
        work = [partial(self._work, lane, self._take(lane, *body), *body) for lane in carrying[turn:] + carrying[:turn]]
        _finish(self._begin([*work, *(partial(self._sync, lane) for lane in others)]))
        if self._flushes:
            sender.flush_multifd(main)
        return self._dry

    def _work(
        self, lane: MultifdSender, number: int | None, sender: RamSender, main: File, dirty: Sequence[PageBitmap]
    ) -> None:
        while number is not None:
            lane.send(number)
            number = self._take(lane, sender, main, dirty)
        self._sync(lane)

    def _take(self, lane: MultifdSender, sender: RamSender, main: File, dirty: Sequence[PageBitmap]) -> int | None:
        """The number of the next packet, which is the lane's then; None if nothing is left for this body."""
        with self._picking:
            while self._left > 0:
                taken = lane.pick(sender, main, dirty)
                if not taken:
                    self._dry = True
                    break
                self._left -= taken
                if lane.packet.normal_pages or lane.packet.zero_pages:
                    return self._number()
        return None

    def _sync(self, lane: MultifdSender) -> None:
        with self._picking:
            number = self._number()
        lane.sync(number)

    def _number(self) -> int:
        """Of a packet, counted over all connections."""
        self._packets += 1
        return self._packets - 1


class ReceivingLanes(Lanes):
    """Of the receiver. Zero pages may be in packets, as QEMU sends them from 9.0 on.

    The main connection must wait for the others as often as the sender does: at the end of every body, or where it says
    so (from 8.1 on, the first time in the first body), and then at no body's end.
    """

    def __init__(self, files: Sequence[File], compression: str, uuid: bytes | None) -> None:
        super().__init__(files, compression, uuid)
        self._inflating = Inflating(min(len(files), INFLATING), states(len(files)))
        self._receivers: list[MultifdReceiver] = []
        self._reading: list[Future[None]] = []
        self._idle: float | None = None
        self._flushed = False
        self._pages_flushed = 0

    @property
    def pages(self) -> int:
        """So many have come."""
        return sum(each.pages for each in self._receivers)

    def load(self, loader: RamLoader, main: File) -> None:
        """Reads one body of the main connection, and what belongs to it of all others.

        The first body has the list of blocks, and packets can be judged only then.
        """
        loader.flush_with(partial(self._flush, loader))
        try:
            loader.load(main)
        except VMStateError:
            if self.reason is not None:
                raise self.reason from None
            raise
        finally:
            loader.flush_with(None)
        if not self._flushed:
            self._await(loader)

    def _flush(self, loader: RamLoader) -> None:
        """The sender waits here, in the middle of a body."""
        self._flushed, first = True, not self._receivers
        self._await(loader)
        self._pages_flushed = self.pages
        if not first:
            self.read_ahead()

    def _await(self, loader: RamLoader) -> None:
        """Until all others have come as far as the sender has said."""
        if not self._receivers:
            self._receivers = self._opened(loader)
        self.read_ahead()
        self._keep_moving()
        _finish(self._reading)
        self._reading = []

    def _keep_moving(self) -> None:
        """Until all have ended, or one has failed. Raises if they stand still: the main connection waits for them now.

        While it does not they may be silent for as long as there is something else to send.
        """
        left = set(self._reading)
        while left:
            before = self._position
            done, left = wait(left, self._idle, FIRST_EXCEPTION)
            if left and not done and self._position == before:
                what = "the connections for pages were idle for too long"
                raise ChannelTimeoutError(what, number=errno.ETIMEDOUT)
            _finish([future for future in self._reading if future.done()])

    @property
    def _position(self) -> int:
        return sum(file.get_position for file in self._files)

    def read_ahead(self) -> None:
        """Begins what follows, of all connections but the main one, if that has not begun."""
        if not self._reading:
            self._reading = self._begin([partial(_load, lane) for lane in self._receivers])

    def end(self) -> None:
        """All has come. Raises if pages came that the sender has not waited for: there may be more of them."""
        reading, self._reading = self._reading, []
        if not reading:
            return
        for file in self._files:
            file.cancel()
        for error in [future.exception() for future in reading]:
            if isinstance(error, FramingError):
                raise error
        if self.pages != self._pages_flushed:
            what = "pages came behind the last place where the sender has waited for them"
            raise FramingError(what, device="ram", code="ram-channels")

    @property
    def reason(self) -> BaseException | None:
        """What ended one of them. The sender goes away then, and that is what the main connection tells."""
        ended = [future.exception() for future in self._reading if future.done()]
        return next((error for error in ended if error is not None), None)

    def stop(self, hastily: bool) -> None:
        """What was still to come is not wanted."""
        for file in self._files:
            file.abort()
        super().stop(hastily=False)
        self._inflating.close()

    def _opened(self, loader: RamLoader) -> list[MultifdReceiver]:
        count = len(self._files)
        made = [
            MultifdReceiver(
                loader, file, count,
                uuid=self._uuid, compression=self._compression, zero_pages=True, inflating=self._inflating,
            )
            for file in self._files
        ]  # fmt: skip
        numbers = sorted(each.number for each in made)
        if numbers != list(range(count)):
            what = f"the connections for pages have the numbers {numbers}, not 0 to {count - 1}"
            raise FramingError(what, device="ram", code="ram-channels")
        self._idle = self._files[0].idle_timeout
        for file in self._files:
            file.set_idle_timeout(None)
        return made


def _load(lane: MultifdReceiver) -> None:
    """Packets, up to the one that ends a body."""
    try:
        while not lane.load():
            pass
    except BaseException:
        lane.file.abort()  # nobody reads it any more: the sender must not wait for that
        raise
