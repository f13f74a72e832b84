"""Connections that wait at a listener while a machine is loaded: do they carry pages of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        """Is there one? `pages_missing`: all is read, and pages have not come. Then it may be one that is silent yet:
        what it sent may come later than what the others did.
        """
        for said in self._listener.look(_NUMBER + 1):
            if len(said) > _NUMBER:
                if said.startswith(BEGINNING) and said[_NUMBER] >= self._agreed:
                    return True
            elif pages_missing and said[: len(BEGINNING)] == BEGINNING[: len(said)]:
                return True
        return False
