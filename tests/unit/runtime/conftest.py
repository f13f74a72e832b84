"""The schemas of texts.py, built once."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests.unit.runtime import texts
from tests.unit.runtime.building import build


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModuleType]:
    folder = tmp_path_factory.mktemp("runtime")
    files = {"pci.vms": texts.PCI, "uart.vms": texts.UART, "board.vms": texts.BOARD, "store.vms": texts.STORE}
    return build(files, folder, "runtime_devices")


@pytest.fixture
def uart(modules: dict[str, ModuleType]) -> Any:
    return modules["uart"]


@pytest.fixture
def board(modules: dict[str, ModuleType]) -> Any:
    return modules["board"]


@pytest.fixture
def store(modules: dict[str, ModuleType]) -> Any:
    return modules["store"]


@pytest.fixture
def pci(modules: dict[str, ModuleType]) -> Any:
    return modules["pci"]
