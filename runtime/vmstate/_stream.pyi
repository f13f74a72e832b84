"""The extension: a cffi module, described by `_cdef/`."""

from typing import Any

ffi: Any
lib: Any
