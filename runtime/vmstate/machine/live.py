"""Live state: what is sent while the machine runs, in rounds, and finished when it has stopped. RAM is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from vmstate.machine.wire import Element

if TYPE_CHECKING:
    from vmstate.file import File
    from vmstate.machine.differences import Difference


@runtime_checkable
class LiveHandler(Protocol):
    """All that a machine knows of live state. `Live` has a default for everything that need not be said.

    A save calls `begin_save`, `setup`, `iterate` as often as it takes, `complete` with the machine stopped, and
    `end_save` whatever happened. A load calls `begin_load`, `load` for every section, `end_load`, and where that was
    told of success `settle_load`; from a source that can be read twice all up to `end_load` comes before, too, with
    `check=True`, if it `can_check`.
    """

    def active(self) -> bool:
        """Has it anything to send at all? Without, it has no section."""

    def begin_save(self, live: bool) -> None:
        """Raises what keeps it from being saved; nothing was written yet. `live`: it may run meanwhile."""

    def setup(self, file: File) -> None:
        """Writes the body of its START section."""

    def pending(self, exact: bool) -> int:
        """Bytes that are still to be sent, as far as it knows; `exact`: ask again what has changed."""

    def iterate(self, file: File, budget: int) -> bool:
        """Writes the body of a PART section of about `budget` bytes at most; is there nothing more for now?"""

    def complete(self, file: File) -> None:
        """Writes the body of its END section: all that is left. The machine stands still."""

    def end_save(self) -> None:
        """The save is over, done or not."""

    def begin_load(self, check: bool, shadow: bool) -> None:
        """A load begins. `shadow`: keep what is there now, so that `end_load` can put it back."""

    def load(self, file: File, kind: Element, version: int, check: bool) -> Sequence[Difference]:
        """Reads the body of a START, PART or END section, and applies it; or only looks at it, if `check`.

        Returns how the sender was configured differently, if it was: then nothing was changed, and nothing more of the
        stream is read.
        """

    def end_load(self, accepted: bool) -> bool:
        """Everything was read, or the load is refused. Is the state whole: the new one if accepted, else the old one?

        If it is not, or this raises, the load fails, and a sender that waits for it lets its machine run on. If it was
        accepted, what was kept of the old state is kept on: `settle_load` follows.
        """

    def settle_load(self, here: bool) -> bool:
        """After `end_load(True)`, whatever came of that, and last of all: is the machine `here`?

        Then the old state is not needed any more, and what this returns or raises changes nothing. Otherwise other live
        state has failed, or the sender could not be told, and its machine runs on: is the old state back?
        """

    @property
    def can_check(self) -> bool:
        """Can `load` look without changing anything? If not, the first look at a stream ends where its section begins.

        What stands before it is judged before anything changes, and so are the machine's name and the list of devices;
        what is refused behind it leaves the machine incomplete if live state was overwritten.
        """


class Live:
    """Defaults for a LiveHandler: `setup`, `iterate`, `complete` and `load` are what it must have."""

    can_check = False

    def active(self) -> bool:
        return True

    def begin_save(self, live: bool) -> None: ...

    def pending(self, exact: bool) -> int:
        return 0

    def end_save(self) -> None: ...

    def begin_load(self, check: bool, shadow: bool) -> None: ...

    def end_load(self, accepted: bool) -> bool:
        return accepted

    def settle_load(self, here: bool) -> bool:
        return here
