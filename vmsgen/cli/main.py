"""The command line's entry."""

from __future__ import annotations

import click

from vmsgen import __version__
from vmsgen.cli.build import build_command
from vmsgen.cli.check import check_command
from vmsgen.cli.compat import compat_command
from vmsgen.cli.describe import describe_command

EPILOG = """\b
Examples:
  vmsgen check pckbd.vms                  is it right?
  vmsgen build pckbd.vms -o devices       then in Python: from devices import pckbd
  vmsgen describe pckbd.vms               what `qemu -dump-vmstate` would say of it
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vmsgen")
def main() -> None:
    """Compile device-state schemas (.vms) to native serializers with QEMU's bytes on the wire."""


main.add_command(build_command)
main.add_command(check_command)
main.add_command(describe_command)
main.add_command(compat_command)
