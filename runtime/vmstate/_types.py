"""The native types, taken out of the extension: the one place where they are installed."""

from __future__ import annotations

from array import array as plain_array
from mmap import mmap

from vmstate._native import ffi, lib
from vmstate._refusals import refusal
from vmstate.errors import BufferTooSmallError, TruncatedError

# No subclasses of containers: those may give out other memory than their own.
parts: dict[str, object] = {
    "truncated": TruncatedError,
    "full": BufferTooSmallError,
    "containers": (bytearray, bytes, mmap, plain_array),
}
"""What native code takes from here by name; the modules that have more to give add it."""
_namespace: dict[str, object] = {"refusal": refusal, "parts": parts}
if lib.vms_python_install(ffi.cast("void *", id(_namespace))):
    raise ImportError("vmstate's native types could not be made")

Binding = _namespace["Binding"]
Elements = _namespace["Elements"]
Layout = _namespace["Layout"]
Reader = _namespace["Reader"]
Sections = _namespace["Sections"]
State = _namespace["State"]
Texts = _namespace["Texts"]
Writer = _namespace["Writer"]
array = _namespace["array"]
integer = _namespace["integer"]
struct = _namespace["struct"]
