"""Where a machine that migrates comes from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vmstate import transport
from vmstate.file import File
from vmstate.machine.inputs import Pipe
from vmstate.transport import Path, parse

if TYPE_CHECKING:
    from vmstate.machine.loader import Input
    from vmstate.transport import Listener


class Accepted:
    """The next connection of a listener. It is closed before the load is accepted: what closing says counts, too."""

    rewindable = False

    def __init__(self, listener: Any, timeout: float | None, own: bool) -> None:
        self._listener, self._timeout, self._own = listener, timeout, own

    @contextlib.contextmanager
    def open(self) -> Iterator[File]:
        with self._listener if self._own else contextlib.nullcontext(), self._listener.accept(self._timeout) as file:
            yield file

    def description(self) -> None:
        return None


class OnDisk:
    """A `file:` URI, which can be read twice."""

    rewindable = True

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def open(self) -> File:
        return transport.listen(self._uri).accept()

    def description(self) -> None:
        return None


def source_of(source: str | File | Listener, accept_timeout: float | None, how: dict[str, Any]) -> Input:
    """`how` is for transport.listen, of a URI."""
    if isinstance(source, File):
        return Pipe(source)
    if not isinstance(source, str):
        return Accepted(source, accept_timeout, own=False)
    if isinstance(parse(source, listening=True), Path):
        return OnDisk(source)
    return Accepted(transport.listen(source, **how), accept_timeout, own=True)
