from __future__ import annotations

from typing import Any

import pytest

from tests.unit.runtime.building import build

DEVICES = """
struct packet {
    port : u16
    data : u8[4]
}

device uart version 2 {
    divider : u16
    mode    : u8
    local spare : u32
}

device nic version 1 {
    on    : bool
    queue : list<packet max 64>
}

device clocked version 1 {
    hook pre_save, post_load
    ticks : u64
}
"""


@pytest.fixture(scope="session")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"rewound.vms": DEVICES}, tmp_path_factory.mktemp("rewind"), "rewind_devices")["rewound"]
