"""Large devices: their sections leave in pieces, and what is kept for the next save is small."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.building import build
from vmstate import File, Machine
from vmstate._types import Sections

MIB = 1 << 20


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Any:
    text = f"device big version 1 {{ number : u32  data : buffer[{MIB}] }}"
    return build({"big.vms": text}, tmp_path_factory.mktemp("pieces"), "large_devices")["big"].Big


def test_pieces_are_whole_sections(big: Any) -> None:
    sections = Sections([(b"<", big(number=each), b">") for each in range(3)])
    pieces: list[bytes] = []
    sections.save_to(lambda view: pieces.append(bytes(view)))
    spans = sections.spans
    size = MIB + 6
    assert [len(piece) for piece in pieces] == [size, size, size]
    assert spans == [(at, at + 1, at + size - 1) for at in (0, size, 2 * size)]
    assert b"".join(pieces) == sections.save() and sections.spans == spans
    assert [piece[:5] for piece in pieces] == [b"<\0\0\0\0", b"<\0\0\0\1", b"<\0\0\0\2"]


def test_who_takes_pieces_may_keep_them_or_fail(big: Any) -> None:
    sections = Sections([(b"<", big(number=each), b">") for each in range(3)])
    kept: list[memoryview] = []
    assert sections.save_to(lambda view: kept.append(view[:]), None)
    assert b"".join(kept) == sections.save()

    def full(view: memoryview) -> None:
        raise OSError("full")

    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            sections.save_to(full)
        assert sections.failed is None


def test_a_save_needs_little_memory(big: Any, tmp_path: Path) -> None:
    vm = Machine("large")
    for number in range(24):
        vm.register(big(number=number))
    vm.save(tmp_path / "first")
    tracemalloc.start()
    try:
        vm.save(tmp_path / "second")
        kept, peak = tracemalloc.get_traced_memory()
        with File.to_bytes() as file:
            vm.save_to(file)
            data = file.getvalue()
    finally:
        tracemalloc.stop()
    assert kept < 5 * MIB and peak < 8 * MIB
    assert (tmp_path / "second").read_bytes() == (tmp_path / "first").read_bytes() == data
