"""The devices of semantics.vms, on the oracle and as native code: every test runs on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.property.native import build
from tests.sides import Native, Oracle, Side, compiled

TEXT = Path(__file__).with_name("semantics.vms").read_text(encoding="utf-8")
DEVICES = {device.name: device for device in compiled(TEXT).devices}

MakeSide = Callable[..., Side]


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return build(TEXT, "semantics", tmp_path_factory.mktemp("semantics"))


@pytest.fixture(params=["oracle", pytest.param("native", marks=pytest.mark.native)])
def side(request: pytest.FixtureRequest) -> MakeSide:
    """Makes a device, given its name and its hooks."""

    def make(name: str, methods: Mapping[str, Callable[..., Any]] | None = None) -> Side:
        if request.param == "oracle":
            return Oracle(DEVICES[name], methods or {})
        return Native(request.getfixturevalue("module"), DEVICES[name], methods or {})

    return make


class Calls:
    """Hooks that note what was called, and with which version; the one called `failing` raises."""

    def __init__(self, *names: str, failing: str = "") -> None:
        self.called: list[str] = []
        self.methods = {name: self.hook(name, failing) for name in names}

    def hook(self, name: str, failing: str) -> Callable[..., None]:
        def run(_: object, version: int | None = None) -> None:
            self.called.append(name if version is None else f"{name}({version})")
            if name == failing:
                raise Failed(name)

        return run


class Failed(Exception):
    """What a hook of a test raises."""


def subsection(name: str, version: int, body: str = "") -> bytes:
    return bytes([5, len(name)]) + name.encode() + version.to_bytes(4, "big") + bytes.fromhex(body)
