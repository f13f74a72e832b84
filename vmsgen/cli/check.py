"""`vmsgen check`: is a schema right, and how large can its devices get?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from vmsgen.cli.explain import explain_option
from vmsgen.cli.schemas import define_option, format_option, load
from vmsgen.model.schema import Schema
from vmsgen.model.sizes import size_max
from vmsgen.model.types import Struct
from vmsgen.passes.types import allocation_of

EPILOG = """\b
Examples:
  vmsgen check schemas/*.vms            findings, and a table of sizes
  vmsgen check --json pckbd.vms         the table for programs
  vmsgen check --format github *.vms    findings as annotations of a GitHub workflow
  vmsgen check --explain never-true     what a code is about, and what to do
"""


@dataclass(frozen=True)
class Sizes:
    """A device: its largest save, and the largest allocation that a load of it makes on its own. Bytes."""

    schema: str
    device: str
    minimum_version: int
    version: int
    largest_save: int
    largest_allocation: int


def sizes(schemas: tuple[Schema, ...]) -> list[Sizes]:
    return [
        Sizes(
            schema.file_name,
            device.wire_name,
            device.minimum_version,
            device.version,
            size_max(device),
            allocation_of(Struct(device)),
        )
        for schema in schemas
        for device in schema.devices
    ]


@click.command("check", epilog=EPILOG)
@click.argument("schemas", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The sizes as JSON on standard output.")
@explain_option
@define_option
@format_option
def check_command(schemas: tuple[Path, ...], as_json: bool, defines: tuple[tuple[str, int], ...], format_: str) -> None:
    """Check SCHEMAS, and print each device's largest size on the wire and its largest allocation.

    The exit status is 1 if there are errors.
    """
    rows = sizes(load(schemas, dict(defines), format_, lints=True))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if format_ != "terminal" or not rows:
        return
    table = Table("device", "versions", "largest save", "largest allocation", box=None, pad_edge=False)
    for row in rows:
        span = str(row.version) if row.minimum_version == row.version else f"{row.minimum_version}..{row.version}"
        table.add_row(row.device, span, f"{row.largest_save:,}", f"{row.largest_allocation:,}")
    Console().print(table)
