"""Connections that wait at a listener while a machine is loaded: do they carry pages of it?"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from vmstate.errors import ChannelError

if TYPE_CHECKING:
    from vmstate.transport import Listener

BEGINNING = bytes.fromhex("11223344 00000001")
"""What a connection for pages begins with: magic and version."""
_NUMBER = 24
"""Offset of its number among them."""


class Uninvited:
    """Anybody may connect while a machine comes. What matters is whether its sender has more connections for pages than
    were agreed on, which nobody reads: they have the numbers beyond.
    """

    def __init__(self, listener: Listener, agreed: int) -> None:
        self._listener, self._agreed = listener, agreed

    def here(self, pages_missing: bool) -> bool:
        """Is there one? It is sent away then: the next sender's connections come after it.

        `pages_missing`: all is read, and pages have not come. Then it may be one that is silent yet: what it sent may
        come later than what the others did.
        """
        heard = self._listener.look(_NUMBER + 1)
        found = [said for said in heard if said.startswith(BEGINNING) and said[_NUMBER:] >= bytes([self._agreed])]
        for said in found:
            with contextlib.suppress(ChannelError):  # gone, or somebody else's by now
                self._listener.accept(0, begins=said).abort()
        return bool(found) or (pages_missing and any(self._may_be_one(said) for said in heard))

    def _may_be_one(self, said: bytes) -> bool:
        """It has not said its number yet."""
        return len(said) <= _NUMBER and said[: len(BEGINNING)] == BEGINNING[: len(said)]
