"""Loading a machine: a first look, where the source allows one, then the load; and what a refusal leaves behind."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, cast

from vmstate.machine.live import LiveHandler
from vmstate.machine.receivers import Apply, Check, Receiving
from vmstate.machine.source import Source
from vmstate.machine.walk import Walk

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.machine import Machine
    from vmstate.stream.description import Description


class Input(Protocol):
    """Where a stream comes from."""

    @property
    def rewindable(self) -> bool:
        """Can it be opened more than once?"""

    def open(self) -> AbstractContextManager[File]:
        """A file at the stream's first byte, for a block."""

    def description(self) -> Description | None:
        """The JSON at the stream's end, if that can be had beforehand."""


def load(machine: Machine, source: Input, *, keep_missing: bool, shadow: bool) -> None:
    """Raises a VMStateError if the stream is refused: then every device is as it was, and so is live state that could
    be checked first or put back. If some could not, the machine is incomplete until another load succeeds.
    """
    handlers = [cast(LiveHandler, entry.subject) for entry in machine.registry.live]
    checked = False
    if source.rewindable and all(handler.can_check for handler in handlers):
        _begin(handlers, check=True, shadow=False)
        try:
            _read(machine, source, Check(machine, keep_missing, source.description))
        finally:
            _end(handlers, accepted=False)
        checked = True
    _apply(machine, source, handlers, Apply(machine, keep_missing, checked), shadow)


def _apply(machine: Machine, source: Input, handlers: list[LiveHandler], apply: Apply, shadow: bool) -> None:
    _begin(handlers, check=False, shadow=shadow)
    was_incomplete = machine.incomplete
    machine.incomplete = True
    try:
        _read(machine, source, apply)
    except BaseException as error:
        try:
            apply.undo.put_back()
        finally:
            whole = _end(handlers, accepted=False)
            machine.incomplete = was_incomplete or not whole
        if not whole:
            error.add_note(
                f"{machine.name}: live state was overwritten; the machine is incomplete until a load succeeds"
            )
        raise
    machine.incomplete = not _end(handlers, accepted=True)


def _read(machine: Machine, source: Input, receiver: Receiving) -> None:
    with source.open() as file:
        walk = Walk(Source(file), receiver, machine.switches)
        try:
            walk.run()
        except Exception:
            walk.failed()
            raise


def _begin(handlers: list[LiveHandler], check: bool, shadow: bool) -> None:
    for number, handler in enumerate(handlers):
        try:
            handler.begin_load(check, shadow)
        except BaseException:
            _end(handlers[:number], accepted=False)
            raise


def _end(handlers: list[LiveHandler], accepted: bool) -> bool:
    """Are they all whole?"""
    return False not in [handler.end_load(accepted) for handler in handlers]
