"""`vmsgen describe`: what `qemu -dump-vmstate` would write of the schemas' devices."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from vmsgen.cli.schemas import define_option, format_option, load
from vmsgen.describe import dump

EPILOG = """\b
Examples:
  vmsgen describe pckbd.vms                        on standard output
  vmsgen describe schemas/*.vms -o new.json        into a file
  vmstate-static-checker.py -s old.json -d new.json    would a stream of the one load in the other?

The checker is QEMU's own, in the folder `scripts` of its source. `-d` may be the dump of a QEMU, which has the names of
its types for devices: where one is `isa-fdc` there and `fdc` on the wire, rename it in one of the files.
qemu-system-x86_64 -M pc -dump-vmstate qemu.json
"""


@click.command("describe", epilog=EPILOG)
@click.argument("schemas", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Into this file, not to standard output.")
@click.option(
    "--machine", default="none", show_default=True, metavar="NAME", help="The machine type that the file names."
)
@define_option
@format_option
def describe_command(
    schemas: tuple[Path, ...], output: Path | None, machine: str, defines: tuple[tuple[str, int], ...], format_: str
) -> None:
    """Describe the devices of SCHEMAS in JSON, as `qemu -dump-vmstate` does: fields, versions, subsections, sizes in
    memory. Two such files are what QEMU's vmstate-static-checker.py compares.
    """
    devices = tuple(device for schema in load(schemas, dict(defines), format_) for device in schema.devices)
    for name, count in Counter(device.wire_name for device in devices).items():
        if count > 1:
            raise click.ClickException(f'{count} devices are called "{name}"; a file has room for one')
    text = dump(devices, machine) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="ascii", newline="\n")
    except OSError as problem:
        raise click.ClickException(f"cannot write {output}: {problem.strerror}") from problem
