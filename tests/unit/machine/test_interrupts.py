"""Ctrl-C, or any signal whose handler raises, at every point of a save, a load, a checkpoint or a rewind."""

from __future__ import annotations

import gc
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.interrupted import interrupted
from vmstate.file import File
from vmstate.machine import Machine

PAGE, PAGES = 4096, 4

# What Python drops on its way out it closes with a warning, and says so where it had to swallow an exception.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Both:
    """A machine that runs, and its two states."""

    def __init__(self, board: Any, folder: Path) -> None:
        self.vm, self.path, self.tiny = Machine("x"), folder / "a.vm", board.Tiny()
        self.memory = mmap.mmap(-1, PAGE * PAGES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.vm.register(self.tiny)
        self.vm.add_ram("main", self.memory)
        self.be(1)
        self.vm.save(self.path)
        self.data, self.checkpoint = self.vm.dumps(), self.vm.checkpoint()

    def be(self, state: int) -> None:
        self.tiny.a = state
        self.memory[:] = bytes([state]) * len(self.memory)

    def states(self) -> set[int]:
        return {self.tiny.a, *self.memory[::PAGE]}

    def disturbed(self, act: Callable[[], object]) -> None:
        """So that the kernel is asked again to tell what is written, or all is compared."""
        self.vm.disturb_checkpoints()
        act()


def descriptors() -> int:
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize(
    ("what", "after"),
    [
        ("dumps", 2), ("save", 2), ("loads", 1), ("load", 1), ("checkpoint", 2), ("rewind", 1),
        ("disturbed checkpoint", 2), ("disturbed rewind", 1),
    ],
)  # fmt: skip
def test_at_any_point(board: Any, tmp_path: Path, what: str, after: int) -> None:
    """It is neither busy nor halted for ever, and what it was or should become; or it says that it is neither."""
    both = Both(board, tmp_path)
    vm = both.vm
    acts: dict[str, Callable[[], object]] = {
        "dumps": vm.dumps,
        "save": lambda: vm.save(both.path),
        "loads": lambda: vm.loads(both.data),
        "load": lambda: vm.load(both.path),
        "checkpoint": vm.checkpoint,
        "rewind": lambda: vm.rewind(both.checkpoint),
        "disturbed checkpoint": lambda: both.disturbed(vm.checkpoint),
        "disturbed rewind": lambda: both.disturbed(lambda: vm.rewind(both.checkpoint)),
    }
    vm.start()
    vm.disturb_checkpoints()
    before, point = descriptors(), 0
    while True:
        point += 1
        both.be(2)
        if not interrupted(point, acts[what]):
            break
        assert not vm.at_work.locked() and list(tmp_path.iterdir()) == [both.path], point
        assert vm.incomplete or (vm.running and both.states() in ({1}, {2})), point
        vm.rewind(both.checkpoint)  # no write was forgotten
        assert both.states() == {1} and not vm.incomplete, point
        vm.start()
    assert point > 40 and vm.running and both.states() == {after}
    vm.rewind(both.checkpoint)
    assert both.states() == {1}
    vm.disturb_checkpoints()
    assert descriptors() == before
    assert vm._rewinder is not None
    (part,) = vm._rewinder._planned().parts
    assert part.bytes_held <= 2 * len(both.memory)  # type: ignore[attr-defined]


def test_a_file_on_a_descriptor_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    before, point = descriptors(), 0
    with (tmp_path / "a").open("rb") as raw:

        def get() -> None:
            with File.from_fd(raw.fileno(), close=False) as file:
                assert file.get_byte() == ord("a")
                file.seek(0)

        while interrupted(point := point + 1, get):
            raw.seek(0)
    assert point > 20
    assert descriptors() == before
