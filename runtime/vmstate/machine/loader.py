"""Loading a machine: a first look, where the source allows one, then the load; and what a refusal leaves behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, cast

from vmstate.errors import VMStateError
from vmstate.machine.live import LiveHandler
from vmstate.machine.receivers import Apply, Check, LookEnds, Receiving
from vmstate.machine.source import Source
from vmstate.machine.undo import tell_refusals
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
    checked = source.rewindable and _look(machine, source, handlers, keep_missing)
    _apply(machine, source, handlers, Apply(machine, keep_missing, checked), shadow)


def _look(machine: Machine, source: Input, handlers: list[LiveHandler], keep_missing: bool) -> bool:
    """Was all of it looked at? Otherwise as far as was possible."""
    able = [handler for handler in handlers if handler.can_check]
    _begin(able, check=True, shadow=False)
    whole = True
    try:
        _read(machine, source, Check(machine, keep_missing, source.description), _Ending([]))
    except LookEnds:
        whole = False
    except BaseException as error:
        _note(error, _refuse(able))
        raise
    unfinished = _refuse(able)
    if unfinished:
        raise VMStateError(f"{machine.name} cannot load: {'; '.join(unfinished)}")
    return whole


def _apply(machine: Machine, source: Input, handlers: list[LiveHandler], apply: Apply, shadow: bool) -> None:
    _begin(handlers, check=False, shadow=shadow)
    ending = _Ending(handlers)
    was_incomplete = machine.incomplete
    machine.incomplete = True
    try:
        _read(machine, source, apply, ending)
    except BaseException as error:
        if ending.told:
            # The machine is here and nowhere else: how its channel ends changes nothing.
            machine.incomplete = False
            ending.settle()
            if isinstance(error, Exception):
                return
            raise
        refusals = ["devices were not put back"]
        try:
            refusals = apply.undo.put_back()
        finally:
            refusals = [*refusals, *ending.refuse()]
            machine.incomplete = was_incomplete or bool(refusals)
        tell_refusals(error, machine.name, refusals)
        raise
    machine.incomplete = False
    ending.settle()


def _read(machine: Machine, source: Input, receiver: Receiving, ending: _Ending) -> None:
    """A sender that waits for it is told last of all that the machine is here: it lets go of its own then. Where nobody
    waits, closing the channel has its say before the load is accepted.
    """
    with source.open() as file:
        walk = Walk(Source(file), receiver, machine.switches)
        try:
            walk.run()
            if walk.answers:
                ending.accept()
                walk.loaded()
                ending.told = True
        except Exception:
            walk.failed()
            raise
    ending.accept()


class _Ending:
    """The end of a load for all live state: said to each once, whatever the others make of it.

    First all of it is accepted, then the sender is told, who lets go of its own machine, and only then it is settled.
    """

    def __init__(self, handlers: list[LiveHandler]) -> None:
        self._left = list(handlers)
        self._accepted: list[LiveHandler] = []
        self.told = False

    def accept(self) -> None:
        """All are to be what the stream says. Raises if one is not."""
        while self._left:
            handler = self._left[0]
            self._accepted.append(handler)  # first: whatever comes between, it is not as it was
            self._left.pop(0)
            if handler.end_load(True) is False:
                raise VMStateError(f"{type(handler).__name__} is not whole after a load", code="incomplete")

    def refuse(self) -> list[str]:
        """A sentence for each that is not as it was."""
        accepted, self._accepted = self._accepted, []
        found = [*_refuse(self._left), *_put_back(accepted, lambda handler: handler.settle_load(False))]
        return list(dict.fromkeys(found))

    def settle(self) -> None:
        """All are here for good: nothing that one of them makes of it changes that."""
        accepted, self._accepted = self._accepted, []
        for handler in accepted:
            with contextlib.suppress(Exception):
                handler.settle_load(True)


def _begin(handlers: list[LiveHandler], check: bool, shadow: bool) -> None:
    for number, handler in enumerate(handlers):
        try:
            handler.begin_load(check, shadow)
        except BaseException as error:
            _note(error, _refuse(handlers[:number]))
            raise


def _refuse(handlers: list[LiveHandler]) -> list[str]:
    """A sentence for each that is not as it was."""
    return _put_back(handlers, lambda handler: handler.end_load(False))


def _put_back(handlers: list[LiveHandler], tell: Callable[[LiveHandler], bool]) -> list[str]:
    """Tells each, whatever the others make of it."""
    found = []
    for handler in handlers:
        try:
            if tell(handler) is False:
                found.append("live state was overwritten")
        except Exception as error:
            found.append(f"{type(handler).__name__} was not put back: {error}")
    return found


def _note(error: BaseException, notes: list[str]) -> None:
    for each in notes:
        error.add_note(each)
