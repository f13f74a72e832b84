"""Disks in a migration stream: the section `block`, whole disks first, then what was written meanwhile."""

from vmstate.block.device import CHUNK, SECTOR, BlockDevice
from vmstate.block.disks import VERSION, Disks

__all__ = ["CHUNK", "SECTOR", "VERSION", "BlockDevice", "Disks"]
