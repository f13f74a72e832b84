"""`python -m examples.demo [STREAM ...]`: decode a stream of a real QEMU, write its devices again, compare."""

from __future__ import annotations

import argparse
import lzma
import sys
from pathlib import Path

from rich.console import Console

from examples.demo.compare import Outcome, Verdict, compare
from examples.demo.devices import MODULES
from examples.demo.modules import ROOT, BuildError, build, device_class
from examples.demo.report import show_line, show_table
from vmstate.errors import VMStateError
from vmstate.stream import Stream, read_stream

DATA = ROOT / "tests" / "data"
FIRST = DATA / "pc-keys.mig.xz"
OTHERS = tuple(DATA / f"{name}.mig.xz" for name in ("pc", "pc-used", "pc-old", "q35", "isapc", "microvm"))
_XZ = b"\xfd7zXZ\0"


def main() -> int:
    """0: every section with a schema came back identical; 1: one did not; 2: nothing could be tried."""
    options = _arguments()
    console = Console(highlight=False, soft_wrap=False)
    try:
        streams = [(path, _read(path)) for path in options.streams or (FIRST, *OTHERS)]
        with console.status("building the modules of the devices (the first time takes a while)"):
            build(_needed([stream for _, stream in streams]), options.build)
    except (BuildError, VMStateError, OSError, lzma.LZMAError) as error:
        Console(stderr=True, highlight=False).print(f"demo: {error}", markup=False)
        return 2
    fine = True
    for number, (path, stream) in enumerate(streams):
        outcomes = [compare(section, stream, device_class) for section in stream.sections]
        fine = fine and all(outcome.fine for outcome in outcomes) and _any_identical(outcomes)
        if number == 0 or options.full:
            show_table(console, path, stream, outcomes)
            console.print()
        else:
            show_line(console, path, outcomes)
    return 0 if fine else 1


def _any_identical(outcomes: list[Outcome]) -> bool:
    """A stream of which nothing is known proves nothing."""
    return any(outcome.verdict == Verdict.IDENTICAL for outcome in outcomes)


def _read(path: Path) -> Stream:
    data = path.read_bytes()
    return read_stream(lzma.decompress(data) if data.startswith(_XZ) else data)


def _needed(streams: list[Stream]) -> set[str]:
    names = {section.vmsd_name for stream in streams for section in stream.sections}
    return {MODULES[name] for name in names if name is not None and name in MODULES}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo",
        description="Decode the devices of a QEMU migration stream with generated modules, save them, compare.",
    )
    parser.add_argument(
        "streams", nargs="*", type=Path, metavar="STREAM", help="streams, plain or xz (default: those of tests/data)"
    )
    parser.add_argument("--full", action="store_true", help="a table for every stream, not for the first only")
    parser.add_argument(
        "--build", type=Path, default=ROOT / "build" / "demo", metavar="DIR", help="where the modules are built"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
