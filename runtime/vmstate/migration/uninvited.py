"""Connections that wait at a listener while a machine is loaded: do they carry pages of it?"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from vmstate.errors import ChannelError, FramingError

if TYPE_CHECKING:
    from vmstate.transport import Listener

_BEGINNING = bytes.fromhex("11223344 00000001")
"""What a connection for pages begins with: magic and version."""
_UUID, _NUMBER = 8, 24
"""Offsets of what follows: whose it is, and which of that machine's."""


def beginning(uuid: bytes | None) -> bytes:
    """What a connection for the pages of this machine begins with, up to its number."""
    return _BEGINNING + (uuid or bytes(_NUMBER - _UUID))


class Uninvited:
    """Anybody may connect while a machine comes. What matters is whether its sender has more connections for pages than
    were agreed on, which nobody reads: they have the numbers beyond. Another machine's are not looked at.
    """

    def __init__(self, listener: Listener, agreed: int, uuid: bytes | None) -> None:
        self._listener, self._agreed, self._beginning = listener, agreed, beginning(uuid)

    def here(self, pages_missing: bool) -> bool:
        """Is there one? It is sent away then: the next sender's connections come after it.

        `pages_missing`: all is read, and pages have not come. Then it may be one that is silent yet: what it sent may
        come later than what the others did.
        """
        heard = self._listener.look(_NUMBER + 1)
        found = [said for said in heard if said.startswith(self._beginning) and said[_NUMBER:] >= bytes([self._agreed])]
        for said in found:
            with contextlib.suppress(ChannelError):  # gone, or somebody else's by now
                self._listener.accept(0, begins=said).abort()
        return bool(found) or (pages_missing and any(self._may_be_one(said) for said in heard))

    def _may_be_one(self, said: bytes) -> bool:
        """It has not said its number yet; or its main connection does not say the uuid that it has."""
        more = len(said) <= _NUMBER or not said.startswith(self._beginning)
        return more and _BEGINNING.startswith(said[:_UUID])

    def of_another(self) -> FramingError | None:
        """The error, if connections for pages of another machine wait, and those of this one do not come."""
        for said in self._listener.look(_NUMBER):
            if len(said) == _NUMBER and said.startswith(_BEGINNING) and said != self._beginning:
                found, known = said[_UUID:].hex(), self._beginning[_UUID:].hex()
                what = f"the connections for pages that wait are of another machine: its uuid is {found}, not {known}"
                return FramingError(what, device="ram", code="ram-channels")
        return None
