"""Finding the device sections in a migration stream.

>>> from vmstate.stream import read_stream
>>> stream = read_stream(Path("capture.mig").read_bytes())
>>> stream.find("pckbd").body.hex()
"""

from vmstate.stream.model import Configuration, Page, RamBlock, Section, Stream
from vmstate.stream.reader import read_stream

__all__ = ["Configuration", "Page", "RamBlock", "Section", "Stream", "read_stream"]
