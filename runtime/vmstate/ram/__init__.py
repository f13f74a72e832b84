"""Guest memory: blocks over any writable buffer, their records in a stream, and which of their pages were written.

>>> from vmstate.file import File
>>> from vmstate.ram import Ram, RamBlock, RamSender
>>> ram = Ram([RamBlock("pc.ram", bytearray(8192))])
>>> with File.to_bytes() as file:
...     sender = RamSender(ram)
...     sender.send_blocks(file)
...     sender.send_pages(file)
...     sender.end(file)
...     file.getvalue().hex(" ", -8)
'0000000000002004 0670632e72616d00 0000000000200000 0000000000000206 70632e72616d0000 0000000000102200 0000000000000010'
"""

from vmstate.ram.bitmap import PageBitmap
from vmstate.ram.blocks import Ram, RamBlock
from vmstate.ram.differences import RamDifference
from vmstate.ram.load import RamLoader
from vmstate.ram.mapped import MappedSender, load_mapped, load_mapped_file, save_mapped
from vmstate.ram.multifd import MultifdReceiver, MultifdSender
from vmstate.ram.send import RamSender, SendStatistics
from vmstate.ram.trackers import DirtyTracker, Marking, Shadow, SoftDirty, Userfault

__all__ = [
    "DirtyTracker",
    "MappedSender",
    "Marking",
    "MultifdReceiver",
    "MultifdSender",
    "PageBitmap",
    "Ram",
    "RamBlock",
    "RamDifference",
    "RamLoader",
    "RamSender",
    "SendStatistics",
    "Shadow",
    "SoftDirty",
    "Userfault",
    "load_mapped",
    "load_mapped_file",
    "save_mapped",
]
