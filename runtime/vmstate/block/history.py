"""Disks as they were: old pieces of what was written, noted before the write.

As with RAM it is a tree of differences whose root is the newest checkpoint, or the one that was gone back to last; the
disks themselves are the root's content but for what was written since.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from vmstate.block.failures import told

if TYPE_CHECKING:
    from vmstate.block.device import BlockDevice

PIECE = 4096
Pieces = dict[tuple["BlockDevice", int], bytes]


class _Node:
    """`pieces`: where it differs from `toward`, its neighbour on the way to the root."""

    __slots__ = ("children", "dropped", "pieces", "toward")

    def __init__(self, dropped: bool = False) -> None:
        self.toward: _Node | None = None
        self.children: set[_Node] = set()
        self.pieces: Pieces = {}
        self.dropped = dropped


class Moment:
    """A checkpoint of all disks. It is given up with the last reference to it."""

    __slots__ = ("history", "node")

    def __init__(self, history: History, node: _Node) -> None:
        self.history = history
        self.node = node

    def __del__(self) -> None:
        self.history.dropped.append(self.node)


def _read(device: BlockDevice, piece: int) -> bytes:
    with told(device, "read", piece * PIECE):
        return device.read_piece(piece)


class History:
    """Of all disks of a machine. `note` is called before each write, with the disk locked; the rest while they stand.

    `_since`: where the disks differ from the root, by what has been written since.
    """

    def __init__(self) -> None:
        self.dropped: deque[_Node] = deque()
        self._root = _Node(dropped=True)
        self._since: Pieces = {}

    def note(self, device: BlockDevice, offset: int, length: int) -> None:
        """These bytes will be written. What nobody goes back to is not kept."""
        if self._root.dropped and not self._root.children:
            return
        for piece in range(offset // PIECE, -(-(offset + length) // PIECE)):
            if (device, piece) not in self._since:
                self._since[device, piece] = device.read_piece(piece)

    def checkpoint(self) -> Moment:
        self._sweep()
        before, self._root = self._root, _Node()
        before.pieces, self._since = self._since, {}
        _hang(before, self._root)
        self._tidy(before)
        return Moment(self, self._root)

    def rewind(self, moment: Moment) -> None:
        """May fail in the middle with a DiskError; then it can be tried again."""
        self._sweep()
        self._put_back()
        way, node = [], moment.node
        while node.toward is not None:
            way.append(node)
            node = node.toward
        for node in reversed(way):
            before = self._root
            before.pieces = {(device, piece): _read(device, piece) for device, piece in node.pieces}
            self._since, node.pieces = node.pieces, {}
            before.children.discard(node)
            node.toward = None
            _hang(before, node)
            self._root = node
            self._tidy(before)
            self._put_back()

    def _put_back(self) -> None:
        for (device, piece), data in self._since.items():
            with told(device, "put back", piece * PIECE):
                device.write_piece(piece, data)
        self._since = {}

    def _sweep(self) -> None:
        while self.dropped:
            node = self.dropped.popleft()
            node.dropped = True
            self._tidy(node)

    def _tidy(self, node: _Node) -> None:
        """What nobody goes back to goes, or is put together with the only one that needs it."""
        while node.dropped and node.toward is not None and not node.children:
            toward = node.toward
            toward.children.discard(node)
            node = toward
        if not node.dropped or node.toward is None or len(node.children) != 1:
            return
        (only,) = node.children
        if len(node.pieces) > len(only.pieces):
            node.pieces.update(only.pieces)
            only.pieces = node.pieces
        else:
            for key, data in node.pieces.items():
                only.pieces.setdefault(key, data)
        node.toward.children.discard(node)
        _hang(only, node.toward)


def _hang(node: _Node, toward: _Node) -> None:
    node.toward = toward
    toward.children.add(node)
