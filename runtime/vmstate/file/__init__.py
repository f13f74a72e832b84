"""Byte channels: one object for everything that a stream of states can be put to, or got from.

>>> from vmstate.file import File
>>> with File.to_bytes() as file:
...     file.put_be32(0x5145564D)
...     file.put_counted_string("ram")
...     file.getvalue()
b'QEVM\\x03ram'
"""

from vmstate.file.file import File

__all__ = ["File"]
