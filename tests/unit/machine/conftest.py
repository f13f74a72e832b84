"""Devices of the machines under test, built once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.runtime.building import build

BOARD = """
/// Bytes.
device tiny version 1 { a : u8  b : u8  c : u8  d : u8 }

/// With a rule and a hook.
device clock version 1..2 {
    hook pre_save
    hook post_load
    ticks : u32 in 0..1000
    phase : u16 since 2 else 7
}

/// Sent only if it does something.
device dma version 1 needed busy != 0 { busy : u8  address : u32 }

/// Comes before the others.
device bridge version 1 priority pci_bus { bus : u8 }

/// Comes before RAM.
device plug version 1 early_setup { size : u32 }

/// A part with a hook.
struct Port "port" version 1 { hook post_load  number : u8 }

/// With parts.
device hub version 1 {
    ports : Port[2]
    local wanted : bool
    subsection extra version 1 needed hook has_extra { hook post_load  extra : u8 }
}

/// Forbids it all.
device stuck version 1 unmigratable { a : u8 }
"""


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return build({"board.vms": BOARD}, tmp_path_factory.mktemp("machine"), "machine_devices")["board"]
