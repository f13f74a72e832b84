"""The part of a Machine that runs, or stands still, and does one thing at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from vmstate.errors import VMStateError
from vmstate.machine.work import AtWork, Work

if TYPE_CHECKING:
    from vmstate.machine.registry import Registry

Hook = Callable[[], object]
T = TypeVar("T")

WORK = "saved, loaded, migrated, checkpointed or rewound"
"""What may be done to it, one at a time."""


class IncompleteError(VMStateError):
    """A load that was refused had overwritten live state: nothing can be done with it but to load again."""

    default_code = "incomplete"


class Running:
    """A Machine's `start` and `stop`, and who may do what when.

    `incomplete`: a refused load has left it in pieces. `at_work`: while it is saved, loaded, migrated, checkpointed
    or rewound. Whoever halts it for that is alone in letting it go on, until that is over; who stops it meanwhile is
    remembered.
    """

    if TYPE_CHECKING:
        name: str
        registry: Registry
        disturb_checkpoints: Callable[[], None]

    def __init__(self, start: Hook | None, stop: Hook | None) -> None:
        self.incomplete = False
        self.running = False
        self._hooks = {"stop": stop, "start": start}
        self.at_work = AtWork()
        self._turning = threading.RLock()
        self._halting: list[Work] = []

    def start(self) -> None:
        """Lets it run. Raises IncompleteError if a load has left it in pieces, VMStateError while it is halted for a
        save, a load, a checkpoint or a rewind, or for the last of a migration: what it wrote then would be lost.
        """
        with self._turning:
            if any(work.halts and not work.over for work in self._halting):
                raise VMStateError(
                    f"{self.name} cannot run: it stands still to be {WORK}; start it when that is over",
                    code="busy",
                )
            self.refuse_incomplete("run")
            if not self.running:
                self._call("start")
                self.running = True

    def stop(self) -> None:
        """Halts it; returns when it stands still. If it is halted already, to be saved or loaded, it stays so."""
        with self._turning:
            for work in self._halting:
                work.runs_on = False
            self._halt()

    def _halt(self) -> None:
        if self.running:
            self._call("stop")
            self.running = False

    def _call(self, which: str) -> None:
        hook = self._hooks[which]
        if hook is not None:
            hook()

    # For whoever works on it ------------------------------------------------------------------------------------------

    def halt_for(self, work: Work) -> None:
        """Halts it until `go_on_after`, or until the work is over: then it stays halted."""
        with self._turning:
            self._halting = [other for other in self._halting if not other.over]
            self._halting.append(work)
            work.halts = True
            work.runs_on = self.running
            self._halt()

    def go_on_after(self, work: Work) -> None:
        """It runs if it ran before, unless somebody has stopped it since, or it is incomplete. If it stands still for
        somebody else, too, it goes on after that. Again: does nothing.
        """
        with self._turning:
            work.halts = False
            if not work.runs_on or self.incomplete or self.running:
                return
            other = next((each for each in self._halting if each.halts and not each.over), None)
            if other is not None:
                other.runs_on = True
                work.runs_on = False
                return
            hook = self._hooks["start"]
            work.runs_on = False
            if hook is not None:
                hook()
            self.running = True

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """Stands still within the block, and goes on as before; after a load that left it incomplete it does not."""
        work = Work()
        try:
            self.halt_for(work)
            yield
        finally:
            try:
                self.go_on_after(work)
            finally:
                work.over = True

    @contextlib.contextmanager
    def migrated(self) -> Iterator[Work]:
        """At work for one migration. Raises if a device forbids it, or the machine is incomplete."""
        self.refuse_unfit("migrate")
        work = Work()
        try:
            self.begin(work, "migrate")
            self.disturb_checkpoints()
            yield work
        finally:
            work.over = True

    def while_halted(self, what: str, act: Callable[[], T], busy: type[VMStateError] = VMStateError) -> T:
        """`act`, alone at work on it, with the machine standing still; then it goes on as before.

        So it is after any exception, that of a signal's handler at any point included: no context managers in Python,
        whose ends have a beginning of their own.
        """
        work = Work()
        try:
            self.begin(work, what, busy)
            try:
                self.halt_for(work)
                return act()
            finally:
                try:
                    self.go_on_after(work)
                except BaseException:
                    self.go_on_after(work)  # a signal came before it had begun; otherwise this does nothing
                    raise
        finally:
            work.over = True

    def begin(self, work: Work, what: str, busy: type[VMStateError] = VMStateError) -> None:
        """Raises `busy` if another one is at work."""
        if not self.at_work.take(work):
            raise busy(f"{self.name} cannot {what}: it is being {WORK} already", code="busy")

    def refuse_unfit(self, what: str) -> None:
        """If a device forbids it; an incomplete machine can only be loaded."""
        if what != "load":
            self.refuse_incomplete(what)
        for entry in self.registry.unmigratable:
            raise VMStateError(
                f"{self.name} cannot {what}: its device {entry.idstr!r} is unmigratable",
                device=entry.idstr, instance=entry.instance_id, code="unmigratable",
            )  # fmt: skip

    def refuse_changes(self, what: str) -> None:
        """What a stream consists of is settled when it begins."""
        if self.at_work.locked():
            raise VMStateError(
                f"{self.name} cannot {what}: it is being {WORK}, and what it consists of is settled until that is over",
                code="busy",
            )

    def refuse_incomplete(self, what: str) -> None:
        if self.incomplete:
            raise IncompleteError(f"{self.name} cannot {what}: a load has left it incomplete; load again first")
