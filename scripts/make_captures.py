#!/usr/bin/env python3
"""Make the streams in tests/data: run a real QEMU with our own firmware and let it write its state.

    python scripts/make_captures.py                      all of them, into tests/data
    python scripts/make_captures.py --only pc-used none  some of them
    python scripts/make_captures.py --check              make the reproducible ones again and compare

Each stream is read back before it is kept: the device sections must be found, and every page of RAM must be zero, the
firmware, the counter, or a table QEMU makes for the machine at hand (ACPI). No ROM of anyone gets in.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from capture_firmware import COUNTER, SIZE, firmware
from capture_qmp import CaptureError, Qemu

try:
    from vmstate.errors import VMStateError
    from vmstate.stream import Page, read_stream
except ImportError:
    sys.exit("make_captures.py: the package `vmstate` is not installed; run `make` first, or `pip install -e .`")

ROOT = Path(__file__).resolve().parent.parent
PC = shlex.split(
    "-m 1M -nodefaults -vga none -net none -serial null -parallel null -bios {fw} -rtc base=2000-01-01,clock=vm"
)
NO_VAPIC = ["-global", "apic.vapic=off"]
# One instruction is 128 ns and a reset pauses: the guest always stops at the same instruction. Its clock mostly does
# too, but the idle processor may be moved on to the next timer before the pause takes hold.
STEADY = shlex.split("-icount shift=7,align=off,sleep=off -action reboot=shutdown,shutdown=pause")
_ATTEMPTS = 5
Moment = Literal["reset", "ended", "live"]


@dataclass(frozen=True)
class Recipe:
    """One capture. `moment`: at reset, before the first instruction; when the firmware has ended; or while it runs,
    after some input. A live one depends on when things happen; the others come out the same (see `steady_digest`)."""

    name: str
    note: str
    args: tuple[str, ...]
    moment: Moment

    @property
    def reproducible(self) -> bool:
        return self.moment != "live"


def _recipe(name: str, note: str, machine: str, moment: Moment, *extra: str) -> Recipe:
    steady = STEADY if moment == "ended" else []
    return Recipe(name, note, ("-M", machine, *PC, *extra, *steady), moment)


RECIPES: tuple[Recipe, ...] = (
    Recipe("none", "no devices and no RAM", ("-M", "none"), "reset"),
    Recipe("none-bare", "the same without a description at its end", ("-M", "none,suppress-vmdesc=on"), "reset"),
    _recipe("pc", "PC at reset", "pc-i440fx-7.2", "reset", *NO_VAPIC),
    _recipe("pc-noacpi", "PC without ACPI at reset", "pc-i440fx-7.2,acpi=off", "reset", *NO_VAPIC),
    _recipe("pc-used", "PC, devices programmed", "pc-i440fx-7.2", "ended", *NO_VAPIC),
    _recipe("pc-keys", "PC, devices programmed, running, keys and mouse moves waiting", "pc-i440fx-7.2", "live",
            *NO_VAPIC),
    _recipe("pc-old", "PC of 2015: no configuration, no footers, fewer subsections", "pc-i440fx-2.3", "ended",
            *NO_VAPIC),
    _recipe("q35", "Q35, devices programmed", "pc-q35-7.2", "ended", *NO_VAPIC),
    _recipe("isapc", "ISA-only PC, devices programmed", "isapc", "ended"),
    _recipe("microvm", "microvm at reset", "microvm", "reset", *NO_VAPIC),
)  # fmt: skip

# What somebody types and moves, as QMP input events.
_KEYS = ("v", "m", "s", "left", "ret")
_POINTER = ((0x1000, 0x2000), (0x1234, 0x2345), (0x7FFF, 0x0001))


def _input_events() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for key in _KEYS:
        for down in (True, False):
            events.append({"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}})
    for x, y in _POINTER:
        events += [{"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in (("x", x), ("y", y))]
        events.append({"type": "btn", "data": {"down": x != 0x1234, "button": "left"}})
    return events


def capture(recipe: Recipe, binary: str, folder: Path) -> bytes:
    """Run one recipe in `folder`; the stream's bytes."""
    image = folder / "firmware.bin"
    image.write_bytes(_firmware_of(recipe))
    out = folder / "stream"
    args = [arg.format(fw=image) for arg in recipe.args]
    with Qemu([binary, *args, "-display", "none", "-S"]) as qemu:
        if recipe.moment != "reset":
            qemu.command("cont")
        if recipe.moment == "ended":
            qemu.wait_for("the firmware's end", lambda: qemu.command("query-status")["status"] == "shutdown")
        elif recipe.moment == "live":
            # The devices are programmed before the counting starts.
            qemu.wait_for("the firmware's counting", lambda: qemu.dword(COUNTER) != 0)
            for event in _input_events():
                qemu.command("input-send-event", events=[event])
        qemu.migrate(out)
    return out.read_bytes()


def _firmware_of(recipe: Recipe) -> bytes:
    return firmware(set_up=recipe.moment != "reset", stop=recipe.moment == "ended")


def inspect(stream: bytes, recipe: Recipe) -> dict[str, Any]:
    """Facts about the stream for the index. `CaptureError` if RAM holds what is not ours."""
    if "suppress-vmdesc=on" in recipe.args[1]:
        return {"sections": None}
    image = _firmware_of(recipe)
    foreign: list[str] = []

    def look(page: Page) -> None:
        data = page.contents()
        name, start = page.block.name, page.start
        if not any(data) or "etc/acpi" in name or name == "/rom@etc/table-loader":
            return
        if name == "pc.bios" and page.block.used_length == SIZE and data == image[start : start + len(data)]:
            return
        if name.endswith(".ram"):
            data = data[:COUNTER] + bytes(4) + data[COUNTER + 4 :] if start == 0 else data
            below = start - 0xF0000
            if not any(data) or (0 <= below < SIZE and data == image[below : below + len(data)]):
                return
        foreign.append(f"{name}+{start:#x}")

    try:
        found = read_stream(stream, pages=look)
    except VMStateError as error:
        raise CaptureError(f"{recipe.name}: the stream cannot be read: {error}") from error
    if foreign:
        raise CaptureError(f"{recipe.name}: RAM that is not ours: {', '.join(foreign[:8])}")
    return {
        "machine": found.configuration.machine if found.configuration else None,
        "footers": found.footers,
        "sections": [[s.name, s.instance_id, s.version_id, len(s.body)] for s in found.sections],
    }


def steady_digest(stream: bytes) -> str:
    """SHA-256 of the stream with the body of its section `timer` zeroed: that is the host's clock at that moment."""
    steady = bytearray(stream)
    try:
        timer = read_stream(stream).find("timer")
    except (KeyError, VMStateError):
        return hashlib.sha256(stream).hexdigest()
    steady[timer.body_offset : timer.body_offset + len(timer.body)] = bytes(len(timer.body))
    return hashlib.sha256(steady).hexdigest()


def _entry(recipe: Recipe, stream: bytes, version: str) -> dict[str, Any]:
    args = [arg.format(fw="FIRMWARE") for arg in recipe.args]
    return {
        "name": recipe.name,
        "file": f"{recipe.name}.mig.xz",
        "note": recipe.note,
        "qemu": version,
        "command": " ".join(["qemu-system-x86_64", *args, "-display none -S"]),
        "moment": recipe.moment,
        "bytes": len(stream),
        "sha256": hashlib.sha256(stream).hexdigest(),
        "steady_sha256": steady_digest(stream) if recipe.reproducible else None,
        **inspect(stream, recipe),
    }


def _make(recipes: list[Recipe], binary: str, output: Path) -> None:
    index_file = output / "index.json"
    index = {e["name"]: e for e in json.loads(index_file.read_text())} if index_file.exists() else {}
    output.mkdir(parents=True, exist_ok=True)
    version = _version(binary)
    for recipe in recipes:
        with tempfile.TemporaryDirectory() as folder:
            stream = capture(recipe, binary, Path(folder))
        entry = _entry(recipe, stream, version)
        packed = lzma.compress(stream, preset=9 | lzma.PRESET_EXTREME)
        (output / entry["file"]).write_bytes(packed)
        index[recipe.name] = entry
        print(
            f"{recipe.name:10} {len(stream):7} bytes, {len(packed):6} packed, {len(entry['sections'] or ()):2} sections"
        )
    order = [recipe.name for recipe in RECIPES if recipe.name in index]
    text = ",\n".join(json.dumps(index[name]) for name in order)
    index_file.write_text(f"[\n{text}\n]\n")


def _check(recipes: list[Recipe], binary: str, output: Path) -> int:
    index = {e["name"]: e for e in json.loads((output / "index.json").read_text())}
    bad = 0
    for recipe in (r for r in recipes if r.reproducible):
        same = any(_again(recipe, binary) == index[recipe.name]["steady_sha256"] for _ in range(_ATTEMPTS))
        bad += not same
        print(f"{recipe.name:10} {'as before' if same else f'differs in {_ATTEMPTS} of {_ATTEMPTS} attempts'}")
    return 1 if bad else 0


def _again(recipe: Recipe, binary: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return steady_digest(capture(recipe, binary, Path(folder)))


def _version(binary: str) -> str:
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CaptureError(f"{binary} --version failed: {done.stderr.strip()}")
    return done.stdout.splitlines()[0].removeprefix("QEMU emulator version ")


def main() -> int:
    names = [recipe.name for recipe in RECIPES]
    parser = argparse.ArgumentParser(
        description="Make the streams in tests/data with a real QEMU and our own firmware."
    )
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "data", metavar="DIR")
    parser.add_argument("--qemu", default="qemu-system-x86_64", metavar="BINARY", help="written for QEMU 7.2")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"one or more of {', '.join(names)}")
    parser.add_argument(
        "--check", action="store_true", help="make the reproducible ones again and compare, write nothing"
    )
    options = parser.parse_args()
    binary = shutil.which(options.qemu)
    if binary is None:
        print(
            f"make_captures.py: {options.qemu} is not installed (Debian and Ubuntu: qemu-system-x86)", file=sys.stderr
        )
        return 2
    recipes = [recipe for recipe in RECIPES if not options.only or recipe.name in options.only]
    try:
        if options.check:
            return _check(recipes, binary, options.output)
        _make(recipes, binary, options.output)
    except (CaptureError, OSError) as error:
        print(f"make_captures.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
