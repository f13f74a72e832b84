"""Where a machine that migrates comes from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vmstate import transport
from vmstate.file import File
from vmstate.machine.inputs import Pipe
from vmstate.migration.lanes import Wanted
from vmstate.transport import Listener, Path, Tcp, Unix, Wake, options, parse

if TYPE_CHECKING:
    from vmstate.machine.loader import Input
    from vmstate.machine.machine import Machine


class Accepted:
    """The next connection of a listener. It is closed before the load is accepted: what closing says counts, too."""

    rewindable = False

    def __init__(
        self, machine: Machine, listener: Any, timeout: float | None, own: bool, wanted: Wanted, wake: Wake | None
    ) -> None:
        self._machine, self._listener, self._timeout, self._own = machine, listener, timeout, own
        self._wanted, self._wake = wanted, wake

    @contextlib.contextmanager
    def open(self) -> Iterator[File]:
        with (
            self._listener if self._own else contextlib.nullcontext(),
            Wake.lent(self._wake) as wake,
            self._listener.accept(self._timeout, wake) as file,
            wake.also(file.cancel),
            self._wanted.of_receiver(self._machine, self._listener, self._timeout, wake),
        ):
            yield file

    def description(self) -> None:
        return None


class Opened(Pipe):
    """A file that is there already."""

    def __init__(self, file: File, wake: Wake | None) -> None:
        super().__init__(file)
        self._wake = wake

    @contextlib.contextmanager
    def open(self) -> Iterator[File]:
        with Wake.lent(self._wake) as wake, super().open() as file, wake.also(file.cancel):
            yield file


class OnDisk:
    """A `file:` URI, which can be read twice. Once all of it was found good nothing ends the second reading: it waits
    for nobody, and half of it would leave the machine incomplete.
    """

    rewindable = True

    def __init__(self, uri: str, wake: Wake | None) -> None:
        self._uri, self._wake = uri, wake
        self._good = False

    @contextlib.contextmanager
    def open(self) -> Iterator[File]:
        with (
            Wake.lent(self._wake) as wake,
            transport.listen(self._uri).accept(wake=wake) as file,
            contextlib.nullcontext() if self._good else wake.also(file.cancel),
        ):
            yield file
        self._good = True

    def description(self) -> None:
        return None


def source_of(
    machine: Machine,
    source: str | File | Listener,
    accept_timeout: float | None,
    wanted: Wanted,
    wake: Wake | None,
    how: dict[str, Any],
) -> Input:
    """`how` is for transport.listen, of a URI. Whatever does not fit together is raised before anything is opened."""
    if not isinstance(source, str):
        options.check_opened("the source", how, "give them to what opens it, or to transport.listen")
        if wanted.count and not isinstance(source, Listener):
            raise ValueError("channels of their own for pages need tcp: or unix:")
        if isinstance(source, File):
            return Opened(source, wake)
        return Accepted(machine, source, accept_timeout, False, wanted, wake)
    address = parse(source, listening=True)
    options.check(address, how, transport.listen)
    if wanted.count and not isinstance(address, (Tcp, Unix)):
        raise ValueError("channels of their own for pages need tcp: or unix:")
    if isinstance(address, Path):
        return OnDisk(source, wake)
    return Accepted(machine, transport.listen(source, **how), accept_timeout, True, wanted, wake)
