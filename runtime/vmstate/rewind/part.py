"""What can be rewound beside devices: RAM, disks, and live state of the user's own that says so."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Rewindable(Protocol):
    """Live state that a machine with checkpoints needs: it is asked with the machine standing still."""

    def checkpoint(self) -> object:
        """The state as it is now, as something that `rewind` understands. It is let go when nobody needs it."""

    def rewind(self, kept: object) -> None:
        """Makes the state what it was."""

    def disturb(self) -> None:
        """It may have been changed in a way that nobody noted, or will be: a load, a migration."""
