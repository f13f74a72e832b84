"""Descriptions in JSON: the one at the end of a migration stream, and that of `qemu -dump-vmstate`."""

from vmsgen.describe.dump import dump
from vmsgen.describe.stream import describe

__all__ = ["describe", "dump"]
