"""A process that is killed in the middle of a save, at any point, loses nothing."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from vmstate.machine import Machine

KILLS = 200


def test_the_old_snapshot_or_the_new_one_loads(board: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.vm"
    vm, tiny, memory = Machine("x"), board.Tiny(a=1), bytearray(64 * 4096)
    vm.register(tiny)
    vm.add_ram("main", memory)
    vm.save(path)
    start = time.perf_counter()
    vm.save(path)
    longest = 2 * (time.perf_counter() - start) + 0.002
    chance = random.Random(7)
    seen = set()
    for kill in range(KILLS):
        child = os.fork()
        if not child:
            try:
                tiny.a = 2 + kill % 2
                memory[:] = bytes([tiny.a]) * len(memory)
                vm.save(path)
            finally:
                os._exit(0)
        time.sleep(chance.random() * longest)
        if kill:  # the first one may end its save: both kinds are seen on any machine
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        seen.add(os.WIFSIGNALED(status))
        vm.load(path)
        assert memory == (bytes([tiny.a]) if tiny.a != 1 else b"\0") * len(memory)
        assert tiny.a in (1, 2, 3)
    assert seen == {True, False}
    vm.save(path)
    assert sorted(tmp_path.iterdir()) == [path]
