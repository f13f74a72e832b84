"""`python -m vmsgen`."""

from vmsgen.cli.main import main

main(prog_name="vmsgen")
