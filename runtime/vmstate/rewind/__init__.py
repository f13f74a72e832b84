"""Going back: a machine as it was at any number of moments, in memory, of which only the differences are kept.

>>> start = vm.checkpoint()
>>> vm.rewind(start)
"""

from vmstate.rewind.checkpoint import Checkpoint, CheckpointError
from vmstate.rewind.memory import MemoryPart
from vmstate.rewind.part import Rewindable
from vmstate.rewind.rewinder import Rewinder

__all__ = ["Checkpoint", "CheckpointError", "MemoryPart", "Rewindable", "Rewinder"]
