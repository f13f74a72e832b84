"""Migration: a machine that is sent while it runs, and halted for the last of it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vmstate.errors import ChannelError
from vmstate.machine.saver import Saver
from vmstate.migration import lanes
from vmstate.migration.bandwidth import Bandwidth
from vmstate.migration.connections import CancelledError, Connections
from vmstate.migration.outcome import Outcome
from vmstate.migration.patience import Patience
from vmstate.migration.return_path import ReturnPath, opening
from vmstate.migration.stats import Stats, Status
from vmstate.migration.wishes import Wishes, positive

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine import Machine
    from vmstate.transport import Wake

DOWNTIME_LIMIT = 0.3
SWITCHOVER_TIMEOUT = 30.0
"""Seconds that the receiver has to say that it has loaded all, by default."""
REPORT = 0.1
"""Seconds between two reports of an iteration over a migration."""
_SLICE = 0.05
"""Seconds of sending between two looks at what is left and at what the user wants."""
_FIRST_BUDGET = 4 << 20
"""Bytes of a round as long as the bandwidth is not known."""


class Migration:
    """Runs in a thread of its own from when it is made.

    `for stats in migration` reports until it is over, `result(timeout)` waits for the end, and so does `await`. As a
    context manager it is waited for at the end of the block, and cancelled if the block raises. If it fails, or is
    cancelled, or the connection is lost, the machine runs on here.
    """

    def __init__(
        self,
        machine: Machine,
        connect: Callable[[Wake], File],
        *,
        downtime_limit: float = DOWNTIME_LIMIT,
        bandwidth: int = 0,
        return_path: bool | None = None,
        switchover_timeout: float | None = SWITCHOVER_TIMEOUT,
        channels: int = 0,
        compression: str = "none",
        mapped_ram: bool = False,
    ) -> None:
        self._lanes = lanes.Wanted(channels, compression)
        self._mapped_ram = mapped_ram
        self._machine = machine
        self._return_path = return_path
        if switchover_timeout is not None:
            positive(switchover_timeout, "switchover_timeout")
        self._switchover_timeout = switchover_timeout
        self._wishes = Wishes(positive(downtime_limit, "downtime_limit"), int(positive(bandwidth, "bandwidth")))
        self._outcome: Outcome[Stats] = Outcome()
        self._lock = threading.Lock()
        self._status = Status.SETUP
        self._start = time.monotonic()
        self._bandwidth, self._patience = Bandwidth(self._start), Patience()
        self._end = self._downtime = None  # type: float | None
        self._sent = self._remaining = self._rounds = 0
        self._halted = self._final = self._taken = False
        self._connections = Connections(connect, (lambda: machine.ram.beside) if mapped_ram else None)
        self._thread = threading.Thread(target=self._run, name=f"migration of {machine.name}", daemon=True)
        self._thread.start()

    # Its user's side -------------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        return self._status

    @property
    def stats(self) -> Stats:
        """As it is now. From any thread."""
        end = self._end or time.monotonic()
        expected = self._bandwidth.expected(self._remaining)
        return Stats(
            self._status, end - self._start, self._sent, self._remaining, self._rounds, self._bandwidth.value,
            self._wishes.bandwidth, self._wishes.downtime_limit, expected, self._downtime,
        )  # fmt: skip

    @property
    def downtime_limit(self) -> float:
        """Seconds that the machine may stand still. May be changed while it runs."""
        return self._wishes.downtime_limit

    @downtime_limit.setter
    def downtime_limit(self, seconds: float) -> None:
        self._wishes.downtime_limit = positive(seconds, "downtime_limit")

    @property
    def bandwidth(self) -> int:
        """Bytes a second, 0 for as many as there can be; not of the switch-over. May be changed while it runs."""
        return self._wishes.bandwidth

    @bandwidth.setter
    def bandwidth(self, rate: int) -> None:
        self._wishes.bandwidth = int(positive(rate, "bandwidth"))

    def cancel(self) -> bool:
        """Ends it; the machine runs on here. Once all is sent it says False and does nothing: the receiver decides."""
        with self._lock:
            if self._status.is_end or self._final:
                return False
            self._connections.cancel()
            return True

    def result(self, timeout: float | None = None) -> Stats:
        """Waits for the end. Raises TimeoutError if it does not come in time, and what it failed with if it did."""
        if not self._outcome.wait(timeout):
            raise TimeoutError(f"the migration is not over after {timeout} seconds: {self._status}")
        return self._outcome.get()

    def done(self) -> bool:
        return self._outcome.done

    def __iter__(self) -> Iterator[Stats]:
        while not self._outcome.wait(REPORT):
            yield self.stats
        yield self.stats

    def __await__(self) -> Generator[object, None, Stats]:
        return self._outcome.__await__()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        if raised is not None:
            self._give_up()
            return
        try:
            self.result()
        except BaseException:  # it failed; or Ctrl-C, and it is still at work
            self._give_up()
            raise

    def _give_up(self) -> None:
        self.cancel()
        self._outcome.wait(None)

    def __repr__(self) -> str:
        return f"<vmstate.Migration of {self._machine.name!r}: {self._status}>"

    # The thread's side ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with self._machine.migrated() as self._work:
                error = self._migrate()
        except BaseException as raised:
            error = self._failed(raised)
        self._connections.end()
        self._end = time.monotonic()
        self._outcome.settle(self.stats, error)

    def _migrate(self) -> BaseException | None:
        """What is raised to those who wait. A failure is dealt with here, where the machine is still ours: whoever
        saves it next must not find it halted.
        """
        try:
            with self._connections.open() as file, self._answers(file) as answers:
                saver = Saver(self._machine, file, opening() if answers else b"", mapped_ram=self._mapped_ram)
                with self._lanes.of_sender(self._machine, self._connections.open):
                    try:
                        self._send(file, saver, answers)
                    finally:
                        saver.finish()
            self._status = Status.COMPLETED
        except BaseException as raised:
            return self._failed(raised)
        return None

    @contextlib.contextmanager
    def _answers(self, file: File) -> Iterator[ReturnPath | None]:
        """What comes back, where there is a way. A receiver that refuses says so, and hangs up: that shows first."""
        if self._return_path is None:
            self._return_path = file.fileno() >= 0 and file.two_way
        answers = ReturnPath(file) if self._return_path else None
        try:
            yield answers
        except ChannelError as error:
            if answers is not None and not self._connections.cancelled and not self._taken:
                refusal = answers.last_words()
                if refusal is not None:
                    raise refusal from error
            raise

    def _send(self, file: File, saver: Saver, answers: ReturnPath | None) -> None:
        way = self._connections
        saver.begin()
        file.flush()
        self._status = Status.ACTIVE
        look = answers.look if answers is not None else lambda: None
        while not (self._may_switch(saver) and self._receiver_reads(answers)):
            look()
            way.limit(self._wishes.bandwidth)
            self._rounds += saver.iterate(self._budget())
            file.flush()
            way.wait(lambda: self._wishes.bandwidth, look)
        self._status = Status.SWITCHOVER
        way.check()
        start = time.monotonic()
        self._halted = True
        self._machine.halt_for(self._work)
        way.limit(0)
        saver.complete()
        with self._lock:
            way.check()
            self._final = True
        saver.end()
        self._sent, self._remaining = way.position, 0
        if answers is None:
            file.close()
        else:
            answers.await_loaded(self._switchover_timeout)
        self._taken = True
        self._downtime = time.monotonic() - start

    def _may_switch(self, saver: Saver) -> bool:
        self._connections.check()
        self._sent = self._connections.position
        self._bandwidth.note(time.monotonic(), self._sent)
        allowed = self._bandwidth.allowed(self._wishes.downtime_limit)
        self._remaining = saver.pending(exact=False)
        if self._remaining > allowed or self._patience.within_round(self._sent, self._rounds):
            return False
        self._remaining = saver.pending(exact=True)
        if self._remaining > allowed:
            return False
        return not self._patience.another(self._remaining, allowed, self._sent, self._rounds)

    def _receiver_reads(self, answers: ReturnPath | None) -> bool:
        """It is not halted for a receiver that has accepted nothing yet. If that had to be waited for, it ran on, and
        there is more to send.
        """
        if answers is None or answers.answered:
            return True
        answers.await_answer()
        return False

    def _budget(self) -> int:
        rates = [rate for rate in (self._bandwidth.value, self._wishes.bandwidth) if rate]
        return max(1 << 14, int(min(rates) * _SLICE)) if rates else _FIRST_BUDGET

    def _failed(self, raised: BaseException) -> BaseException | None:
        """The machine goes on here, unless the receiver has it or it was stopped. What is raised to those who wait."""
        error = raised
        if self._taken:
            self._status = Status.COMPLETED
            return None if isinstance(raised, ChannelError) else raised  # how a connection ends is nothing to it
        if self._connections.cancelled:
            self._status = Status.CANCELLED
            if not isinstance(raised, CancelledError):
                error = CancelledError("the migration was cancelled")
                error.__cause__ = raised
        else:
            self._status = Status.FAILED
        if self._halted:
            try:
                self._machine.go_on_after(self._work)
            except BaseException as worse:
                worse.__context__ = error
                return worse
        return error
