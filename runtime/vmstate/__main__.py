"""`python -m vmstate`: saves, loads and moves the machine that a module makes; builds the library for C."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from vmstate import library
from vmstate.errors import VMStateError
from vmstate.machine import Machine
from vmstate.migration.progress import show


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 with a message if it was refused, or 2 for a command that makes no sense."""
    options = _parser().parse_args(arguments)
    if options.command == "library":
        return _library(options.folder)
    try:
        machine = find(options.machine)
    except (ImportError, AttributeError, TypeError) as error:
        print(f"vmstate: {error}", file=sys.stderr)
        return 2
    try:
        _run(machine, options)
    except (VMStateError, OSError, ValueError) as error:
        print(f"vmstate: {error}", file=sys.stderr)
        return 1
    return 0


def _library(folder: Path) -> int:
    try:
        print(library.build(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"vmstate: {getattr(error, 'stderr', '') or error}", file=sys.stderr)
        return 1
    return 0


def _run(machine: Machine, options: argparse.Namespace) -> None:
    match options.command:
        case "save":
            compression = "zstd" if options.zstd else None
            machine.save(options.where, compression=compression, mapped_ram=options.mapped_ram)
        case "check":
            machine.load(options.where, missing=options.missing)
        case "migrate":
            machine.start()
            migration = machine.migrate(
                options.where, downtime_limit=options.downtime / 1000, bandwidth=options.bandwidth,
                mapped_ram=options.mapped_ram,
            )  # fmt: skip
            show(migration, sys.stderr)
        case "incoming":
            machine.incoming(options.where, missing=options.missing)
            machine.start()


def find(name: str) -> Machine:
    """`module:attribute`, a Machine or a function that makes one."""
    module, _, attribute = name.partition(":")
    if not attribute:
        raise TypeError(f"{name!r} is not MODULE:MACHINE")
    found = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    machine: object = found if isinstance(found, Machine) or not callable(found) else found()
    if not isinstance(machine, Machine):
        raise TypeError(f"{name} is no Machine, nor does it make one, but {machine!r}")
    return machine


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vmstate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, what: str, where: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument("machine", metavar="MODULE:MACHINE", help="a vmstate.Machine, or a function that makes it")
        command.add_argument("where", metavar=where)
        return command

    save = add("save", "save the machine to a file", "FILE").add_mutually_exclusive_group()
    save.add_argument("--zstd", action="store_true", help="compress it")
    save.add_argument("--mapped-ram", action="store_true", help="every page of RAM has a place of its own")
    migrate = add("migrate", "start the machine, and send it while it runs", "URI")
    migrate.add_argument("--downtime", type=float, default=300, metavar="MS", help="it may stand still (default: 300)")
    migrate.add_argument("--bandwidth", type=int, default=0, metavar="BYTES", help="a second (default: no limit)")
    migrate.add_argument("--mapped-ram", action="store_true", help="as for save, in a file:")
    checks = add("check", "would this file load into the machine?", "FILE")
    incoming = add("incoming", "wait for a machine, load it, and start it", "URI")
    for command in (checks, incoming):
        command.add_argument("--missing", choices=("refuse", "keep"), default="refuse", help="devices that do not come")
    what = "compile the runtime's C as a library, with a pkg-config file"
    commands.add_parser("library", help=what, description=what).add_argument("folder", metavar="FOLDER", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
