"""The part of a Machine that goes back to where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from vmstate.machine.machine import Machine
    from vmstate.rewind import Checkpoint, Rewinder


class Rewinding:
    """A Machine's `checkpoint` and `rewind`."""

    _rewinder: Rewinder | None = None

    def checkpoint(self, *, hooks: bool = False) -> Checkpoint:
        """The machine as it is now, in memory. It costs what was written since the last one; dropping it frees that.

        Devices are copied as they lie, `local` members too; their hooks are not called, unless `hooks`: then they are
        saved now and loaded by a rewind, beside. What a class keeps in attributes of Python is none of it. With
        `register_savevm` it is what the functions write.
        """
        cast("Machine", self).refuse_incomplete("make a checkpoint")
        return self._kept().checkpoint(hooks)

    def rewind(self, checkpoint: Checkpoint) -> None:
        """Makes the machine what it was, and leaves it running if it runs. All other checkpoints stay what they are.

        Raises CheckpointError for one of another machine, or if devices or RAM blocks have come or gone since.
        """
        self._kept().rewind(checkpoint)

    def _kept(self) -> Rewinder:
        if self._rewinder is None:
            from vmstate.rewind.rewinder import Rewinder

            self._rewinder = Rewinder(cast("Machine", self))
        return self._rewinder

    def disturb_checkpoints(self) -> None:
        """Before a load or a migration: what they write, or learn of the guest's writes, is not told to checkpoints."""
        if self._rewinder is not None:
            self._rewinder.disturb()
