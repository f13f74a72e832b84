"""The native types, taken out of the extension: the one place where they are installed."""

from __future__ import annotations

from vmstate._native import ffi, lib
from vmstate._refusals import refusal

_namespace: dict[str, object] = {"refusal": refusal}
if lib.vms_python_install(ffi.cast("void *", id(_namespace))):
    raise ImportError("vmstate's native types could not be made")

Binding = _namespace["Binding"]
Elements = _namespace["Elements"]
Layout = _namespace["Layout"]
State = _namespace["State"]
array = _namespace["array"]
integer = _namespace["integer"]
struct = _namespace["struct"]
