"""The part of a Machine that has disks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from vmstate.errors import VMStateError

if TYPE_CHECKING:
    from vmstate.block import BlockDevice, Disks
    from vmstate.machine.machine import Machine

_FIRST = 1 << 20
"""Above all priorities: disks are sent before RAM, whichever was added first."""


class Storing:
    """A Machine's `blocks` and `add_block`."""

    _disks: Disks | None = None

    @property
    def blocks(self) -> Disks:
        """The disks that travel with it. Asking for it adds their section, which is sent if there are any."""
        if self._disks is None:
            from vmstate.block import VERSION, Disks

            disks = Disks()
            cast("Machine", self).register_live("block", disks, version=VERSION, priority=_FIRST)
            self._disks = disks
        return self._disks

    def add_block(self, name: str, file: Any, *, length: int | None = None) -> BlockDevice:
        """Adds a disk over a seekable binary file, by its name in streams. The guest writes through the result.

        Raises VMStateError while the machine is saved, loaded, migrated, checkpointed or rewound.
        """
        cast("Machine", self).refuse_changes("add a disk")
        return self.blocks.add(name, file, length=length)

    def refuse_disks(self) -> None:
        """A snapshot by a tag is one of many of a machine whose disks go on: they have no place in it."""
        if self._disks is not None and self._disks.active():
            raise VMStateError(
                f"{cast('Machine', self).name} cannot savevm: its disks would be sent, too. Say blocks.enabled = False "
                "and keep them beside, or save() to a file, which takes them along",
                device="block", code="disks",
            )  # fmt: skip
