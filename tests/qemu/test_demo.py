"""The demo: what it says of a device that comes back, of one that does not, and of one that is refused."""

import lzma
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.demo.compare import Verdict, compare, difference
from examples.demo.devices import MODULES
from vmstate.errors import TruncatedError
from vmstate.stream import Section, Stream, read_stream

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


def stream(name: str) -> Stream:
    return read_stream(lzma.decompress((DATA / f"{name}.mig.xz").read_bytes()))


def port92() -> tuple[Section, Stream]:
    whole = stream("pc-used")
    return whole.find("port92"), whole


class Port92:
    """Stands in for the generated class: one byte."""

    def __init__(self, body: bytes) -> None:
        self.outport = body[0]

    @classmethod
    def load(cls, body: bytes, version: int) -> "Port92":
        assert version == 1
        return cls(body)

    def save(self) -> bytes:
        return bytes([self.outport])


def test_a_device_that_comes_back() -> None:
    outcome = compare(*port92(), lambda name: Port92)
    assert (outcome.verdict, outcome.facts, outcome.detail, outcome.fine) == ("identical", "A20 on", "", True)


def test_a_device_that_differs() -> None:
    class Other(Port92):
        def save(self) -> bytes:
            return b"\x03"

    outcome = compare(*port92(), lambda name: Other)
    assert (outcome.verdict, outcome.detail) == ("differs", "byte 0: 02 was read, 03 is written")
    assert not outcome.fine


def test_a_device_that_is_refused() -> None:
    class Refusing(Port92):
        @classmethod
        def load(cls, body: bytes, version: int) -> "Port92":
            raise TruncatedError("one byte is missing", code="truncated")

    outcome = compare(*port92(), lambda name: Refusing)
    assert (outcome.verdict, outcome.detail, outcome.fine) == ("refused", "one byte is missing", False)


def test_a_section_without_a_schema_is_named_as_such() -> None:
    whole = stream("none")

    def nobody(name: str) -> type[Any]:
        raise AssertionError(name)

    outcome = compare(whole.find("slirp"), whole, nobody)
    assert (outcome.verdict, outcome.fine) == (Verdict.NO_SCHEMA, True)


def test_an_old_machines_device_is_set_up_first() -> None:
    whole = stream("pc-old")
    seen: list[dict[str, Any]] = []

    class Piix4Pm:
        pm1_sts = pm1_en = 0

        def __init__(self, **setup: bool) -> None:
            seen.append(setup)

        def restore(self, body: bytes, version: int) -> None:
            self.body = body

        def save(self) -> bytes:
            return self.body

    outcome = compare(whole.find("0000:00:01.3/piix4_pm"), whole, lambda name: Piix4Pm)
    assert outcome.verdict is Verdict.IDENTICAL
    assert seen == [{"smb_migrated": False, "acpi_index_migrated": False}]


@pytest.mark.parametrize(
    ("body", "again", "said"),
    [
        (b"\x01\x02\x03", b"\x01\xff\x03", "byte 1: 02 was read, ff is written"),
        (b"\x01\x02", b"\x01", "2 bytes were read, 1 are written; alike as far as the shorter goes"),
    ],
)
def test_differences_in_words(body: bytes, again: bytes, said: str) -> None:
    assert difference(body, again) == said


def test_every_schema_is_used() -> None:
    shared = {"pci", "ps2", "acpi", "ide_bus"}
    assert {path.stem for path in (ROOT / "schemas" / "qemu").glob("*.vms")} == set(MODULES.values()) | shared


@pytest.mark.native
def test_the_whole_demo(tmp_path: Path) -> None:
    environment = os.environ | {"COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo", "--build", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "31 of 31 sections identical, 12140 bytes" in done.stdout
    for line in (
        "pc.mig.xz           31 of 31 sections identical, 11930 bytes",
        "pc-used.mig.xz      31 of 31 sections identical, 12174 bytes",
        "pc-old.mig.xz       29 of 29 sections identical, 11987 bytes",
        "q35.mig.xz          30 of 30 sections identical, 31814 bytes",
        "isapc.mig.xz        22 of 22 sections identical, 8201 bytes",
        "microvm.mig.xz      14 of 14 sections identical, 3078 bytes",
        "memory at 0x50: 'vmsgen'",
        "received b'vmsgen was here!'",
    ):
        assert line in done.stdout


def test_a_stream_that_cannot_be_read_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo", str(DATA / "none-bare.mig.xz")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "without a description" in done.stderr
    assert "Traceback" not in done.stderr
