"""The part of a Machine that runs, or stands still, and does one thing at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vmstate.errors import VMStateError

if TYPE_CHECKING:
    from vmstate.machine.registry import Registry

Hook = Callable[[], object]


class IncompleteError(VMStateError):
    """A load that was refused had overwritten live state: nothing can be done with it but to load again."""

    default_code = "incomplete"


class Running:
    """A Machine's `start` and `stop`, and who may do what when.

    `incomplete`: a refused load has left it in pieces. `at_work`: held while it is saved, loaded or migrated. Whoever
    does that and halts it for it is alone in letting it go on, until that is over.
    """

    if TYPE_CHECKING:
        name: str
        registry: Registry
        disturb_checkpoints: Callable[[], None]

    def __init__(self, start: Hook | None, stop: Hook | None) -> None:
        self.incomplete = False
        self.running = False
        self._hooks = {"stop": stop, "start": start}
        self.at_work = threading.Lock()
        self._turning = threading.RLock()
        self._worker: int | None = None
        self._held = False

    def start(self) -> None:
        """Lets it run. Raises IncompleteError if a load has left it in pieces, VMStateError while it is halted for a
        save or a load, or for the last of a migration: what it wrote then would be lost.
        """
        with self._turning:
            if self._held and not self._is_worker():
                raise VMStateError(
                    f"{self.name} cannot run: it stands still to be saved or loaded; start it when that is over",
                    code="busy",
                )
            self.refuse_incomplete("run")
            if not self.running:
                self._call("start")
                self.running = True

    def stop(self) -> None:
        """Halts it; returns when it stands still."""
        with self._turning:
            self._held = self._held or self._is_worker()
            if self.running:
                self._call("stop")
                self.running = False

    def _is_worker(self) -> bool:
        return self._worker == threading.get_ident()

    def _call(self, which: str) -> None:
        hook = self._hooks[which]
        if hook is not None:
            hook()

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """Stands still within the block, and goes on as before; after a load that left it incomplete it does not."""
        running = self.running
        self.stop()
        try:
            yield
        finally:
            if running and not self.incomplete:
                self.start()

    @contextlib.contextmanager
    def working(self, what: str) -> Iterator[None]:
        """For one save, load or migration at a time. Raises if a device forbids it, or the machine is incomplete."""
        if what != "load":
            self.refuse_incomplete(what)
        for entry in self.registry.unmigratable:
            raise VMStateError(
                f"{self.name} cannot {what}: its device {entry.idstr!r} is unmigratable",
                device=entry.idstr, instance=entry.instance_id, code="unmigratable",
            )  # fmt: skip
        if not self.at_work.acquire(blocking=False):
            raise VMStateError(f"{self.name} cannot {what}: it is being saved or loaded already", code="busy")
        self._worker = threading.get_ident()
        try:
            if what != "save":
                self.disturb_checkpoints()
            yield
        finally:
            self._worker, self._held = None, False
            self.at_work.release()

    def refuse_changes(self, what: str) -> None:
        """What a stream consists of is settled when it begins."""
        if self.at_work.locked():
            raise VMStateError(
                f"{self.name} cannot {what}: it is being saved, loaded or migrated, and what it consists of is settled "
                "until that is over",
                code="busy",
            )

    def refuse_incomplete(self, what: str) -> None:
        if self.incomplete:
            raise IncompleteError(f"{self.name} cannot {what}: a load has left it incomplete; load again first")
