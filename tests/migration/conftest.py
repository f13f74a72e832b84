from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.migration.guest import Guest
from tests.unit.runtime.building import build

DEVICES = """
device clock version 1 { ticks : u64 }
device tiny version 1 { a : u8 }
"""


@pytest.fixture(scope="session")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"guest.vms": DEVICES}, tmp_path_factory.mktemp("migration"), "migration_devices")["guest"]


@pytest.fixture
def guests(devices: Any) -> Iterator[tuple[Guest, Guest]]:
    """The first one runs."""
    pair = Guest(devices), Guest(devices)
    pair[0].vm.start()
    pair[0].steps(5)
    yield pair
    for each in pair:
        each.vm.stop()
