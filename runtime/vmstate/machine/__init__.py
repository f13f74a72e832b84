"""Whole machines: devices and live state under one name.

>>> vm = vmstate.Machine("my-board")
>>> vm.register(keyboard)
>>> vm.save("snapshot.vm")
"""

from vmstate.machine.differences import Difference, DifferentMachineError
from vmstate.machine.live import Live, LiveHandler
from vmstate.machine.machine import Machine
from vmstate.machine.registry import Entry
from vmstate.machine.running import IncompleteError
from vmstate.machine.seed import register_savevm, vmstate_register
from vmstate.machine.snapshots import Snapshot, SnapshotError
from vmstate.machine.switches import Switches
from vmstate.machine.wire import ANY_INSTANCE, Element

__all__ = [
    "ANY_INSTANCE",
    "Difference",
    "DifferentMachineError",
    "Element",
    "Entry",
    "IncompleteError",
    "Live",
    "LiveHandler",
    "Machine",
    "Snapshot",
    "SnapshotError",
    "Switches",
    "register_savevm",
    "vmstate_register",
]
