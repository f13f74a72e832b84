"""A moment to go back to."""

from __future__ import annotations

from dataclasses import dataclass

from vmstate.errors import VMStateError
from vmstate.machine.registry import Entry


class CheckpointError(VMStateError):
    """A machine that has no checkpoints as it is, or a checkpoint that is not of the machine as it is now.

    `code` is no-rewind, other-machine or busy.
    """

    default_code = "other-machine"


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Checkpoint:
    """A machine as it was when `Machine.checkpoint` was called. What only it needs is freed with it.

    Its attributes are the machine's business.
    """

    entries: tuple[Entry, ...]
    """What the machine consisted of."""
    devices: object
    """Their states."""
    bodies: tuple[bytes, ...]
    """What functions wrote of theirs; then, with hooks, what devices wrote."""
    parts: tuple[object, ...]
    """Live state, RAM among it."""
    hooks: bool

    def __repr__(self) -> str:
        return f"<vmstate.Checkpoint of {len(self.entries)} sections>"
