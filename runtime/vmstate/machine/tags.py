"""The part of a Machine that keeps snapshots by tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vmstate.machine.snapshots import Folder, Snapshot


class Tagged:
    """`savevm` and what belongs to it, over a folder."""

    if TYPE_CHECKING:
        name: str
        _folder: Folder | None
        save: Callable[..., None]
        load: Callable[..., None]
        refuse_disks: Callable[[], None]

    @property
    def folder(self) -> Folder:
        if self._folder is None:
            raise ValueError(f"{self.name} has no folder for snapshots: Machine(..., snapshots=FOLDER)")
        return self._folder

    def savevm(self, tag: str, *, compression: str | None = None, level: int | None = None) -> None:
        """Saves to the machine's folder, in the place of an older snapshot of that tag."""
        self.refuse_disks()
        path = self.folder.place(tag)
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.save(path, compression=compression, level=level)

    def loadvm(self, tag: str, *, missing: str = "refuse", shadow: bool = False) -> None:
        self.load(self.folder.find(tag), missing=missing, shadow=shadow)

    def delvm(self, tag: str) -> None:
        self.folder.delete(tag)

    def snapshots(self) -> list[Snapshot]:
        """What `savevm` has saved, the oldest first."""
        return self.folder.list()
